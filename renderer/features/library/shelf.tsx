/** The library as a shelf: kinds, order, one row for every document, and rows for what is just being added. */
import { useState, type ReactNode } from "react";
import type { DocumentSummary, Job } from "../../../engine/protocol/dto.ts";
import { useClient } from "../../engine/engine-context.tsx";
import { useLibrary } from "../../engine/library-store.ts";
import { isActive } from "../../engine/use-library.ts";
import { report } from "../../state/notices.ts";
import { words } from "../../strings/words.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { MenuButton } from "../../ui/menu-button.tsx";
import { JobRow } from "../jobs/job-row.tsx";
import { useSeenJobs } from "../jobs/seen-jobs.ts";
import { ShelfRow } from "./shelf-row.tsx";
import { useUploads } from "./import-documents.ts";

type Kind = "all" | "books" | "repositories";
type Order = "opened" | "title";

const KINDS: readonly { readonly id: Kind; readonly label: string }[] = [
  { id: "all", label: words.all },
  { id: "books", label: words.books },
  { id: "repositories", label: words.repositories },
];

export function Shelf(): ReactNode {
  const client = useClient();
  const documents = useLibrary((state) => state.documents);
  const jobs = useLibrary((state) => state.jobs);
  const seen = useSeenJobs((state) => state.seen);
  const uploads = useUploads((state) => state.uploads);
  const [kind, setKind] = useState<Kind>("all");
  const [order, setOrder] = useState<Order>("opened");
  const [removing, setRemoving] = useState<DocumentSummary | null>(null);
  const shown = orderDocuments(
    [...documents.values()].filter((one) => isOfKind(one, kind)),
    order,
  );
  const unplaced = [...jobs.values()].filter((job) => isUnplaced(job, documents) && !seen.has(job.id));
  const remove = (): void => {
    if (removing !== null && client !== null)
      void client.call("document.remove", { documentId: removing.id }).catch(report);
    setRemoving(null);
  };
  return (
    <>
      <div className="filters">
        {KINDS.map((one) => (
          <button key={one.id} type="button" aria-pressed={kind === one.id} onClick={() => setKind(one.id)}>
            {one.label}
          </button>
        ))}
        <span className="end">
          <MenuButton
            label={`${words.sortBy}: ${order === "title" ? words.byTitle : words.lastOpened}`}
            className="plain"
            entries={[
              { id: "opened", label: words.lastOpened, isOn: order === "opened" },
              { id: "title", label: words.byTitle, isOn: order === "title" },
            ]}
            onAction={(id) => setOrder(id === "title" ? "title" : "opened")}
          >
            {order === "title" ? words.byTitle : words.lastOpened}
          </MenuButton>
        </span>
      </div>
      <ul className="shelf">
        {[...uploads.values()].map((upload) => (
          <li key={upload.name}>
            <div>
              <h2>{upload.name}</h2>
            </div>
            <progress
              value={upload.sentBytes}
              max={Math.max(1, upload.totalBytes)}
              aria-label={words.sending(upload.name)}
            />
            <div className="st">{words.sending(upload.name)}</div>
          </li>
        ))}
        {unplaced.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
        {shown.map((document) => (
          <ShelfRow key={document.id} document={document} onRemove={setRemoving} />
        ))}
      </ul>
      {shown.length === 0 && unplaced.length === 0 ? <p className="small quiet">{words.nothingOfKind}</p> : null}
      <div className="tip">
        <span>{words.dropAnywhere}</span>
        <span>{words.longerLeaf}</span>
      </div>
      <ConfirmDialog
        isOpen={removing !== null}
        title={words.removeTitle(removing?.title ?? "")}
        text={words.removeText}
        action={words.remove}
        onConfirm={remove}
        onClose={() => setRemoving(null)}
      />
    </>
  );
}

/** An import that has no row of its own yet: no document, or one that never came to be. */
function isUnplaced(job: Job, documents: ReadonlyMap<string, DocumentSummary>): boolean {
  if (job.documentId !== null && documents.has(job.documentId)) return false;
  // A failed job with a document that is gone belongs to one that was removed.
  return isActive(job) || (job.state === "failed" && job.documentId === null);
}

function isOfKind(document: DocumentSummary, kind: Kind): boolean {
  if (kind === "all") return true;
  return (document.format === "repository") === (kind === "repositories");
}

export function orderDocuments(documents: readonly DocumentSummary[], order: Order): DocumentSummary[] {
  const byTitle = (a: DocumentSummary, b: DocumentSummary): number => a.title.localeCompare(b.title);
  if (order === "title") return documents.toSorted(byTitle);
  const at = (document: DocumentSummary): number => Math.max(document.openedAt, document.addedAt);
  return documents.toSorted((a, b) => at(b) - at(a) || byTitle(a, b));
}
