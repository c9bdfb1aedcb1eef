/**
 * What stands above an answer: the note that a first look was replaced, the short answer with its place, and how sure it
 * is in plain words. While the answer is looked for its line is held free, so that nothing moves when it comes.
 */
import { Check, CircleQuestionMark, SearchX } from "lucide-react";
import type { ReactNode } from "react";
import type { Answer } from "../../../engine/protocol/dto.ts";
import { words } from "../../strings/words.ts";
import { Chip } from "./chip.tsx";
import { inQuotationMarks } from "./quotation-marks.ts";
import { isWeighed, type Turn } from "./turn.ts";

const ICONS = { stated: Check, likely: CircleQuestionMark, "not found": SearchX } as const;
const LOOKS = { stated: "stated", likely: "likely", "not found": "missing" } as const;

export function Gist({ turn }: { readonly turn: Turn }): ReactNode {
  const { answer, status, route } = turn;
  return (
    <div className="gist">
      {/* Always there, so that its words are announced when they come. */}
      <p className="revised" role="status">
        {turn.note}
      </p>
      {answer !== null && isWeighed(answer) ? (
        <ShortAnswer turn={turn} answer={answer} />
      ) : status === "asking" && route === "find" ? (
        <p className="short" aria-hidden="true" />
      ) : null}
    </div>
  );
}

function ShortAnswer({ turn, answer }: { readonly turn: Turn; readonly answer: Answer }): ReactNode {
  const Icon = ICONS[answer.confidence];
  const citation = answer.span === null ? undefined : turn.citations[answer.span.citation];
  return (
    <p className="short">
      {answer.span === null || citation === undefined ? null : (
        <span className="span-line">
          <q className={citation.file === null ? undefined : "code"} dir="auto">
            {inQuotationMarks(answer.span.text)}
          </q>{" "}
          {citation.supported ? <Chip citation={citation} /> : null}
        </span>
      )}
      <span className={`surety ${LOOKS[answer.confidence]}`}>
        <Icon className="i" aria-hidden="true" />
        {words.surety[answer.confidence]}
      </span>
    </p>
  );
}
