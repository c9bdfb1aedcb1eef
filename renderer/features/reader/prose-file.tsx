/**
 * A file of prose inside a repository (Markdown, HTML): its text as it was taken, set as paragraphs.
 * The text is not the source line by line, so there are no line numbers: the passage is found by its offsets.
 */
import { useEffect, useRef, type ReactNode } from "react";
import type { DocumentSummary, FileEntry, OutlineEntry } from "../../../engine/protocol/dto.ts";
import { useCall } from "../../engine/use-call.ts";
import { reportPosition } from "../../state/reader-position.ts";
import type { ViewPlace } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { ErrorNotice } from "../../ui/notice.tsx";
import { barOfPlace, type LeafSource } from "../leaf/leaf-model.ts";
import { scrollToMark, TextParagraph } from "./text-reader.tsx";
import { paragraphsOf } from "./text-slices.ts";

const MOST_CHARACTERS = 400_000;
const NO_OUTLINE: readonly OutlineEntry[] = [];

/** Files whose text is taken out of markup, so that it is not theirs line by line. */
export function isProse(path: string): boolean {
  return /\.(md|markdown|mdx|html?|xhtml)$/i.test(path);
}

interface ProseFileProps {
  readonly document: DocumentSummary;
  readonly file: FileEntry;
  readonly place: ViewPlace | null;
  readonly source: LeafSource | null;
}

export function ProseFile({ document, file, place, source }: ProseFileProps): ReactNode {
  const well = useRef<HTMLDivElement>(null);
  const { data, error, again } = useCall("document.text", { documentId: document.id, file: file.path });
  const wanted = place === null ? "" : `${place.start}-${place.end}`;
  useEffect(() => {
    if (data === undefined) return undefined;
    if (well.current !== null) well.current.scrollTop = 0;
    return scrollToMark(well);
  }, [data, wanted]);
  useEffect(() => {
    if (source === null) return;
    const bar = barOfPlace({ start: file.start, page: null, file: file.path }, source);
    reportPosition(document.id, bar, bar);
  }, [document.id, file, source]);
  if (error !== undefined) return <ErrorNotice error={error} onAgain={again} />;
  const text = data?.text ?? "";
  return (
    <div ref={well} className="pagewell" tabIndex={0} role="group" aria-label={file.path}>
      <div className="folio text file">
        {text.length > MOST_CHARACTERS ? <p className="note">{words.fileTooLarge}</p> : null}
        {paragraphsOf(text.slice(0, MOST_CHARACTERS), data?.start ?? 0).map((paragraph) => (
          <TextParagraph key={paragraph.start} paragraph={paragraph} outline={NO_OUTLINE} place={place} />
        ))}
      </div>
    </div>
  );
}
