/** Search across the whole library: places grouped by document, most promising document first. */
import type { ReactNode } from "react";
import type { SearchHit } from "../../../engine/protocol/dto.ts";
import { useLibrary } from "../../engine/library-store.ts";
import { openDocument, viewAddress } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { ErrorNotice } from "../../ui/notice.tsx";
import { HitText } from "../search/hit-text.tsx";
import { placeOf } from "../ask/places.ts";
import { useSearch } from "../search/use-search.ts";

const LIMIT = 60;

export function LibrarySearch({ query }: { readonly query: string }): ReactNode {
  const documents = useLibrary((state) => state.documents);
  const { data, error } = useSearch(query, null, LIMIT);
  if (error !== undefined) return <ErrorNotice error={error} />;
  if (data === undefined) return <p className="small quiet waiting" aria-busy="true" />;
  const groups = groupByDocument(data.hits);
  return (
    <div className="found">
      <p className="small num" role="status">
        {data.hits.length === 0 ? (
          <>
            <b>{words.nothingFound(query)}</b> {words.nothingFoundRest}
          </>
        ) : data.hits.length >= LIMIT ? (
          words.firstPlaces(data.hits.length)
        ) : (
          words.placesIn(data.hits.length, groups.length, data.tookMs)
        )}
      </p>
      {groups.map(([documentId, hits]) => {
        const document = documents.get(documentId);
        return (
          <section key={documentId}>
            <h2 className={document?.format === "repository" ? "repo" : undefined}>
              <bdi>{document?.title ?? ""}</bdi>
              <span className="small num">{words.places(hits.length, data.tookMs).split(",")[0]}</span>
            </h2>
            <ul>
              {hits.map((hit, index) => (
                <li key={index}>
                  <a
                    className="hit"
                    href={viewAddress({ screen: "document", documentId, tab: "search", place: placeOf(hit), query })}
                    onClick={(event) => {
                      event.preventDefault();
                      openDocument(documentId, "search", placeOf(hit));
                    }}
                  >
                    <HitText hit={hit} />
                  </a>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

/** Hits by document, in the order of each document's best hit. */
export function groupByDocument(hits: readonly SearchHit[]): readonly (readonly [string, readonly SearchHit[]])[] {
  const groups = new Map<string, SearchHit[]>();
  for (const hit of hits) {
    const group = groups.get(hit.documentId);
    if (group === undefined) groups.set(hit.documentId, [hit]);
    else group.push(hit);
  }
  return [...groups];
}
