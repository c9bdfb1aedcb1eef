/** A file of a repository: line numbers, colours, the lines in hand lit. Virtual, so that a long file is a short page. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, type ReactNode } from "react";
import type { DocumentSummary, FileEntry } from "../../../engine/protocol/dto.ts";
import { useCall } from "../../engine/use-call.ts";
import { reportPosition } from "../../state/reader-position.ts";
import type { ViewPlace } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { ErrorNotice } from "../../ui/notice.tsx";
import type { LeafSource } from "../leaf/leaf-model.ts";
import { barOfPlace } from "../leaf/leaf-model.ts";
import type { ColouredPiece } from "./highlight-worker.ts";
import { useHighlight } from "./use-highlight.ts";

const LINE = 22;
const MOST_CHARACTERS = 2_000_000;

interface CodeReaderProps {
  readonly document: DocumentSummary;
  readonly file: FileEntry;
  readonly place: ViewPlace | null;
  readonly source: LeafSource | null;
}

export function CodeReader({ document, file, place, source }: CodeReaderProps): ReactNode {
  const well = useRef<HTMLDivElement>(null);
  const { data, error, again } = useCall("document.text", { documentId: document.id, file: file.path });
  const isCut = (data?.text.length ?? 0) > MOST_CHARACTERS;
  const text = data === undefined ? undefined : data.text.slice(0, MOST_CHARACTERS);
  const lines = useMemo(() => text?.split("\n") ?? [], [text]);
  const coloured = useHighlight(file.path, text);
  const [from, to] = useMemo(() => litLines(place, data?.start ?? 0, text), [place, data?.start, text]);
  // Its methods are not for memoising; none is handed on.
  // oxlint-disable-next-line react/incompatible-library
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => well.current,
    estimateSize: () => LINE,
    overscan: 30,
    paddingStart: 14,
    paddingEnd: 14,
  });
  const wanted = `${file.path} ${from}-${to} ${text === undefined}`;
  const reached = useRef("");
  useEffect(() => {
    if (text === undefined || reached.current === wanted) return;
    reached.current = wanted;
    const third = (well.current?.clientHeight ?? 0) / 3;
    rows.scrollToOffset(from === 0 ? 0 : Math.max(0, 14 + (from - 1) * LINE - third));
  }, [text, wanted, from, rows]);

  useEffect(() => {
    if (source === null) return;
    const bar = barOfPlace({ start: place?.start ?? file.start, page: null, file: file.path }, source);
    reportPosition(document.id, bar, bar);
  }, [document.id, file, place, source]);

  if (error !== undefined) return <ErrorNotice error={error} onAgain={again} />;
  return (
    <div ref={well} className="codewell" tabIndex={0} role="group" aria-label={file.path} dir="ltr">
      {isCut ? <p className="note">{words.fileTooLarge}</p> : null}
      <div className="pages" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((item) => {
          const line = item.index + 1;
          const isLit = from > 0 && line >= from && line <= to;
          return (
            <div
              key={item.key}
              className={isLit ? "ln on" : "ln"}
              style={{ transform: `translateY(${item.start}px)` }}
              {...(line === from ? { "data-thread": "box" } : {})}
            >
              <i>{line}</i>
              <span>{pieces(coloured.get(item.index), lines[item.index] ?? "")}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function pieces(coloured: readonly ColouredPiece[] | undefined, plain: string): ReactNode {
  if (coloured === undefined) return plain;
  return coloured.map(([text, colour], index) => (
    <span key={index} style={colour === "" ? undefined : { color: colour }}>
      {text}
    </span>
  ));
}

/** First and last line of the passage in hand, from its lines or from its offsets; [0, 0] with none. */
export function litLines(
  place: ViewPlace | null,
  fileStart: number,
  text: string | undefined,
): readonly [number, number] {
  if (place === null || place.end <= place.start) return [0, 0];
  if (place.line !== null) return [place.line, place.endLine ?? place.line];
  if (text === undefined) return [0, 0];
  const lineAt = (offset: number): number => text.slice(0, Math.max(0, offset - fileStart)).split("\n").length;
  return [lineAt(place.start), lineAt(Math.max(place.start, place.end - 1))];
}
