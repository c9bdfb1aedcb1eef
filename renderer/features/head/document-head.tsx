/** The head over a document: its title, its tabs, the field that searches it. */
import { Search } from "lucide-react";
import type { ReactNode } from "react";
import type { DocumentSummary, Job } from "../../../engine/protocol/dto.ts";
import { useJobOf } from "../../engine/use-library.ts";
import { go, type Tab, useView } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { readPercent } from "../library/document-state.ts";
import { HeadEnd } from "./head-end.tsx";
import { MarkLink, SkipLink } from "./library-head.tsx";

/** The tabs that a document has now, in their order. */
export function tabsOf(document: DocumentSummary, job?: Job): readonly { readonly id: Tab; readonly label: string }[] {
  const isRepository = document.format === "repository";
  const unread = document.state === "reading" || document.state === "paused" || document.state === "importing";
  return [
    ...(unread ? [{ id: "reading" as const, label: words.reading(readPercent(document, job)) }] : []),
    { id: "ask", label: words.tabs.ask },
    { id: "summary", label: isRepository ? words.tabs.overview : words.tabs.summary },
    { id: "search", label: words.tabs.search },
  ];
}

export function DocumentHead({ document }: { readonly document: DocumentSummary }): ReactNode {
  const { tab } = useView();
  const job = useJobOf(document.id);
  const isRepository = document.format === "repository";
  return (
    <header className="head">
      <SkipLink />
      <MarkLink />
      <div className="crumb">
        <h1 className={isRepository ? "t repo" : "t"}>
          <bdi>{document.title}</bdi>
        </h1>
        <span className="m">
          <bdi>{document.author}</bdi>
        </span>
      </div>
      <nav className="tabs num" aria-label={words.thisDocument}>
        {tabsOf(document, job).map((one) => (
          <a
            key={one.id}
            href={`#/d/${encodeURIComponent(document.id)}/${one.id}`}
            aria-current={tab === one.id ? "page" : undefined}
            onClick={(event) => {
              event.preventDefault();
              go({ tab: one.id, ...(one.id === "summary" ? { place: null } : {}) });
            }}
          >
            {one.label}
          </a>
        ))}
      </nav>
      <div className="end">
        <button type="button" className="find" onClick={() => go({ tab: "search" })}>
          <Search className="i" aria-hidden="true" />
          {isRepository ? words.searchThisRepository : words.searchThisBook}
          <kbd>Ctrl F</kbd>
        </button>
        <HeadEnd />
      </div>
    </header>
  );
}
