/** A turn on the page: question, route in the margin, short answer, sentences, further places, colophon, actions. */
import { Check, Copy, PenLine, Quote, RotateCcw, Square } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { AnswerComposer, AnswerRoute, DocumentSummary, EngineInfo } from "../../../engine/protocol/dto.ts";
import type { LeafSource } from "../leaf/leaf-model.ts";
import { go } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { MenuButton } from "../../ui/menu-button.tsx";
import { copyText, ErrorNotice } from "../../ui/notice.tsx";
import { AnswerText } from "./answer-text.tsx";
import { answerAsText } from "./copy-answer.ts";
import { FurtherPlaces } from "./further-places.tsx";
import { Gist } from "./gist.tsx";
import { mainWord } from "./main-word.ts";
import type { Turn } from "./turn.ts";
import { Why } from "./why.tsx";

export interface How {
  readonly route?: AnswerRoute;
  readonly seed?: number;
  readonly composer?: AnswerComposer;
}

export interface TurnViewProps {
  readonly turn: Turn;
  readonly document: DocumentSummary;
  readonly model: EngineInfo["model"];
  readonly source: LeafSource | null;
  readonly onAsk: (question: string, how: How) => void;
  readonly onStop: () => void;
}

const ROUTES: readonly AnswerRoute[] = ["whole", "find", "count", "quote"];

export function TurnView(props: TurnViewProps): ReactNode {
  const { turn, document, onAsk } = props;
  const isAsking = turn.status === "asking";
  const found = turn.answer === null || turn.answer.answerable;
  return (
    <article className="turn" aria-label={turn.question} aria-busy={isAsking}>
      <h2 dir="auto">{turn.question}</h2>
      <div className="side">
        {turn.route === null ? null : (
          <MenuButton
            label={`${words.routeMenu}: ${words.routes[turn.route]}`}
            entries={ROUTES.map((route) => ({
              id: route,
              label: words.routes[route],
              detail: words.routeTexts[route],
              isOn: route === turn.route,
            }))}
            onAction={(id) => {
              const route = ROUTES.find((one) => one === id);
              if (route !== undefined) onAsk(turn.question, { route });
            }}
          >
            {words.routes[turn.route]}
          </MenuButton>
        )}
      </div>
      <Gist turn={turn} />
      <div className={turn.route === "count" ? "say counting" : "say"} aria-live="off">
        <AnswerText
          // What a person opened in the first look is closed in the answer that replaced it.
          key={turn.note ?? ""}
          sentences={
            found ? turn.sentences : turn.sentences.filter((sentence) => sentence.text.trim() !== words.textDoesNotSay)
          }
          citations={turn.citations}
          growing={turn.growing}
          isAsking={isAsking}
          isRepository={document.format === "repository"}
          route={turn.route}
        />
      </div>
      <FurtherPlaces turn={turn} />
      <Foot {...props} />
    </article>
  );
}

function Foot(props: TurnViewProps): ReactNode {
  const { turn, document, onStop, onAsk } = props;
  if (turn.status === "asking") {
    return (
      <div className="foot">
        <button type="button" className="btn low" onClick={onStop}>
          <Square className="i" aria-hidden="true" />
          {words.stop} <kbd>Esc</kbd>
        </button>
        <span className="num">
          {turn.coverage !== null
            ? words.coverage(turn.coverage)
            : turn.composer === "generative" && turn.sentences.length > 0
              ? words.checking
              : words.lookingThrough(document)}
        </span>
      </div>
    );
  }
  return (
    <div className="foot">
      <Colophon {...props} />
      {turn.status === "stopped" ? <span>{words.stoppedKept}</span> : null}
      {turn.error === null ? null : (
        <ErrorNotice
          error={turn.error}
          onAgain={() => onAsk(turn.question, turn.forced === null ? {} : { route: turn.forced })}
        />
      )}
      {turn.error?.code.startsWith("Model") === true ? (
        <button type="button" className="btn low" onClick={() => onAsk(turn.question, { composer: "extractive" })}>
          <Quote className="i" aria-hidden="true" />
          {words.quoteInstead}
        </button>
      ) : null}
      {turn.status === "failed" ? null : <Actions {...props} />}
    </div>
  );
}

/** Who composed it, and what was checked for it. */
function Colophon({ turn, model }: TurnViewProps): ReactNode {
  const isQuoted = turn.composer !== "generative";
  const isProven = turn.coverage !== null && turn.coverage.checked >= turn.coverage.total && turn.coverage.total > 0;
  return (
    <>
      {turn.composer === null || !turn.sentences.some((sentence) => sentence.voice !== "longleaf") ? null : (
        <span>
          {isQuoted ? <Quote className="i" aria-hidden="true" /> : <PenLine className="i" aria-hidden="true" />}
          {isQuoted
            ? words.quotedFromText
            : words.writtenWith(
                model === null ? words.model : words.modelName(model.name),
                turn.answer?.memoryUsed ?? false,
              )}
        </span>
      )}
      {turn.coverage === null ? null : (
        <span className={isProven ? "proof num" : "num"}>
          {isProven ? <Check className="i" aria-hidden="true" /> : null}
          {words.coverage(turn.coverage)}
        </span>
      )}
    </>
  );
}

function Actions({ turn, document, source, onAsk }: TurnViewProps): ReactNode {
  const [isWhyOpen, setWhyOpen] = useState(false);
  const [isCopied, setCopied] = useState(false);
  const term = turn.answer?.answerable === false ? mainWord(turn.question) : null;
  const copy = async (): Promise<void> => {
    if (!(await copyText(answerAsText(turn, document.title)))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <>
      <span className="acts">
        {term === null ? null : (
          <button type="button" className="link" onClick={() => go({ tab: "search", query: term })}>
            {words.searchFor(term)}
          </button>
        )}
        <button
          type="button"
          className="link"
          aria-expanded={isWhyOpen}
          data-act="why"
          onClick={() => setWhyOpen(!isWhyOpen)}
        >
          {words.why}
        </button>
        <button type="button" data-act="copy" onClick={() => void copy()}>
          <Copy className="i" aria-hidden="true" />
          {isCopied ? words.copied : document.format === "repository" ? words.copyWithLines : words.copyWithPages}
        </button>
        <button
          type="button"
          onClick={() =>
            onAsk(turn.question, { seed: turn.seed + 1, ...(turn.forced === null ? {} : { route: turn.forced }) })
          }
        >
          <RotateCcw className="i" aria-hidden="true" />
          {words.again}
        </button>
      </span>
      {isWhyOpen ? <Why turn={turn} source={source} /> : null}
    </>
  );
}
