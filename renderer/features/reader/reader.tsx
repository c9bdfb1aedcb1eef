/**
 * The reader side: chooses how a document is shown (pages, text, code), and carries the bar above it.
 * The place comes from the view; with none, the document opens at its beginning.
 */
import { lazy, Suspense, useMemo, useState, type ReactNode } from "react";
import type { DocumentDetail, DocumentSummary, FileEntry } from "../../../engine/protocol/dto.ts";
import { useCall } from "../../engine/use-call.ts";
import type { ViewPlace } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { Notice } from "../../ui/notice.tsx";
import type { LeafSource } from "../leaf/leaf-model.ts";
import { CodeReader } from "./code-reader.tsx";
import { isProse, ProseFile } from "./prose-file.tsx";
import { ReaderBar } from "./reader-bar.tsx";
import { TextReader } from "./text-reader.tsx";
import type { PdfState } from "./use-pdf.ts";
import type { Cited } from "./why-here.tsx";

const PdfReader = lazy(async () => ({ default: (await import("./pdf-reader.tsx")).PdfReader }));

interface ReaderProps {
  readonly document: DocumentSummary;
  readonly detail: DocumentDetail | undefined;
  readonly place: ViewPlace | null;
  readonly source: LeafSource | null;
  readonly evidence: readonly ViewPlace[];
  /** The citation whose passage is in hand; null for any other place. */
  readonly cited: Cited | null;
  readonly pdf: PdfState;
  /** The words that the citation in hand quotes; null when a mere place is shown. */
  readonly quoted: string | null;
  readonly labelOf: (page: number) => string;
}

export function Reader({
  document,
  detail,
  place: wanted,
  source,
  evidence,
  cited,
  pdf,
  labelOf,
  quoted,
}: ReaderProps): ReactNode {
  const [zoom, setZoom] = useState(1);
  const [percent, setPercent] = useState(100);
  const [seesText, setSeesText] = useState(false);
  const isPdf = document.format === "pdf";
  const isStale = useStale(wanted, quoted);
  // Words that stand there no more are not marked; the place itself is still shown.
  const place = useMemo(
    () => (isStale && wanted !== null ? { ...wanted, end: wanted.start } : wanted),
    [isStale, wanted],
  );
  const files = source?.files;
  const file = useMemo(() => fileOf(files, place), [files, place]);
  const outline = detail?.outline ?? [];
  const showsPages = isPdf && !seesText && pdf.document !== null;
  return (
    <section className="right" aria-label={words.reader} id="reader">
      <ReaderBar
        document={document}
        outline={outline}
        place={place}
        evidence={evidence}
        cited={cited}
        file={file}
        files={files}
        labelOf={labelOf}
        zoom={showsPages ? { percent, onChange: (factor) => setZoom(Math.min(4, Math.max(0.4, zoom * factor))) } : null}
        sees={isPdf && pdf.document !== null ? { isOn: seesText, onChange: setSeesText } : null}
      />
      <div className="reader-body">
        {isStale ? (
          <Notice kind="news" title={words.earlierVersion}>
            {words.earlierVersionRest}
          </Notice>
        ) : null}
        {isPdf && pdf.isMissing ? (
          <Notice kind="news" title={words.fileMoved}>
            {words.fileMovedRest}
          </Notice>
        ) : null}
        {document.format === "repository" ? (
          file === undefined ? null : isProse(file.path) ? (
            <ProseFile key={file.path} document={document} file={file} place={place} source={source} />
          ) : (
            <CodeReader document={document} file={file} place={place} source={source} />
          )
        ) : showsPages ? (
          <Suspense fallback={<div className="pagewell" />}>
            <PdfReader
              pdf={pdf.document}
              document={document}
              place={place}
              labelOf={labelOf}
              zoom={zoom}
              onPercent={setPercent}
            />
          </Suspense>
        ) : !isPdf || pdf.isMissing || seesText ? (
          <TextReader document={document} outline={outline} place={place} bars={source?.leaf.bars.length ?? 0} />
        ) : (
          <div className="pagewell" />
        )}
      </div>
    </section>
  );
}

/** Whether the stored text at a place is no longer what the citation quotes: its document was read anew since. */
function useStale(place: ViewPlace | null, quoted: string | null): boolean {
  const isPassage = place !== null && quoted !== null && place.end > place.start;
  const { data } = useCall(
    "document.text",
    isPassage ? { documentId: place.documentId as DocumentSummary["id"], start: place.start, end: place.end } : null,
  );
  return isPassage && data !== undefined && data.text !== quoted;
}

/** The file of a place; with none, one that introduces the repository, else its first. */
function fileOf(files: readonly FileEntry[] | undefined, place: ViewPlace | null): FileEntry | undefined {
  if (files === undefined) return undefined;
  if (place !== null) {
    const named = files.find((file) => file.path === place.file);
    const around = files.find((file) => place.start >= file.start && place.start < file.end);
    if (named !== undefined || around !== undefined) return named ?? around;
  }
  return files.find((file) => /^readme(\.\w+)?$/i.test(file.path)) ?? files[0];
}

/** Documents' files and text, asked for only where they are needed. */
export function useFiles(document: DocumentSummary): readonly FileEntry[] | undefined {
  const isReady = document.format === "repository" && document.state !== "importing" && document.state !== "failed";
  return useCall("document.files", isReady ? { documentId: document.id } : null, document.characters).data;
}
