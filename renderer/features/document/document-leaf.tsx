/** The leaf between the two sides: evidence, position, parts; and beside it the evidence as links, for those who listen. */
import { useMemo, type ReactNode } from "react";
import type { DocumentSummary, OutlineEntry } from "../../../engine/protocol/dto.ts";
import { useReaderPosition } from "../../state/reader-position.ts";
import { go, type ViewPlace, viewAddress, useView } from "../../state/view.ts";
import { roman } from "../../strings/numbers.ts";
import { words } from "../../strings/words.ts";
import type { LeafMarks } from "../leaf/leaf-drawing.ts";
import { barInHand, barOfPlace, barsOf, entryAt, placeOfBar, type LeafSource } from "../leaf/leaf-model.ts";
import { LeafSpine } from "../leaf/leaf.tsx";
import { barsInView, chapterOfPage } from "./chapters.ts";

interface DocumentLeafProps {
  readonly document: DocumentSummary;
  readonly source: LeafSource;
  readonly outline: readonly OutlineEntry[];
  readonly evidence: readonly ViewPlace[];
  readonly place: ViewPlace | null;
  readonly labelOf: (page: number) => string;
}

const MOST_PARTS = 40;

export function DocumentLeaf({ document, source, outline, evidence, place, labelOf }: DocumentLeafProps): ReactNode {
  const view = useView();
  const bars = useMemo(() => barsOf(source.leaf), [source.leaf]);
  const position = useReaderPosition();
  const here = useMemo(() => evidence.filter((one) => one.documentId === document.id), [evidence, document.id]);
  const cited = useMemo(() => [...new Set(here.map((one) => barOfPlace(one, source)))], [here, source]);
  const parts = useMemo(() => namedParts(document, source, outline), [document, source, outline]);
  const marks = useMemo((): LeafMarks => {
    const isHere = place !== null && place.documentId === document.id && place.end > place.start;
    const inView = barsInView(
      here.map((one) => one.start),
      outline,
      (start, page) => barOfPlace({ start, page, file: null }, source),
      bars.count,
    );
    const reading = document.state === "reading" ? barInHand(bars) : -1;
    return {
      cited,
      inHand: isHere ? barOfPlace(place, source) : reading >= 0 ? reading : null,
      view: here.length > 0 ? inView : null,
      position: position.documentId === document.id ? [position.firstBar, position.lastBar] : null,
      parts,
    };
  }, [bars, cited, document.id, document.state, here, outline, parts, place, position, source]);

  const nameBar = (bar: number): string => {
    const isCited = cited.includes(bar);
    if (source.leaf.unit === "pages") return words.leafPage(labelOf(bar + 1), chapterOfPage(outline, bar + 1), isCited);
    const { start, file } = placeOfBar(bar, source);
    if (file !== null) return words.leafFile(file, isCited);
    return words.leafPlace(
      Math.round((100 * bar) / Math.max(1, bars.count)),
      entryAt(outline, start)?.title ?? "",
      isCited,
    );
  };
  const onGo = (bar: number): void => {
    const { start, page, file } = placeOfBar(bar, source);
    go({ place: { documentId: document.id, start, end: start, page, file, line: null, endLine: null } }, "replace");
  };
  return (
    <div className="leafcol">
      <LeafSpine
        bars={bars}
        marks={marks}
        label={words.leafLabel(document.title)}
        nameBar={nameBar}
        onGo={onGo}
        stops={source.leaf.parts.map((part) => part.bar)}
      />
      {here.length === 0 ? null : (
        <ul className="sr" aria-label={words.evidenceList}>
          {here.map((one, index) => (
            <li key={index}>
              <a
                href={viewAddress({ ...view, place: one })}
                tabIndex={-1}
                onClick={(event) => {
                  event.preventDefault();
                  go({ place: one });
                }}
              >
                {nameBar(barOfPlace(one, source))}
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Numerals for the parts of a book, names for the folders of a repository; too many would be a smear. */
function namedParts(
  document: DocumentSummary,
  { leaf }: LeafSource,
  outline: readonly OutlineEntry[],
): LeafMarks["parts"] {
  if (leaf.parts.length < 2 || leaf.parts.length > MOST_PARTS) return [];
  if (document.format === "repository") {
    const folders = new Set(
      outline.filter((entry) => entry.level === 1 && entry.file === null).map((entry) => entry.title),
    );
    return leaf.parts.filter((part) => folders.has(part.title)).map(({ bar, title }) => ({ bar, label: title }));
  }
  return numberedParts(leaf.parts);
}

/** The numbers that the titles carry themselves; where none does, the parts are counted. Foreword and contents have none. */
export function numberedParts(parts: LeafSource["leaf"]["parts"]): LeafMarks["parts"] {
  const numbered = parts.flatMap(({ bar, title }) => {
    const number = /^(?:(?:chapter|part|book|section)\s+)?(\d{1,3}|[IVXLC]+)(?=[.:)\s–—-]|$)/i.exec(title.trim())?.[1];
    return number === undefined ? [] : [{ bar, label: number.toUpperCase() }];
  });
  if (numbered.length > 1) return numbered;
  return parts.map(({ bar }, index) => ({ bar, label: roman(index + 1) }));
}
