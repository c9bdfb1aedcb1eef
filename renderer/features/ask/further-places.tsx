/** Places that no sentence of the answer rests on: further ones of a found answer, the nearest ones of a missing one. */
import { ChevronRight } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { AnswerRoute, Citation } from "../../../engine/protocol/dto.ts";
import { words } from "../../strings/words.ts";
import { Chip } from "./chip.tsx";
import { PassageText } from "./passage-text.tsx";
import { furtherOf, type Turn } from "./turn.ts";
import { WhyPassage } from "./why-passage.tsx";

/** Nearest places that are shown before a person asks for more. */
const SHOWN_AT_ONCE = 3;

export function FurtherPlaces({ turn }: { readonly turn: Turn }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const places = furtherOf(turn);
  if (turn.status === "asking" || turn.answer === null || places.length === 0) return null;
  const isFound = turn.answer.answerable;
  const shown = isOpen ? places : isFound ? [] : places.slice(0, SHOWN_AT_ONCE);
  const rest = places.length - (isFound ? 0 : SHOWN_AT_ONCE);
  return (
    <section className="places" aria-label={isFound ? words.furtherPlaces(places.length) : words.nearest}>
      {isFound ? null : <p className="places-title">{words.nearest}</p>}
      <Places places={shown} route={turn.route} />
      {rest <= 0 ? null : (
        <button type="button" className="why-one" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <ChevronRight className="i" aria-hidden="true" />
          {isFound ? words.furtherPlaces(rest) : words.moreNearest(rest)}
        </button>
      )}
    </section>
  );
}

interface PlacesProps {
  readonly places: readonly Citation[];
  readonly route: AnswerRoute | null;
}

/** Passages in full, each with its chip and why it was chosen. */
export function Places({ places, route }: PlacesProps): ReactNode {
  if (places.length === 0) return null;
  return (
    <ul className="why-list">
      {places.map((citation) => (
        <li key={`${citation.documentId} ${citation.start}`}>
          <WhyPassage citation={citation} route={route}>
            {(toggle) => (
              <div className={citation.file === null ? "serif" : "code"} dir="auto">
                <PassageText text={citation.text} citation={citation} isQuoted={citation.file === null} />{" "}
                <Chip citation={citation} />
                {toggle}
              </div>
            )}
          </WhyPassage>
        </li>
      ))}
    </ul>
  );
}
