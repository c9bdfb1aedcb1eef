/**
 * Conversations of this window: per document its turns, its conversation's id, and the evidence in hand.
 * Owns the running streams (one per document). Finished turns are kept by the engine; this is what is on the screen.
 */
import { create } from "zustand";
import type { AnswerComposer, AnswerRoute, Chat, DocumentId } from "../../../engine/protocol/dto.ts";
import type { EngineClient, EventStream } from "../../../engine/protocol/client.ts";
import type { StreamEvent } from "../../../engine/protocol/contract.ts";
import { asEngineError } from "../../engine/use-call.ts";
import { readStream } from "../../engine/use-stream.ts";
import { report } from "../../state/notices.ts";
import { useSettings } from "../../state/settings.ts";
import { applyEvents, failTurn, newTurn, storedTurn, type Turn } from "./turn.ts";

export interface Conversation {
  /** null until the first question: the engine makes the conversation then. */
  readonly chatId: string | null;
  readonly turns: readonly Turn[];
  /** Whether its stored turns were looked for. */
  readonly isLoaded: boolean;
  /** The library instead of this one document. */
  readonly asksLibrary: boolean;
  readonly draft: string;
}

interface AskState {
  readonly conversations: ReadonlyMap<string, Conversation>;
}

export const useAsk = create<AskState>(() => ({ conversations: new Map() }));

const running = new Map<
  string,
  { readonly stream: EventStream<StreamEvent<"answer.ask">>; readonly abort: AbortController }
>();
let turnsAsked = 0;
/** Conversations are named after their first question. */
const LONGEST_TITLE = 120;

function emptyConversation(): Conversation {
  return { chatId: null, turns: [], isLoaded: false, asksLibrary: false, draft: "" };
}

const NOTHING = emptyConversation();

export function useConversation(documentId: string): Conversation {
  return useAsk((state) => state.conversations.get(documentId) ?? NOTHING);
}

export function changeConversation(documentId: string, change: (conversation: Conversation) => Conversation): void {
  useAsk.setState(({ conversations }) => {
    const before = conversations.get(documentId) ?? emptyConversation();
    return { conversations: new Map(conversations).set(documentId, change(before)) };
  });
}

function changeTurn(documentId: string, key: string, change: (turn: Turn) => Turn): void {
  changeConversation(documentId, (conversation) => ({
    ...conversation,
    turns: conversation.turns.map((turn) => (turn.key === key ? change(turn) : turn)),
  }));
}

export interface Asking {
  readonly documentId: DocumentId;
  /** Every document of the library, for a question to all of it. */
  readonly library: readonly DocumentId[];
  readonly question: string;
  readonly route?: AnswerRoute | undefined;
  readonly composer?: AnswerComposer | undefined;
  readonly seed?: number;
}

/** Asks and follows the answer to its end. Failures become the turn's state. */
export async function ask(client: EngineClient, asking: Asking): Promise<void> {
  const { documentId, question, route, seed = 0 } = asking;
  stopAnswer(documentId);
  turnsAsked += 1;
  const key = `asked-${turnsAsked}`;
  changeConversation(documentId, (conversation) => ({
    ...conversation,
    isLoaded: true,
    draft: "",
    turns: [...conversation.turns, newTurn(key, question, route ?? null, seed)],
  }));
  const settings = useSettings.getState();
  const abort = new AbortController();
  const { asksLibrary } = useAsk.getState().conversations.get(documentId) ?? NOTHING;
  const scope = asksLibrary ? [...asking.library] : [documentId];
  const chatId = await chatFor(client, documentId, question, scope);
  const stream = client.stream(
    "answer.ask",
    {
      scope,
      question,
      composer: asking.composer ?? settings.composer,
      memory: settings.useMemory ? "on" : "off",
      seed,
      ...(chatId === null ? {} : { chatId }),
      ...(route === undefined ? {} : { route }),
    },
    { signal: abort.signal },
  );
  running.set(documentId, { stream, abort });
  try {
    await readStream<"answer.ask">(stream, (events) =>
      changeTurn(documentId, key, (turn) => applyEvents(turn, events)),
    );
    changeTurn(documentId, key, (turn) => (turn.status === "asking" ? { ...turn, status: "stopped" } : turn));
  } catch (error) {
    changeTurn(documentId, key, (turn) => failTurn(turn, asEngineError(error)));
  } finally {
    if (running.get(documentId)?.stream === stream) running.delete(documentId);
  }
}

/** The conversation that keeps this turn. Without one the answer is still given, and lost with the window. */
async function chatFor(
  client: EngineClient,
  documentId: string,
  question: string,
  scope: DocumentId[],
): Promise<string | null> {
  const known = useAsk.getState().conversations.get(documentId)?.chatId;
  if (known !== null && known !== undefined) return known;
  try {
    const chat = await client.call("chat.create", { title: question.slice(0, LONGEST_TITLE), scope });
    changeConversation(documentId, (conversation) => ({ ...conversation, chatId: chat.id }));
    return chat.id;
  } catch (error) {
    report(error);
    return null;
  }
}

/** Stops the answer being written; what was written is kept. Returns whether there was one. */
export function stopAnswer(documentId: string): boolean {
  const one = running.get(documentId);
  one?.stream.stop();
  return one !== undefined;
}

/** Shows an earlier conversation. */
export async function openChat(client: EngineClient, documentId: string, chat: Chat): Promise<void> {
  const stored = await client.call("chat.turns", { chatId: chat.id });
  changeConversation(documentId, (conversation) => ({
    ...conversation,
    chatId: chat.id,
    isLoaded: true,
    asksLibrary: chat.scope.length > 1,
    turns: stored.map((turn, index) => storedTurn(`${chat.id}-${index}`, turn)),
  }));
}

/** On the first visit: the last conversation about this document is still there. */
export async function loadLastChat(client: EngineClient, documentId: DocumentId): Promise<void> {
  const known = useAsk.getState().conversations.get(documentId);
  if (known?.isLoaded === true) return;
  const chats = await client.call("chat.list", { scope: [documentId] });
  const last = chats.filter((chat) => chat.turns > 0).toSorted((a, b) => b.createdAt - a.createdAt)[0];
  const now = useAsk.getState().conversations.get(documentId);
  if (now?.isLoaded === true) return;
  if (last !== undefined) await openChat(client, documentId, last);
  else changeConversation(documentId, (conversation) => ({ ...conversation, isLoaded: true }));
}

export function startConversation(documentId: string): void {
  stopAnswer(documentId);
  changeConversation(documentId, () => ({ ...emptyConversation(), isLoaded: true }));
}
