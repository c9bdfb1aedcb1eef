/** The library: search inside all of it, the shelf, or the first start while only the samples are there. */
import { Search } from "lucide-react";
import type { ReactNode } from "react";
import { useLibrary } from "../../engine/library-store.ts";
import { isActive } from "../../engine/use-library.ts";
import { go, useView } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { ErrorNotice } from "../../ui/notice.tsx";
import { LibraryHead } from "../head/library-head.tsx";
import { FirstStart } from "./first-start.tsx";
import { useUploads } from "./import-documents.ts";
import { LibrarySearch } from "./library-search.tsx";
import { Shelf } from "./shelf.tsx";

export function LibraryScreen(): ReactNode {
  const { query } = useView();
  const { isLoaded, error, documents, jobs } = useLibrary();
  const hasUploads = useUploads((state) => state.uploads.size > 0);
  const all = [...documents.values()];
  const isBusy =
    hasUploads ||
    [...jobs.values()].some((job) => job.documentId === null && (isActive(job) || job.state === "failed"));
  const isFirst = isLoaded && !isBusy && query === "" && all.every((document) => document.isSample);
  return (
    <>
      <LibraryHead showsAdd={!isFirst} />
      {isFirst ? (
        <FirstStart samples={all} />
      ) : (
        <main id="main" className="lib" tabIndex={-1}>
          <div className="wrap">
            {error === null ? null : <ErrorNotice error={error} />}
            <h1 className="sr">{words.library}</h1>
            <SearchField />
            {isLoaded ? (
              query === "" ? (
                <Shelf />
              ) : (
                <LibrarySearch query={query} />
              )
            ) : (
              <p className="small quiet waiting">{words.connecting}</p>
            )}
          </div>
        </main>
      )}
    </>
  );
}

function SearchField(): ReactNode {
  const { query } = useView();
  const documents = useLibrary((state) => state.documents);
  const all = [...documents.values()];
  const sum = (of: (document: (typeof all)[number]) => number): number =>
    all.reduce((total, one) => total + of(one), 0);
  return (
    <div className="ask-all" role="search">
      <Search className="i" aria-hidden="true" />
      <input
        id="library-search"
        className="ph"
        type="search"
        aria-label={words.searchLibrary}
        placeholder={all.length === 0 ? words.searchLibrary : words.searchInside(all.length)}
        value={query}
        onChange={(event) => go({ query: event.target.value }, "replace")}
        onKeyDown={(event) => {
          if (event.key === "Escape") go({ query: "" }, "replace");
        }}
      />
      <span className="end num">
        {words.libraryTotals(
          sum((one) => one.pages),
          sum((one) => one.files),
          sum((one) => one.memoryBytes),
        )}
      </span>
    </div>
  );
}
