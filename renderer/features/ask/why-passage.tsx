/**
 * Why a passage was chosen, on demand: the question's words in it, who found it, what the reader read there, how likely
 * it is the place. Owns the disclosure; what is said is in `passage.ts`. Closed until a person opens it.
 */
import { ChevronRight } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import type { AnswerRoute, Citation } from "../../../engine/protocol/dto.ts";
import { words } from "../../strings/words.ts";
import { percent, sayFinder, sayProbability } from "./passage.ts";
import { spokenPlace } from "./places.ts";
import { inQuotationMarks } from "./quotation-marks.ts";

interface ReasonsProps {
  readonly citation: Citation;
  readonly route: AnswerRoute | null;
}

interface WhyPassageProps extends ReasonsProps {
  /** The passage, with the button that belongs into it; null where nothing is known of this passage in particular. */
  readonly children: (toggle: ReactNode) => ReactNode;
}

export function WhyPassage({ citation, route, children }: WhyPassageProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  if (citation.why === null) return children(null);
  const toggle = (
    <button
      type="button"
      className="why-one"
      aria-expanded={isOpen}
      aria-controls={id}
      aria-label={words.whyPassageAt(spokenPlace(citation))}
      onClick={() => setOpen(!isOpen)}
    >
      <ChevronRight className="i" aria-hidden="true" />
      {words.whyPassage}
    </button>
  );
  return (
    <>
      {children(toggle)}
      <div id={id} className="reasons-box" hidden={!isOpen}>
        {isOpen ? <Reasons citation={citation} route={route} /> : null}
      </div>
    </>
  );
}

/** The reasons themselves, a line each; what is not known has no line. */
export function Reasons({ citation, route }: ReasonsProps): ReactNode {
  const { why } = citation;
  const finder = sayFinder(why, route);
  const likely = sayProbability(why?.probability ?? null);
  const read = why?.read ?? null;
  return (
    <dl className="reasons">
      {why === null || why.words.length === 0 ? null : (
        <div>
          <dt>{words.whyWords}</dt>
          <dd>
            <bdi>{why.words.join(", ")}</bdi>
          </dd>
        </div>
      )}
      {finder === null ? null : (
        <div>
          <dt>{words.whyRetriever}</dt>
          <dd>{finder}</dd>
        </div>
      )}
      {read === null ? null : (
        <div>
          <dt>{words.whyRead}</dt>
          <dd>
            <q dir="auto">{inQuotationMarks(read.text)}</q>,{" "}
            <span className="num">{words.whyCertain(percent(read.certainty))}</span>
          </dd>
        </div>
      )}
      {likely === null ? null : (
        <div>
          <dt>{words.whyLikely}</dt>
          <dd className="num">{likely}</dd>
        </div>
      )}
    </dl>
  );
}
