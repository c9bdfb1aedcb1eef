/** A document while it is being read: the leaf unfolded into rows, figures, pause and stop, and a field to ask already. */
import { CornerDownLeft } from "lucide-react";
import { useMemo, useRef, useState, type ReactNode } from "react";
import type { DocumentSummary, Job } from "../../../engine/protocol/dto.ts";
import { useClient } from "../../engine/engine-context.tsx";
import { useJobOf } from "../../engine/use-library.ts";
import { report } from "../../state/notices.ts";
import { go, goToLibrary } from "../../state/view.ts";
import { bytes, count, timeLeft } from "../../strings/numbers.ts";
import { words } from "../../strings/words.ts";
import { useWidth } from "../../ui/use-width.ts";
import { changeConversation } from "../ask/ask-store.ts";
import { JobFailure, JobProgress } from "../jobs/job-row.tsx";
import { JobActions } from "../jobs/job-tray.tsx";
import { barInHand, readCount, READ, rowsOf, sliceBars, type LeafBars, type LeafRow } from "../leaf/leaf-model.ts";
import { LeafStrip } from "../leaf/leaf.tsx";
import { useLeaf, type LoadedLeaf } from "../leaf/use-leaf.ts";
import { phaseWords } from "../library/document-state.ts";

export function ReadingTab({ document }: { readonly document: DocumentSummary }): ReactNode {
  const client = useClient();
  const job = useJobOf(document.id);
  const loaded = useLeaf(document);
  const isRepository = document.format === "repository";
  const isOver = document.state === "read" || document.state === "searchable";
  return (
    <main id="main" className="reading" tabIndex={-1}>
      <div className="reading-scroll" tabIndex={0} role="group" aria-label={words.readingOf}>
        <div className="wrap">
          <h2 className="reading-title">
            {isOver && document.state === "read" ? "" : `${words.readingOf} `}
            <i className={isRepository ? "code" : undefined}>
              <bdi>{document.title}</bdi>
            </i>
            {document.state === "read" ? " is read." : ""}
          </h2>
          <Figures document={document} job={job} loaded={loaded}>
            {job !== undefined && job.state !== "failed" ? (
              <>
                <JobActions job={job} className="btn" />
                <button type="button" className="btn bare" onClick={() => goToLibrary()}>
                  {words.background}
                </button>
              </>
            ) : isOver ? null : (
              <button
                type="button"
                className="btn"
                onClick={() => void client?.call("document.read", { documentId: document.id }).catch(report)}
              >
                {words.goOn}
              </button>
            )}
          </Figures>
          {job?.state === "failed" ? <JobFailure job={job} /> : null}
          {loaded === null && job !== undefined ? (
            <div className="opening">
              <p className="small">{phaseWords(job)}</p>
              <JobProgress job={job} />
            </div>
          ) : null}
          {loaded === null ? null : <Rows document={document} loaded={loaded} />}
        </div>
      </div>
      {document.state === "importing" ? null : <Meanwhile document={document} loaded={loaded} />}
    </main>
  );
}

interface FiguresProps {
  readonly document: DocumentSummary;
  readonly job: Job | undefined;
  readonly loaded: LoadedLeaf | null;
  readonly children: ReactNode;
}

function Figures({ document, job, loaded, children }: FiguresProps): ReactNode {
  const { segments, segmentsRead, memoryBytes } = document;
  const left = job?.progress.leftMs ?? null;
  const perSecond = job?.state === "running" ? job.progress.perSecond : 0;
  const atEnd = segmentsRead > 0 ? (memoryBytes * segments) / segmentsRead : 0;
  return (
    <div className="figures num">
      {loaded === null ? null : (
        <div
          role="progressbar"
          aria-label={words.readingOf}
          aria-valuemin={0}
          aria-valuemax={loaded.bars.count}
          aria-valuenow={readCount(loaded.bars)}
        >
          <b>{`${count(readCount(loaded.bars))} of ${count(loaded.bars.count)}`}</b>
          {loaded.leaf.unit === "passages" ? words.partsOfTextRead : words.unitsDone[loaded.leaf.unit]}
        </div>
      )}
      {left === null ? null : (
        <div>
          <b>{timeLeft(left)}</b>
          {words.left}
        </div>
      )}
      {perSecond > 0 && job !== undefined ? (
        <div>
          <b>{count(perSecond)}</b>
          {words.perSecond[job.progress.unit]}
        </div>
      ) : null}
      {memoryBytes > 0 ? (
        <div>
          <b>{bytes(memoryBytes)}</b>
          {segmentsRead < segments ? words.memoryAtEnd(atEnd) : words.memorySoFar}
        </div>
      ) : null}
      <div className="acts">{children}</div>
    </div>
  );
}

function Rows({ document, loaded }: { readonly document: DocumentSummary; readonly loaded: LoadedLeaf }): ReactNode {
  const box = useRef<HTMLUListElement>(null);
  const width = useWidth(box);
  const rows = useMemo(() => rowsOf(loaded.leaf), [loaded.leaf]);
  const longest = Math.max(1, ...rows.map((row) => row.to - row.from));
  const inHand = document.state === "read" ? -1 : barInHand(loaded.bars);
  // Name and state columns, and the gaps between, leave this much for the bars.
  const room = Math.max(120, width - 13 * 16 - 5 * 16 - 2 * 24);
  const pitch = Math.max(2, Math.min(14, Math.floor((room / longest) * 2) / 2));
  return (
    <ul className="rows" ref={box}>
      {width === 0
        ? null
        : rows.map((row, index) => (
            <Row
              key={row.from}
              row={row}
              index={index}
              bars={loaded.bars}
              inHand={inHand}
              pitch={pitch}
              room={room}
              unit={loaded.leaf.unit}
            />
          ))}
    </ul>
  );
}

interface RowProps {
  readonly row: LeafRow;
  readonly index: number;
  readonly bars: LeafBars;
  readonly inHand: number;
  readonly pitch: number;
  readonly room: number;
  readonly unit: LoadedLeaf["leaf"]["unit"];
}

function Row({ row, index, bars, inHand, pitch, room, unit }: RowProps): ReactNode {
  const own = useMemo(() => sliceBars(bars, row.from, row.to), [bars, row.from, row.to]);
  const holds = inHand >= row.from && inHand < row.to;
  const marks = useMemo(() => ({ inHand: holds ? inHand - row.from : null }), [holds, inHand, row.from]);
  const isRead = own.state.every((state) => state === READ);
  const isPaged = unit === "pages";
  const range = isPaged ? words.pagesRange(row.from + 1, row.to) : words.partOf(index + 1);
  return (
    <li>
      <div className="nm">
        <bdi>{row.title ?? range}</bdi>
        {row.title !== null && isPaged ? <small>{`p. ${row.from + 1}`}</small> : null}
      </div>
      <LeafStrip bars={own} width={Math.min(room, own.count * pitch)} height={44} pitch={pitch} marks={marks} />
      <div className="st">
        {isRead ? words.rowRead : holds && isPaged ? <span className="on">{words.rowPage(inHand + 1)}</span> : null}
      </div>
    </li>
  );
}

/** The field at the bottom: the question goes to the Ask tab, where it is asked at once. */
function Meanwhile({
  document,
  loaded,
}: {
  readonly document: DocumentSummary;
  readonly loaded: LoadedLeaf | null;
}): ReactNode {
  const [text, setText] = useState("");
  const inHand = loaded === null ? -1 : barInHand(loaded.bars);
  const drawn = document.pages > 0 && inHand > 0 ? words.drawOn(inHand) : words.drawOn(0);
  return (
    <div className="meanwhile">
      <div className="wrap">
        <div className="small num">
          {words.canBeSearched(document)} {document.state === "read" ? "" : drawn}
        </div>
        <form
          className="field"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() === "") return;
            changeConversation(document.id, (one) => ({ ...one, draft: text.trim() }));
            go({ tab: "ask" });
          }}
        >
          <input
            aria-label={words.askWhileItReads}
            placeholder={words.askWhileItReads}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <button type="submit" className="btn main">
            {words.ask}
            <CornerDownLeft className="i" aria-hidden="true" />
          </button>
        </form>
        <span />
      </div>
    </div>
  );
}
