/** A document: head, and its tab. Ask, Summary and Search share the desk: left side, leaf, reader, thread. */
import { useEffect, useMemo, type ReactNode } from "react";
import type { DocumentSummary, Place } from "../../../engine/protocol/dto.ts";
import { useClient } from "../../engine/engine-context.tsx";
import { useCall } from "../../engine/use-call.ts";
import { useLibrary } from "../../engine/library-store.ts";
import { useDocument } from "../../engine/use-library.ts";
import { usePanels } from "../../state/panels.ts";
import { goToLibrary, useView, type ViewPlace } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { ErrorNotice } from "../../ui/notice.tsx";
import { AskTab } from "../ask/ask-tab.tsx";
import { useConversation } from "../ask/ask-store.ts";
import { isSamePlace, placeOf } from "../ask/places.ts";
import { evidenceOf, type Turn } from "../ask/turn.ts";
import { DocumentHead } from "../head/document-head.tsx";
import { LibraryHead } from "../head/library-head.tsx";
import type { LeafSource } from "../leaf/leaf-model.ts";
import { useLeaf } from "../leaf/use-leaf.ts";
import { Reader, useFiles } from "../reader/reader.tsx";
import { usePageLabels, usePdf } from "../reader/use-pdf.ts";
import type { Cited } from "../reader/why-here.tsx";
import { ReadingTab } from "../reading/reading-tab.tsx";
import { SearchTab } from "../search/search-tab.tsx";
import { useHits } from "../search/use-hits.ts";
import { SummaryContents } from "../summary/summary-contents.tsx";
import { SummaryPane } from "../summary/summary-pane.tsx";
import { nodeEvidence, useSummary } from "../summary/use-summary.ts";
import { DocumentLeaf } from "./document-leaf.tsx";
import { Thread } from "./thread.tsx";

export function DocumentScreen(): ReactNode {
  const { documentId, tab } = useView();
  const isLoaded = useLibrary((state) => state.isLoaded);
  const document = useDocument(documentId);
  const client = useClient();
  const id = document?.id;
  useEffect(() => {
    // Best effort: the order of the shelf is all that depends on it.
    if (client !== null && id !== undefined)
      void client.call("document.open", { documentId: id }).catch(() => undefined);
  }, [client, id]);
  if (document === undefined) {
    return (
      <>
        <LibraryHead showsAdd={false} />
        <main id="main" className="lib" tabIndex={-1}>
          <div className="wrap">
            {isLoaded ? (
              <ErrorNotice
                error={{ code: "NotFound", message: `document ${documentId ?? ""}`, hint: "" }}
                onClose={() => goToLibrary()}
              />
            ) : (
              <p className="small quiet waiting">{words.connecting}</p>
            )}
          </div>
        </main>
      </>
    );
  }
  return (
    <>
      <DocumentHead document={document} />
      {tab === "reading" || document.state === "importing" ? (
        <ReadingTab document={document} />
      ) : (
        <Desk document={document} />
      )}
    </>
  );
}

/** Conversation | leaf | reader. The place may stand in another document when the whole library was asked. */
function Desk({ document }: { readonly document: DocumentSummary }): ReactNode {
  const { tab, place } = useView();
  const isElsewhere = place !== null && place.documentId !== document.id;
  const other = useDocument(isElsewhere ? place.documentId : null);
  const read = other ?? document;
  const source = useLeafSource(document);
  const readSource = useLeafSource(read);
  const detail = useCall("document.show", { documentId: document.id }, document.state).data;
  const readDetail = useCall("document.show", { documentId: read.id }, read.state).data;
  const summary = useSummary(tab === "summary" ? document : null, detail);
  const evidence = useEvidence(document.id, tab, summary.selected);
  const { turns } = useConversation(document.id);
  const cited = tab === "ask" ? citedAt(turns, place) : null;
  const pdf = usePdf(read);
  const labelOf = usePageLabels(pdf.document);
  const isReaderHidden = usePanels((state) => state.isReaderHidden);
  useEffect(() => {
    // A chip opens its page, also when the reader was put away.
    if (place !== null) usePanels.setState({ isReaderHidden: false });
  }, [place]);
  const showsSummary = tab === "summary" && place === null;
  return (
    <main id="main" className={`duo${place === null ? "" : " placed"}${isReaderHidden ? " single" : ""}`} tabIndex={-1}>
      {tab === "summary" ? (
        <SummaryContents document={document} summary={summary} labelOf={labelOf} />
      ) : tab === "search" ? (
        <SearchTab document={document} />
      ) : (
        <AskTab document={document} source={source} />
      )}
      {readSource === null ? (
        <div className="leafcol" />
      ) : (
        <DocumentLeaf
          document={read}
          source={readSource}
          outline={readDetail?.outline ?? []}
          evidence={evidence}
          place={place}
          labelOf={labelOf}
        />
      )}
      {showsSummary ? (
        <SummaryPane document={document} summary={summary} labelOf={labelOf} />
      ) : (
        <Reader
          key={read.id}
          document={read}
          detail={readDetail}
          place={place}
          source={readSource}
          evidence={evidence}
          cited={cited}
          pdf={pdf}
          labelOf={labelOf}
          quoted={quotedAt(evidence, place)}
        />
      )}
      <Thread signature={`${tab} ${place?.documentId ?? ""} ${place?.start ?? ""} ${place?.end ?? ""}`} />
    </main>
  );
}

/** A place with the words that were found there. */
interface Evidence extends ViewPlace {
  readonly text: string;
}

function evidenceAt(found: Place & { readonly text: string }): Evidence {
  return { ...placeOf(found), text: found.text };
}

function quotedAt(evidence: readonly Evidence[], place: ViewPlace | null): string | null {
  return evidence.find((one) => isSamePlace(one, place))?.text ?? null;
}

/** The latest citation that stands exactly at this place, quoted in its answer or not. */
function citedAt(turns: readonly Turn[], place: ViewPlace | null): Cited | null {
  if (place === null) return null;
  for (const turn of turns.toReversed()) {
    const citation = turn.citations.find((one) => one?.supported === true && isSamePlace(placeOf(one), place));
    if (citation !== undefined) return { citation, route: turn.route };
  }
  return null;
}

function useLeafSource(document: DocumentSummary): LeafSource | null {
  const loaded = useLeaf(document);
  const files = useFiles(document);
  return useMemo(() => (loaded === null ? null : { leaf: loaded.leaf, document, files }), [loaded, document, files]);
}

/** What F8 walks through and the leaf ticks: the citations of the turn in hand, of the summary, or the hits. */
function useEvidence(
  documentId: string,
  tab: string,
  selected: ReturnType<typeof useSummary>["selected"],
): readonly Evidence[] {
  const { turns } = useConversation(documentId);
  const { place } = useView();
  const hits = useHits((state) => (state.documentId === documentId ? state.hits : null));
  return useMemo(() => {
    if (tab === "search") return (hits ?? []).map(evidenceAt);
    if (tab === "summary") return nodeEvidence(selected).map(evidenceAt);
    const all = turns.map((turn) => evidenceOf(turn));
    const inHand = all.findLast((citations) =>
      citations.some((one) => one.start === place?.start && one.end === place.end),
    );
    return (inHand ?? all.at(-1) ?? []).map(evidenceAt);
  }, [tab, hits, selected, turns, place]);
}
