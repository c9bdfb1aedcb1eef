/** The PDF behind a document, and the numbers printed on its pages. Opened once, shared by everything that asks. */
import type { PDFDocumentProxy } from "pdfjs-dist";
import { useCallback, useEffect, useState } from "react";
import type { DocumentSummary } from "../../../engine/protocol/dto.ts";
import { useHost } from "../../engine/engine-context.tsx";

export interface PdfState {
  readonly document: PDFDocumentProxy | null;
  /** The source has moved, or cannot be opened. */
  readonly isMissing: boolean;
}

const NOT_YET: PdfState = { document: null, isMissing: false };

/** Other formats give the empty state. */
export function usePdf(summary: DocumentSummary): PdfState {
  const host = useHost();
  const isReady = summary.format === "pdf" && summary.state !== "importing";
  const address = isReady ? host.sourceAddress(summary.id) : null;
  const [state, setState] = useState<PdfState & { readonly of: string | null }>({ of: null, ...NOT_YET });
  useEffect(() => {
    if (address === null) return undefined;
    let isGone = false;
    const open = async (): Promise<void> => {
      const { openPdf } = await import("./pdf-document.ts");
      const document = await openPdf(address);
      if (!isGone) setState({ of: address, document, isMissing: false });
    };
    open().catch(() => {
      if (!isGone) setState({ of: address, document: null, isMissing: true });
    });
    return () => {
      isGone = true;
    };
  }, [address]);
  return state.of === address ? state : NOT_YET;
}

/** The label printed on a page ("xii", "128"); its number where the file has no labels. */
export function usePageLabels(pdf: PDFDocumentProxy | null): (page: number) => string {
  const [state, setState] = useState<{
    readonly of: PDFDocumentProxy | null;
    readonly labels: readonly string[] | null;
  }>({
    of: null,
    labels: null,
  });
  useEffect(() => {
    if (pdf === null) return undefined;
    let isGone = false;
    pdf
      .getPageLabels()
      .then((labels) => {
        if (!isGone) setState({ of: pdf, labels });
      })
      .catch(() => undefined); // without labels, pages are counted
    return () => {
      isGone = true;
    };
  }, [pdf]);
  const labels = state.of === pdf ? state.labels : null;
  return useCallback((page: number) => labels?.[page - 1] ?? String(page), [labels]);
}
