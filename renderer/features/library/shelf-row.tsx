/** One document on the shelf: title, leaf, state, at most one action; a menu for the rest. */
import { Ellipsis } from "lucide-react";
import { useMemo, useRef, type ReactNode } from "react";
import type { DocumentSummary } from "../../../engine/protocol/dto.ts";
import { useClient } from "../../engine/engine-context.tsx";
import { useJobOf } from "../../engine/use-library.ts";
import { report } from "../../state/notices.ts";
import { openDocument, viewAddress } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { MenuButton } from "../../ui/menu-button.tsx";
import { useNow } from "../../ui/use-now.ts";
import { useWidth } from "../../ui/use-width.ts";
import { barInHand, shelfWidth } from "../leaf/leaf-model.ts";
import { LeafStrip } from "../leaf/leaf.tsx";
import { useLeaf } from "../leaf/use-leaf.ts";
import { stateWords } from "./document-state.ts";

export function documentAddress(documentId: string): string {
  return viewAddress({ screen: "document", documentId, tab: "ask", place: null, query: "" });
}

interface ShelfRowProps {
  readonly document: DocumentSummary;
  readonly onRemove: (document: DocumentSummary) => void;
}

export function ShelfRow({ document, onRemove }: ShelfRowProps): ReactNode {
  const client = useClient();
  const job = useJobOf(document.id);
  const said = stateWords(document, job, useNow());
  const goOn = (): void => {
    if (client === null) return;
    if (job !== undefined && job.state === "paused") void client.call("job.resume", { jobId: job.id }).catch(report);
    else void client.call("document.read", { documentId: document.id }).catch(report);
  };
  const isRepository = document.format === "repository";
  return (
    <li className={document.state === "failed" ? "failed" : undefined}>
      <div>
        <h2 className={isRepository ? "repo" : undefined}>
          <a
            href={documentAddress(document.id)}
            onClick={(event) => {
              event.preventDefault();
              openDocument(document.id, document.state === "importing" ? "reading" : "ask");
            }}
          >
            <bdi>{document.title}</bdi>
          </a>
        </h2>
        <div className="by">
          <bdi>{document.author}</bdi>
          {document.isSample ? (document.author === "" ? words.sample : ` · ${words.sample}`) : ""}
        </div>
      </div>
      <ShelfLeaf document={document} />
      <div className="st num">
        {said.strong === "" ? said.rest : null}
        {said.strong !== "" && document.state === "read" && document.picturePages === 0 ? `${said.rest} · ` : null}
        {said.strong === "" ? null : <b>{said.strong}</b>}
        {said.strong !== "" && document.state !== "read" && said.rest !== "" ? ` · ${said.rest}` : null}
        <br />
        <span className="quiet">{said.quiet}</span>
        {said.action === "goOn" || said.action === "read" ? (
          <>
            {" · "}
            <button type="button" className="link above" onClick={goOn}>
              {said.action === "goOn" ? words.goOn : words.readNow}
            </button>
          </>
        ) : null}
      </div>
      <MenuButton
        label={words.documentMenu(document.title)}
        className="icon row-menu"
        hasArrow={false}
        entries={[
          { id: "open", label: words.open },
          ...(document.state === "searchable" && document.segments > 0 ? [{ id: "read", label: words.readNow }] : []),
          { id: "remove", label: words.remove },
        ]}
        onAction={(id) => {
          if (id === "open") openDocument(document.id);
          else if (id === "read") goOn();
          else onRemove(document);
        }}
      >
        <Ellipsis className="i" aria-hidden="true" />
      </MenuButton>
    </li>
  );
}

/** The document's leaf; its length grows with the square root of what it holds. */
function ShelfLeaf({ document }: { readonly document: DocumentSummary }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const available = useWidth(box);
  const loaded = useLeaf(document);
  const marks = useMemo(
    () => ({ inHand: loaded !== null && document.state === "reading" ? barInHand(loaded.bars) : null }),
    [loaded, document.state],
  );
  const extent = Math.max(document.pages, loaded?.bars.count ?? 0, Math.round(document.characters / 2_000));
  return (
    <div ref={box} className="shelf-leaf">
      {loaded === null || available === 0 ? null : (
        <LeafStrip
          bars={loaded.bars}
          width={Math.min(shelfWidth(extent, available), Math.max(6, loaded.bars.count * 3))}
          height={30}
          marks={marks.inHand === -1 ? { inHand: null } : marks}
        />
      )}
    </div>
  );
}
