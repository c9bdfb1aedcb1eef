/** The contents as set in a book: leaders and pages; for a repository its folders and files. */
import type { ReactNode } from "react";
import type { DocumentSummary } from "../../../engine/protocol/dto.ts";
import { go } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import type { SummaryState } from "./use-summary.ts";

interface SummaryContentsProps {
  readonly document: DocumentSummary;
  readonly summary: SummaryState;
  readonly labelOf: (page: number) => string;
}

export function SummaryContents({ document, summary, labelOf }: SummaryContentsProps): ReactNode {
  const isRepository = document.format === "repository";
  const { entries, selected, select } = summary;
  const top = Math.min(...entries.slice(1).map((entry) => entry.depth));
  return (
    <section className="left alone" aria-label={words.contents}>
      <nav className="toc" aria-label={words.contents} tabIndex={0}>
        <h2>{words.contents}</h2>
        <ul>
          {entries.map((entry) => {
            const isWhole = entry.depth === 0;
            const depth = isWhole ? 0 : entry.depth - top;
            return (
              <li key={entry.key}>
                <button
                  type="button"
                  className={isRepository && !isWhole ? "row code" : "row"}
                  style={{ paddingInlineStart: `${0.5 + Math.min(depth, 6) * 1.35}rem` }}
                  aria-current={entry.key === selected?.key ? "true" : undefined}
                  onClick={() => {
                    select(entry.key);
                    go({ place: null }, "replace");
                  }}
                >
                  <span className="row-title" dir="auto">
                    {isWhole ? (isRepository ? words.wholeRepository : words.wholeBook) : entry.title}
                  </span>
                  <span className="dots" />
                  <span className="p">{entry.page === null ? "" : labelOf(entry.page)}</span>
                </button>
              </li>
            );
          })}
        </ul>
      </nav>
    </section>
  );
}
