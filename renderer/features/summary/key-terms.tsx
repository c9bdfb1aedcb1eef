/** People, places and terms that a text speaks of often: how often, and chips to the pages where they stand. */
import { useState, type ReactNode } from "react";
import type { KeyTerm } from "../../../engine/protocol/dto.ts";
import { words } from "../../strings/words.ts";
import { Chip } from "../ask/chip.tsx";

const KINDS = ["person", "place", "term"] as const;
/** Pages of a term that are shown before a person asks for all. */
const PAGES_AT_ONCE = 6;

export function KeyTerms({ terms }: { readonly terms: readonly KeyTerm[] }): ReactNode {
  return KINDS.map((kind) => {
    const shown = terms.filter((term) => term.kind === kind);
    if (shown.length === 0) return null;
    return (
      <section key={kind} className="terms" aria-label={words.keyTerms[kind]}>
        <h3>{words.keyTerms[kind]}</h3>
        <ul>
          {shown.map((term) => (
            <Term key={term.term} term={term} />
          ))}
        </ul>
      </section>
    );
  });
}

function Term({ term }: { readonly term: KeyTerm }): ReactNode {
  const [showsAll, setShowsAll] = useState(false);
  const places = showsAll ? term.places : spread(term.places, PAGES_AT_ONCE);
  return (
    <li>
      <bdi className="serif">{term.term}</bdi> <span className="num quiet">{words.mentions(term.count)}</span>
      <span className="term-pages">
        {places.map((place) => (
          <Chip key={`${place.documentId} ${place.start}`} citation={{ ...place, text: term.term }} />
        ))}
        {showsAll || places.length === term.places.length ? null : (
          <button
            type="button"
            className="why-one"
            aria-label={words.allPlacesOf(term.term)}
            onClick={() => setShowsAll(true)}
          >
            {words.morePlaces(term.places.length - places.length)}
          </button>
        )}
      </span>
    </li>
  );
}

/** At most `most` of a list, its first and its last among them, the others evenly between. */
export function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, index) => list[Math.round((index * (list.length - 1)) / (most - 1))]).filter(
    (one) => one !== undefined,
  );
}
