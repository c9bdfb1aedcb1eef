/** Search inside one document: hits with marked words, each opening its place in the reader. */
import { Search } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import type { DocumentSummary, SearchHit } from "../../../engine/protocol/dto.ts";
import { go, useView, viewAddress } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { ErrorNotice } from "../../ui/notice.tsx";
import { isSamePlace, placeOf } from "../ask/places.ts";
import { HitText } from "./hit-text.tsx";
import { useHits } from "./use-hits.ts";
import { useSearch } from "./use-search.ts";

const LIMIT = 100;
export const SEARCH_FIELD_ID = "search-field";

export function SearchTab({ document }: { readonly document: DocumentSummary }): ReactNode {
  const { query } = useView();
  const field = useRef<HTMLInputElement>(null);
  const { data, error } = useSearch(query, document.id, LIMIT);
  useEffect(() => {
    useHits.setState({ documentId: document.id, hits: data?.hits ?? [] });
  }, [document.id, data]);
  useEffect(() => field.current?.focus(), []);
  return (
    <section className="left searching" aria-label={words.tabs.search}>
      <div className="search-box" role="search">
        <Search className="i" aria-hidden="true" />
        <input
          ref={field}
          id={SEARCH_FIELD_ID}
          type="search"
          aria-label={words.searchField}
          placeholder={document.format === "repository" ? words.searchThisRepository : words.searchThisBook}
          value={query}
          onChange={(event) => go({ query: event.target.value }, "replace")}
          onKeyDown={(event) => {
            const first = data?.hits[0];
            if (event.key === "Enter" && first !== undefined) go({ place: placeOf(first) });
          }}
        />
      </div>
      <div className="hits" tabIndex={0} role="group" aria-label={words.hits}>
        {error === undefined ? null : <ErrorNotice error={error} />}
        {query.trim() === "" ? <p className="small quiet">{words.searchHint}</p> : null}
        {data === undefined || query.trim() === "" ? null : (
          <Hits hits={data.hits} tookMs={data.tookMs} query={query} />
        )}
      </div>
    </section>
  );
}

interface HitsProps {
  readonly hits: readonly SearchHit[];
  readonly tookMs: number;
  readonly query: string;
}

function Hits({ hits, tookMs, query }: HitsProps): ReactNode {
  const view = useView();
  return (
    <>
      <p className="small num" role="status">
        {hits.length === 0 ? (
          <>
            <b>{words.nothingFound(query.trim())}</b> {words.nothingFoundRest}
          </>
        ) : hits.length >= LIMIT ? (
          words.firstPlaces(hits.length)
        ) : (
          words.places(hits.length, tookMs)
        )}
      </p>
      <ul>
        {hits.map((hit, index) => {
          const place = placeOf(hit);
          const inHand = isSamePlace(view.place, place);
          return (
            <li key={index}>
              <a
                className="hit"
                href={viewAddress({ ...view, place })}
                {...(inHand ? { "aria-current": "true" as const, "data-thread": "chip" } : {})}
                onClick={(event) => {
                  event.preventDefault();
                  go({ place });
                }}
              >
                {hit.heading.length > 0 && hit.file === null ? (
                  <span className="small quiet at">{hit.heading.join(" · ")}</span>
                ) : null}
                <HitText hit={hit} />
              </a>
            </li>
          );
        })}
      </ul>
    </>
  );
}
