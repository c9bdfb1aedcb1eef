/** Answers questions and sums up: joins store, search, memory and model for the composers; keeps the turns of a conversation. */
import type { Answer, DocumentId, MemoryMode } from "../protocol/index.ts";
import { answerQuestion } from "../answering/answer.ts";
import type { AnswerSources, RememberedSegment } from "../answering/types.ts";
import { decodeMemory } from "../memory/codec.ts";
import type { Retriever } from "../retrieval/types.ts";
import type { CallHandlers, StreamHandlers } from "../rpc/handlers.ts";
import type { LibraryStore } from "../store/types.ts";
import type { ModelSlot, ReaderSlot } from "./model-slot.ts";
import type { SummaryCache } from "./summary-cache.ts";

export interface AnswerParts {
  readonly store: LibraryStore;
  readonly retriever: Retriever;
  readonly model: ModelSlot;
  readonly reader: ReaderSlot;
  readonly summaries: SummaryCache;
}

/** At the first start its graph is compiled, which takes about as long; then search answers alone. */
const WAIT_FOR_READER_MS = 1_500;

type AnswerHandlers = Pick<StreamHandlers, "answer.ask"> & Pick<CallHandlers, "summary.make">;

export function answerHandlers(parts: AnswerParts): AnswerHandlers {
  const { store, summaries, model } = parts;
  return {
    async *"answer.ask"({ scope, question, route, composer, memory, chatId, seed }, { signal, stop }) {
      for (const id of scope) store.documents.get(id);
      const settings = store.settings.get();
      const request = {
        question,
        scope,
        composer: composer ?? settings.composer,
        memory: memory === "on" && !settings.useMemory ? ("off" as const) : memory,
        seed,
        ...(route === undefined ? {} : { route }),
      };
      await parts.reader.get(AbortSignal.any([signal, AbortSignal.timeout(WAIT_FOR_READER_MS)])).catch(() => null);
      if (request.composer === "generative") await model.get(signal).catch(() => null); // without one, the text is quoted
      for await (const event of answerQuestion(request, answerSources(parts), { cancel: signal, stop })) {
        if (event.type === "done" && chatId !== undefined) keepTurn(store, chatId, event.answer);
        yield event;
      }
    },
    "summary.make": ({ documentId }, { signal }) => summaries.get(documentId, signal),
  };
}

/** A conversation that was removed meanwhile is not made again. */
function keepTurn(store: LibraryStore, chatId: string, answer: Answer): void {
  if (store.chats.find(chatId)) store.chats.addTurn(chatId, { question: answer.question, answer, askedAt: Date.now() });
}

export function answerSources({ store, retriever, model, reader, summaries }: AnswerParts): AnswerSources {
  const loaded = model.now;
  return {
    retriever,
    texts: store.texts,
    documents: store.documents,
    chunks: store.chunks,
    summary: (id, signal) => summaries.get(id, signal),
    reader: reader.now,
    remembering:
      loaded === null ? null : { model: loaded, segments: (scope, mode) => rememberedSegments(store, scope, mode) },
  };
}

/** Read segments of the scope in document order; `wrong`: as many documents that are not in it. */
export function rememberedSegments(
  store: LibraryStore,
  scope: readonly DocumentId[],
  mode: Exclude<MemoryMode, "off">,
): RememberedSegment[] {
  const others = store.documents
    .list()
    .map(({ id }) => id)
    .filter((id) => !scope.includes(id));
  const documents = mode === "on" ? scope : others.slice(0, scope.length);
  return documents.flatMap((documentId) =>
    store.memories
      .list(documentId)
      .filter(({ state }) => state === "read")
      .map(({ start, end, slots, key }) => ({ documentId, start, end, slots, load: () => loadMemory(store, key) })),
  );
}

/** A blob that fails its check is taken out, so that its segment is read again. */
function loadMemory(store: LibraryStore, key: string): ReturnType<RememberedSegment["load"]> {
  const bytes = store.memories.get(key);
  if (bytes === null) return null;
  try {
    return decodeMemory(bytes);
  } catch {
    store.memories.remove(key);
    return null;
  }
}
