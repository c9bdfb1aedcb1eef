/** The bar above the reader: back, where it is, evidence n of m, go to, zoom, what Longleaf sees. */
import { ArrowLeft, ArrowRight, Minus, Plus, ScanText } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import type { DocumentSummary, FileEntry, OutlineEntry } from "../../../engine/protocol/dto.ts";
import { useReaderPosition } from "../../state/reader-position.ts";
import { go, type ViewPlace } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { isSamePlace } from "../ask/places.ts";
import { chapterOfPage } from "../document/chapters.ts";
import { FilePicker } from "./file-picker.tsx";
import { WhyHere, type Cited } from "./why-here.tsx";

interface ReaderBarProps {
  readonly document: DocumentSummary;
  readonly outline: readonly OutlineEntry[];
  readonly place: ViewPlace | null;
  readonly evidence: readonly ViewPlace[];
  /** The citation whose passage is in hand; null for any other place. */
  readonly cited: Cited | null;
  readonly file: FileEntry | undefined;
  readonly files: readonly FileEntry[] | undefined;
  readonly labelOf: (page: number) => string;
  readonly zoom: { readonly percent: number; readonly onChange: (factor: number) => void } | null;
  readonly sees: { readonly isOn: boolean; readonly onChange: (isOn: boolean) => void } | null;
}

export function ReaderBar(props: ReaderBarProps): ReactNode {
  const { document, place, evidence, cited, file, files, zoom, sees } = props;
  return (
    <div className="rbar">
      <button type="button" className="icon" aria-label={words.back} onClick={() => window.history.back()}>
        <ArrowLeft className="i" aria-hidden="true" />
      </button>
      {document.format === "repository" ? (
        <FileWhere file={file} files={files} place={place} documentId={document.id} />
      ) : (
        <PageWhere {...props} />
      )}
      <span className="grow" />
      <Evidence place={place} evidence={evidence} />
      <WhyHere cited={cited} />
      {sees === null ? null : (
        <button
          type="button"
          className="icon sees"
          aria-label={words.seesOn}
          title={sees.isOn ? words.seesOff : words.seesOn}
          aria-pressed={sees.isOn}
          onClick={() => sees.onChange(!sees.isOn)}
        >
          <ScanText className="i" aria-hidden="true" />
        </button>
      )}
      {zoom === null ? null : (
        <span className="zoom num">
          <button
            type="button"
            className="icon small"
            aria-label={words.zoomOut}
            onClick={() => zoom.onChange(1 / 1.15)}
          >
            <Minus className="i" aria-hidden="true" />
          </button>
          {words.zoom(zoom.percent)}
          <button type="button" className="icon small" aria-label={words.zoomIn} onClick={() => zoom.onChange(1.15)}>
            <Plus className="i" aria-hidden="true" />
          </button>
        </span>
      )}
    </div>
  );
}

function PageWhere({ document, outline, labelOf }: ReaderBarProps): ReactNode {
  const current = useReaderPosition((state) => (state.documentId === document.id ? state.currentBar : 0));
  if (document.pages === 0) return <span className="quiet where">{document.title}</span>;
  const page = current + 1;
  const [name, total] = words.pageOf(labelOf(page), document.pages);
  return (
    <>
      <DialogTrigger>
        <Button className="plain num" data-act="go-to" aria-label={`${name} ${total}. ${words.goToPage}`}>
          <b>{name}</b> {total}
        </Button>
        <Popover className="pop" offset={4}>
          <Dialog className="card" aria-label={words.goToPage}>
            {({ close }) => <GoToPage document={document} onGone={close} />}
          </Dialog>
        </Popover>
      </DialogTrigger>
      <span className="quiet where">{chapterOfPage(outline, page)}</span>
    </>
  );
}

function GoToPage({
  document,
  onGone,
}: {
  readonly document: DocumentSummary;
  readonly onGone: () => void;
}): ReactNode {
  const [text, setText] = useState("");
  return (
    <form
      className="inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        const page = Math.max(1, Math.min(document.pages, Number.parseInt(text, 10) || 1));
        go({ place: { documentId: document.id, start: 0, end: 0, page, file: null, line: null, endLine: null } });
        onGone();
      }}
    >
      <input
        inputMode="numeric"
        aria-label={words.goToPage}
        placeholder={`1–${document.pages}`}
        value={text}
        onChange={(event) => setText(event.target.value)}
        autoFocus
      />
      <button type="submit" className="btn low">
        {words.goToPage}
      </button>
    </form>
  );
}

interface FileWhereProps {
  readonly documentId: string;
  readonly file: FileEntry | undefined;
  readonly files: readonly FileEntry[] | undefined;
  readonly place: ViewPlace | null;
}

function FileWhere({ documentId, file, files, place }: FileWhereProps): ReactNode {
  if (file === undefined || files === undefined) return null;
  const isLit = place !== null && place.line !== null && place.file === file.path;
  return (
    <>
      <FilePicker documentId={documentId} file={file} files={files} />
      <span className="quiet where num">
        {isLit && place.line !== null
          ? words.linesOf(place.line, place.endLine ?? place.line, file.lines)
          : words.linesTotal(file.lines)}
      </span>
    </>
  );
}

function Evidence({
  place,
  evidence,
}: {
  readonly place: ViewPlace | null;
  readonly evidence: readonly ViewPlace[];
}): ReactNode {
  if (evidence.length === 0) return null;
  const index = evidence.findIndex((one) => isSamePlace(one, place));
  const step = (by: 1 | -1) => (): void => {
    const next = nextEvidence(evidence, place, by);
    if (next !== null) go({ place: next });
  };
  return (
    <span className="num evidence">
      <button type="button" className="icon small" aria-label={words.previousEvidence} onClick={step(-1)}>
        <ArrowLeft className="i" aria-hidden="true" />
      </button>
      {index < 0 ? words.evidenceAll(evidence.length) : words.evidence(index + 1, evidence.length)}
      <button type="button" className="icon small" aria-label={words.nextEvidence} onClick={step(1)}>
        <ArrowRight className="i" aria-hidden="true" />
      </button>
    </span>
  );
}

/** The evidence after (1) or before (-1) the one in hand, round and round; null when there is none. */
export function nextEvidence(evidence: readonly ViewPlace[], place: ViewPlace | null, by: 1 | -1): ViewPlace | null {
  if (evidence.length === 0) return null;
  const index = evidence.findIndex((one) => isSamePlace(one, place));
  const from = index < 0 ? (by === 1 ? -1 : 0) : index;
  return evidence[(from + by + evidence.length) % evidence.length] ?? null;
}
