/**
 * The stored text, set as pages: by page for a paged document, by slices for one without pages.
 * Shows formats without a picture of their pages, a PDF whose file has moved, and "What Longleaf sees".
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, type ReactNode } from "react";
import type { DocumentSummary, OutlineEntry } from "../../../engine/protocol/dto.ts";
import { useCall } from "../../engine/use-call.ts";
import { reportPosition } from "../../state/reader-position.ts";
import type { ViewPlace } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { markRange, paragraphsOf, SLICE, sliceCount, sliceRange, trimSlice, type Paragraph } from "./text-slices.ts";

interface TextReaderProps {
  readonly document: DocumentSummary;
  readonly outline: readonly OutlineEntry[];
  readonly place: ViewPlace | null;
  /** Bars of the document's leaf, for the report of what is in view. */
  readonly bars: number;
}

export function TextReader({ document, outline, place, bars }: TextReaderProps): ReactNode {
  const well = useRef<HTMLDivElement>(null);
  const isPaged = document.pages > 0;
  const count = isPaged ? document.pages : sliceCount(document.characters);
  // Its methods are not for memoising; none is handed on.
  // oxlint-disable-next-line react/incompatible-library
  const sheets = useVirtualizer({
    count,
    getScrollElement: () => well.current,
    estimateSize: () => 640,
    overscan: 2,
    paddingStart: 4,
  });
  const target =
    place === null ? null : isPaged ? (place.page ?? 1) - 1 : Math.min(count - 1, Math.floor(place.start / SLICE));
  const wanted = place === null ? "" : `${place.start}-${place.end}-${place.page ?? ""}`;
  const reached = useRef("");
  useEffect(() => {
    if (target === null || reached.current === wanted) return undefined;
    reached.current = wanted;
    sheets.scrollToIndex(target, { align: "start" });
    return scrollToMark(well);
  }, [target, wanted, sheets]);

  const items = sheets.getVirtualItems();
  const top = sheets.scrollOffset ?? 0;
  const bottom = top + (sheets.scrollRect?.height ?? 0);
  const shown = items.filter((item) => item.end > top + 40 && item.start < bottom - 40);
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? first;
  const third = top + (bottom - top) / 3;
  const current = items.find((item) => item.end > third)?.index ?? first;
  useEffect(() => {
    const scale = isPaged ? 1 : bars / count;
    reportPosition(document.id, Math.floor(first * scale), Math.floor(last * scale), Math.floor(current * scale));
  }, [document.id, first, last, current, isPaged, bars, count]);

  return (
    <div ref={well} className="pagewell" tabIndex={0} role="group" aria-label={words.pages}>
      <div className="pages" style={{ height: sheets.getTotalSize() }}>
        {items.map((item) => (
          <div
            key={item.key}
            ref={sheets.measureElement}
            data-index={item.index}
            className="page-slot"
            style={{ transform: `translateY(${item.start}px)` }}
          >
            <Sheet document={document} outline={outline} index={item.index} place={place} />
          </div>
        ))}
      </div>
    </div>
  );
}

/** The mark exists only when its sheet's text has come: looked for over the next frames, then put at a third. */
export function scrollToMark(well: React.RefObject<HTMLDivElement | null>): () => void {
  let tries = 0;
  let frame = 0;
  const look = (): void => {
    const element = well.current;
    const mark = element?.querySelector("mark");
    tries += 1;
    if (element === null || tries > 120) return;
    if (mark === null || mark === undefined) {
      frame = requestAnimationFrame(look);
      return;
    }
    const above = mark.getBoundingClientRect().top - element.getBoundingClientRect().top;
    element.scrollTop += above - element.clientHeight / 3;
    // Sheets above may still change their height: settle for a few more frames.
    if (tries < 110) {
      tries = Math.max(tries, 104);
      frame = requestAnimationFrame(look);
    }
  };
  frame = requestAnimationFrame(look);
  return () => cancelAnimationFrame(frame);
}

interface SheetProps {
  readonly document: DocumentSummary;
  readonly outline: readonly OutlineEntry[];
  readonly index: number;
  readonly place: ViewPlace | null;
}

function Sheet({ document, outline, index, place }: SheetProps): ReactNode {
  const isPaged = document.pages > 0;
  const [start, end] = sliceRange(index, document.characters);
  const { data } = useCall(
    "document.text",
    isPaged ? { documentId: document.id, page: index + 1 } : { documentId: document.id, start, end },
  );
  const part = useMemo(() => {
    if (data === undefined) return null;
    return isPaged ? { start: data.start, text: data.text } : trimSlice(data.text, index, document.characters);
  }, [data, isPaged, index, document.characters]);
  const label = data?.label ?? String(index + 1);
  return (
    <div className="folio text" role="group" aria-label={isPaged ? words.pageNumber(label) : undefined}>
      {isPaged ? (
        <div className="run">
          <span>{document.title}</span>
          <span>{label}</span>
        </div>
      ) : null}
      {data?.isPicture === true ? <p className="note">{words.pageIsPicture}</p> : null}
      {part === null
        ? null
        : paragraphsOf(part.text, part.start).map((paragraph) => (
            <TextParagraph key={paragraph.start} paragraph={paragraph} outline={outline} place={place} />
          ))}
    </div>
  );
}

export interface TextParagraphProps {
  readonly paragraph: Paragraph;
  readonly outline: readonly OutlineEntry[];
  readonly place: ViewPlace | null;
}

export function TextParagraph({ paragraph, outline, place }: TextParagraphProps): ReactNode {
  const pieces = markRange(paragraph, place?.start ?? 0, place?.end ?? 0);
  const content = pieces.map((piece, index) =>
    piece.isMarked ? (
      <mark key={index} {...(index <= 1 ? { "data-thread": "box" } : {})}>
        {piece.text}
      </mark>
    ) : (
      <span key={index}>{piece.text}</span>
    ),
  );
  const isHeading = outline.some((entry) => entry.start === paragraph.start && paragraph.text.length < 200);
  if (isHeading) return <h3 dir="auto">{content}</h3>;
  return <p dir="auto">{content}</p>;
}
