/** The Ask side: conversation menu, turns, the question field. Asking, stopping and following the end live here. */
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import type { DocumentSummary } from "../../../engine/protocol/dto.ts";
import { useClient } from "../../engine/engine-context.tsx";
import { useLibrary } from "../../engine/library-store.ts";
import { useCall } from "../../engine/use-call.ts";
import { report } from "../../state/notices.ts";
import { currentView, go, type View } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import type { LeafSource } from "../leaf/leaf-model.ts";
import { ask, loadLastChat, stopAnswer, useAsk, useConversation } from "./ask-store.ts";
import { Composer } from "./composer.tsx";
import { ConversationBar } from "./conversation-bar.tsx";
import { placeLabel, placeOf } from "./places.ts";
import { suggestionsFor } from "./suggestions.ts";
import { evidenceOf, isWeighed, type Turn } from "./turn.ts";
import { TurnView, type TurnViewProps } from "./turn-view.tsx";

interface AskTabProps {
  readonly document: DocumentSummary;
  readonly source: LeafSource | null;
}

export function AskTab({ document, source }: AskTabProps): ReactNode {
  const client = useClient();
  const { turns } = useConversation(document.id);
  const { data: info } = useCall("engine.info", {});
  const isAsking = turns.at(-1)?.status === "asking";
  useEffect(() => {
    if (client !== null) void loadLastChat(client, document.id).catch(report);
  }, [client, document.id]);

  const onAsk: TurnViewProps["onAsk"] = (question, how) => {
    if (client === null) return;
    const library = [...useLibrary.getState().documents.values()].map((one) => one.id);
    const before = currentView();
    // Turns its failures into state.
    void ask(client, { documentId: document.id, library, question, ...how }).then(() =>
      showFirstEvidence(document.id, before),
    );
  };
  const onStop = (): void => {
    stopAnswer(document.id);
  };
  const model = info?.model ?? null;
  return (
    <section className="left" aria-label={words.conversation}>
      <ConversationBar document={document} />
      <Talk turns={turns}>
        {turns.length === 0 ? (
          <EmptyConversation document={document} onAsk={(question) => onAsk(question, {})} />
        ) : (
          turns.map((turn) => (
            <TurnView
              key={turn.key}
              turn={turn}
              document={document}
              model={model}
              source={source}
              onAsk={onAsk}
              onStop={onStop}
            />
          ))
        )}
      </Talk>
      <Composer
        document={document}
        model={model}
        isAsking={isAsking}
        onAsk={(question) => onAsk(question, {})}
        onStop={onStop}
      />
      <Announcer turn={turns.at(-1)} />
    </section>
  );
}

/** Below this width the reader would cover the answer. */
const BOTH_SIDES_PX = 832;

/** A claim and its place share the screen: a finished answer brings its first page, unless the person went elsewhere. */
function showFirstEvidence(documentId: string, before: View): void {
  if (currentView() !== before || window.innerWidth < BOTH_SIDES_PX) return;
  const turn = useAsk.getState().conversations.get(documentId)?.turns.at(-1);
  const first = turn?.status === "done" && turn.answer?.answerable === true ? evidenceOf(turn)[0] : undefined;
  if (first !== undefined) go({ place: placeOf(first) }, before.place === null ? "replace" : "push");
}

/** The scrolling column: follows the end only while the end is in view. */
function Talk({ turns, children }: { readonly turns: readonly Turn[]; readonly children: ReactNode }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const [hasNewBelow, setNewBelow] = useState(false);
  const asked = turns.length;
  const last = turns.at(-1);
  useLayoutEffect(() => {
    follows.current = true;
  }, [asked]);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    if (follows.current) followTo(element);
    else setNewBelow(last?.status === "asking");
  }, [asked, last]);
  return (
    <div className="talk-box">
      <div
        ref={box}
        className="talk"
        role="feed"
        aria-label={words.conversation}
        aria-busy={last?.status === "asking"}
        tabIndex={0}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          follows.current = scrollHeight - scrollTop - clientHeight < 48;
          if (follows.current) setNewBelow(false);
        }}
      >
        {children}
      </div>
      {hasNewBelow ? (
        <button
          type="button"
          className="btn low below"
          onClick={() => box.current?.scrollTo({ top: box.current.scrollHeight })}
        >
          {words.newTextBelow}
        </button>
      ) : null}
    </div>
  );
}

const ABOVE_QUESTION_PX = 24;

/** To the end, but never past the question: a long answer is read from its beginning. */
function followTo(talk: HTMLElement): void {
  const turn = talk.lastElementChild;
  if (turn === null) return;
  const toQuestion = turn.getBoundingClientRect().top - talk.getBoundingClientRect().top - ABOVE_QUESTION_PX;
  talk.scrollTop = Math.min(talk.scrollHeight - talk.clientHeight, talk.scrollTop + toQuestion);
}

function EmptyConversation(props: {
  readonly document: DocumentSummary;
  readonly onAsk: (question: string) => void;
}): ReactNode {
  const { document, onAsk } = props;
  const { data } = useCall("document.show", { documentId: document.id });
  const questions = data === undefined ? [] : suggestionsFor(data.outline, document.format === "repository");
  return (
    <article className="turn empty" aria-label={words.askAbout(document)}>
      <h2>{words.askAbout(document)}</h2>
      {questions.length === 0 ? null : (
        <div className="say">
          <p className="small">{words.suggestions}</p>
          <ul className="suggest">
            {questions.map((question) => (
              <li key={question}>
                <button type="button" className="link" onClick={() => onAsk(question)}>
                  {question}
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </article>
  );
}

/** For those who listen: the beginning, then the finished answer sentence by sentence with its pages. */
function Announcer({ turn }: { readonly turn: Turn | undefined }): ReactNode {
  return (
    <div className="sr" aria-live="polite">
      {spokenState(turn)}
    </div>
  );
}

export function spokenState(turn: Turn | undefined): string {
  // Turns of earlier conversations were not asked now.
  if (turn === undefined || !turn.key.startsWith("asked-")) return "";
  if (turn.status === "asking") return turn.sentences.length > 0 || turn.growing !== "" ? words.answerBegun : "";
  if (turn.status === "stopped") return words.answerStopped;
  if (turn.status === "failed") return "";
  if (turn.answer?.answerable === false) return words.textDoesNotSay;
  const sentences = turn.sentences.map((sentence) => {
    const citation = turn.citations[sentence.citations[0] ?? -1];
    return citation === undefined ? sentence.text : `${sentence.text} ${placeLabel(citation).replace("p. ", "page ")}.`;
  });
  return [...spokenGist(turn), ...sentences].join(" ");
}

/** The short answer and how sure it is: first, as on the screen. */
function spokenGist({ answer }: Turn): readonly string[] {
  if (answer === null || !isWeighed(answer)) return [];
  return [...(answer.span === null ? [] : [`${answer.span.text}.`]), `${words.surety[answer.confidence]}.`];
}
