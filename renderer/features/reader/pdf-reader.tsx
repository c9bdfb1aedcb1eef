/**
 * The pages of a PDF, continuous and virtual: only those in view and two on each side exist.
 * Owns scrolling to a place (its first box at a third of the height), zoom, and the report of what is in view.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import type { PDFDocumentProxy } from "pdfjs-dist";
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from "react";
import type { DocumentSummary, LineBox } from "../../../engine/protocol/dto.ts";
import { useCall } from "../../engine/use-call.ts";
import { reportPosition } from "../../state/reader-position.ts";
import type { ViewPlace } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { useWidth } from "../../ui/use-width.ts";
import { PdfPage } from "./pdf-page.tsx";

const GAP = 16;
const TOP = 4;
/** px kept free beside a page. */
const SIDES = 32;
const WIDEST = 592;
const POINT_TO_PX = 96 / 72;

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface PdfReaderProps {
  readonly pdf: PDFDocumentProxy;
  readonly document: DocumentSummary;
  readonly place: ViewPlace | null;
  /** Labels printed on the pages, where the file has them. */
  readonly labelOf: (page: number) => string;
  /** Factor on the size that fits. */
  readonly zoom: number;
  readonly onPercent: (percent: number) => void;
}

export function PdfReader({ pdf, document, place, labelOf, zoom, onPercent }: PdfReaderProps): ReactNode {
  const well = useRef<HTMLDivElement>(null);
  const wide = useWidth(well);
  const { firstSize, sizes, onSize } = usePageSizes(pdf);
  const boxes = useBoxes(place);
  const base = firstSize ?? { width: 612, height: 792 };
  const room = Math.max(200, wide - SIDES);
  const scale = (Math.min(room, wide > 900 ? room / 2 + 120 : WIDEST) / base.width) * zoom;

  // Its methods are not for memoising; none is handed on.
  // oxlint-disable-next-line react/incompatible-library
  const pages = useVirtualizer({
    count: pdf.numPages,
    getScrollElement: () => well.current,
    estimateSize: (index) => (sizes.get(index + 1) ?? base).height * scale + GAP,
    overscan: 2,
    paddingStart: TOP,
  });
  useEffect(() => pages.measure(), [pages, scale, sizes]);
  useEffect(() => onPercent(Math.round((scale / POINT_TO_PX) * 100)), [scale, onPercent]);

  // Scrolling waits for the width and the first page's size: before, every place is somewhere else.
  const isReady = firstSize !== null && wide > 0;
  const target = place?.page ?? null;
  const firstBox = boxes.find((one) => one.page === target) ?? boxes[0];
  const wanted =
    place === null ? "" : `${place.page ?? ""} ${place.start}-${place.end}${firstBox === undefined ? "" : " box"}`;
  const reached = useRef("");
  useEffect(() => {
    const element = well.current;
    if (element === null || !isReady || target === null || reached.current === wanted) return undefined;
    const page = firstBox?.page ?? target;
    const inPage = firstBox === undefined ? 0 : firstBox.box[1] * scale - element.clientHeight / 3;
    const top = Math.max(0, topOfPage(page, sizes, base.height, scale) + inPage);
    return scrollTo(element, top, () => {
      reached.current = wanted;
    });
  }, [isReady, target, wanted, firstBox, sizes, base.height, scale]);
  useKeptPlace(well, scale);

  const items = pages.getVirtualItems();
  const top = pages.scrollOffset ?? 0;
  const bottom = top + (pages.scrollRect?.height ?? 0);
  const shown = items.filter((item) => item.end > top + 40 && item.start < bottom - 40);
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? first;
  const third = top + (bottom - top) / 3;
  const current = items.find((item) => item.end > third)?.index ?? first;
  useEffect(() => reportPosition(document.id, first, last, current), [document.id, first, last, current]);

  return (
    <div ref={well} className="pagewell" tabIndex={0} role="group" aria-label={words.pages}>
      <div className="pages" style={{ height: pages.getTotalSize() }}>
        {items.map((item) => {
          const page = item.index + 1;
          const size = sizes.get(page) ?? base;
          return (
            <div key={item.key} className="page-slot" style={{ transform: `translateY(${item.start}px)` }}>
              <PdfPage
                pdf={pdf}
                page={page}
                label={labelOf(page)}
                scale={scale}
                width={size.width}
                height={size.height}
                boxes={boxes.filter((one) => one.page === page)}
                onSize={onSize}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

const MOST_TRIES = 12;

/** Scrolls once the list is high enough for it, which may take a few frames. Returns how to give up. */
function scrollTo(element: HTMLElement, top: number, onReached: () => void): () => void {
  let frame = 0;
  let tries = 0;
  const go = (): void => {
    tries += 1;
    element.scrollTop = top;
    const isThere = Math.abs(element.scrollTop - top) < 2;
    if (isThere || tries >= MOST_TRIES) onReached();
    else frame = requestAnimationFrame(go);
  };
  frame = requestAnimationFrame(go);
  return () => cancelAnimationFrame(frame);
}

/** Where a page begins, px from the top of the list. */
function topOfPage(page: number, sizes: ReadonlyMap<number, Size>, usual: number, scale: number): number {
  let top = TOP;
  for (let before = 1; before < page; before += 1) top += (sizes.get(before)?.height ?? usual) * scale + GAP;
  return top;
}

/** Zooming keeps the same words in sight: the scroll position grows with the pages. */
function useKeptPlace(well: RefObject<HTMLElement | null>, scale: number): void {
  const before = useRef(scale);
  useEffect(() => {
    const factor = scale / before.current;
    before.current = scale;
    const element = well.current;
    if (element === null || factor === 1 || element.scrollTop === 0) return undefined;
    const top = element.scrollTop * factor;
    const frame = requestAnimationFrame(() => {
      element.scrollTop = top;
    });
    return () => cancelAnimationFrame(frame);
  }, [well, scale]);
}

/** Boxes of the passage in hand; none while nothing is in hand. */
function useBoxes(place: ViewPlace | null): readonly LineBox[] {
  const isPassage = place !== null && place.end > place.start;
  const { data } = useCall(
    "document.boxes",
    isPassage ? { documentId: place.documentId as DocumentSummary["id"], start: place.start, end: place.end } : null,
  );
  return useMemo(() => (isPassage ? (data ?? []) : []), [isPassage, data]);
}

interface PageSizes {
  readonly firstSize: Size | null;
  readonly sizes: ReadonlyMap<number, Size>;
  readonly onSize: (page: number, width: number, height: number) => void;
}

/** Page sizes in points as pages are opened; the first page's size stands for all others until then. */
function usePageSizes(pdf: PDFDocumentProxy): PageSizes {
  const [firstSize, setFirstSize] = useState<Size | null>(null);
  const [sizes, setSizes] = useState<ReadonlyMap<number, Size>>(new Map());
  useEffect(() => {
    let isGone = false;
    pdf
      .getPage(1)
      .then((page) => {
        const { width, height } = page.getViewport({ scale: 1 });
        if (!isGone) setFirstSize({ width, height });
      })
      .catch(() => {
        if (!isGone) setFirstSize({ width: 612, height: 792 });
      });
    return () => {
      isGone = true;
    };
  }, [pdf]);
  const onSize = useCallback((page: number, width: number, height: number) => {
    setSizes((known) => {
      const before = known.get(page);
      if (before?.width === width && before.height === height) return known;
      return new Map(known).set(page, { width, height });
    });
  }, []);
  return { firstSize, sizes, onSize };
}
