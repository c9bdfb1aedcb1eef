/** One entry of the contents in one line, a paragraph or a page: quoted lines, each with its page. */
import { BookOpenText, MessageSquare, Quote } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Radio, RadioGroup } from "react-aria-components";
import type { Citation, DocumentSummary } from "../../../engine/protocol/dto.ts";
import { go } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { ErrorNotice } from "../../ui/notice.tsx";
import { changeConversation } from "../ask/ask-store.ts";
import { inQuotationMarks } from "../ask/quotation-marks.ts";
import { Chip } from "../ask/chip.tsx";
import { tidy } from "../ask/suggestions.ts";
import { KeyTerms } from "./key-terms.tsx";
import type { ContentsEntry, SummaryState } from "./use-summary.ts";

type Length = "line" | "paragraph" | "page";
const LINES: Readonly<Record<Length, number>> = { line: 1, paragraph: 4, page: Number.POSITIVE_INFINITY };

interface SummaryPaneProps {
  readonly document: DocumentSummary;
  readonly summary: SummaryState;
  readonly labelOf: (page: number) => string;
}

export function SummaryPane({ document, summary, labelOf }: SummaryPaneProps): ReactNode {
  const [length, setLength] = useState<Length>("page");
  const { selected, isLoading, error, again } = summary;
  if (selected === undefined) return <section className="right" aria-label={words.tabs.summary} />;
  const isRepository = document.format === "repository";
  const citations = selected.node?.citations ?? [];
  const shown = shownLines(citations, length);
  const ownWords = prose(selected, citations);
  return (
    <section className="right scrolls" aria-label={words.tabs.summary} tabIndex={0}>
      <div className="sum">
        <div className="eyebrow num">{extentOf(selected, document, labelOf)}</div>
        <h2 className={isRepository && selected.depth > 0 ? "code" : undefined} dir="auto">
          {selected.title}
        </h2>
        <div className="ctl">
          {citations.length > 1 ? <LengthSwitch length={length} onChange={setLength} /> : null}
          <span>
            <Quote className="i" aria-hidden="true" />
            {words.quotedFromText}
          </span>
        </div>
        {error === undefined ? null : <ErrorNotice error={error} onAgain={again} />}
        {isLoading ? <p className="small quiet waiting">{words.summaryWaits}</p> : null}
        {ownWords === "" ? null : <p className="own">{ownWords}</p>}
        <ul className="keys">
          {shown.map((citation, index) => (
            <li
              key={`${selected.key} ${index}`}
              className={citation.file === null ? undefined : "code-line"}
              dir="auto"
            >
              {citation.file === null ? inQuotationMarks(citation.text) : <span className="code">{citation.text}</span>}{" "}
              <Chip citation={citation} />
            </li>
          ))}
        </ul>
        {!isLoading && error === undefined && shown.length === 0 && ownWords === "" ? (
          <p className="small quiet">{words.summaryEmpty}</p>
        ) : null}
        <KeyTerms terms={selected.node?.keyTerms ?? []} />
        <Next document={document} entry={selected} />
      </div>
    </section>
  );
}

/** The first lines by weight are the first by order; a shorter length keeps lines from all over the part. */
export function shownLines(citations: readonly Citation[], length: Length): readonly Citation[] {
  const most = LINES[length];
  if (citations.length <= most) return citations;
  return Array.from({ length: most }, (_, index) => citations[Math.floor((index * citations.length) / most)]).filter(
    (citation) => citation !== undefined,
  );
}

/** The summary's own words, where it is more than its quoted lines put together. */
function prose(entry: ContentsEntry, citations: readonly Citation[]): string {
  let rest = entry.node?.summary ?? "";
  for (const citation of citations) rest = rest.replace(citation.text, "");
  return rest.replace(/[\s“”"…·.-]/g, "") === "" ? "" : citations.length === 0 ? (entry.node?.summary ?? "") : "";
}

function extentOf(entry: ContentsEntry, document: DocumentSummary, labelOf: (page: number) => string): string {
  if (entry.depth === 0) return document.author;
  if (entry.file !== null) return entry.file === entry.title ? "" : entry.file;
  return entry.page === null ? "" : words.fromPage(labelOf(entry.page));
}

function LengthSwitch({
  length,
  onChange,
}: {
  readonly length: Length;
  readonly onChange: (length: Length) => void;
}): ReactNode {
  return (
    <RadioGroup
      className="switch"
      aria-label={words.length}
      orientation="horizontal"
      value={length}
      onChange={(value) => onChange(value === "line" || value === "paragraph" ? value : "page")}
    >
      <Radio value="line">{words.oneLine}</Radio>
      <Radio value="paragraph">{words.paragraph}</Radio>
      <Radio value="page">{words.onePage}</Radio>
    </RadioGroup>
  );
}

function Next({ document, entry }: { readonly document: DocumentSummary; readonly entry: ContentsEntry }): ReactNode {
  const isRepository = document.format === "repository";
  const open = (): void =>
    go({
      place: {
        documentId: document.id,
        start: entry.start,
        end: entry.start,
        page: entry.page,
        file: entry.file,
        line: null,
        endLine: null,
      },
    });
  const askAbout = (): void => {
    const draft = isRepository ? words.aboutFile(entry.file ?? entry.title) : words.aboutChapter(tidy(entry.title));
    changeConversation(document.id, (one) => ({ ...one, draft }));
    go({ tab: "ask", place: null });
  };
  if (entry.depth === 0) return null;
  return (
    <div className="next">
      {isRepository && entry.file === null ? null : (
        <button type="button" className="btn" onClick={open}>
          <BookOpenText className="i" aria-hidden="true" />
          {isRepository ? words.readFile : words.readChapter}
        </button>
      )}
      <button type="button" className="btn" onClick={askAbout}>
        <MessageSquare className="i" aria-hidden="true" />
        {isRepository ? words.askFolder : words.askChapter}
      </button>
    </div>
  );
}
