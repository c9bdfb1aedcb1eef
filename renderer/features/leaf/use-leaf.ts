/** A document's leaf from the engine, as bars; asked again while it is being read, forty times over a whole reading. */
import { useMemo } from "react";
import type { DocumentSummary, Leaf } from "../../../engine/protocol/dto.ts";
import { useCall } from "../../engine/use-call.ts";
import { barsOf, type LeafBars } from "./leaf-model.ts";

export interface LoadedLeaf {
  readonly leaf: Leaf;
  readonly bars: LeafBars;
}

const STEPS = 40;

export function useLeaf(document: DocumentSummary | undefined): LoadedLeaf | null {
  const version =
    document === undefined
      ? ""
      : `${document.state} ${Math.floor((STEPS * document.segmentsRead) / Math.max(1, document.segments))}`;
  const isReady = document !== undefined && document.state !== "importing" && document.state !== "failed";
  const { data } = useCall("document.leaf", isReady ? { documentId: document.id } : null, version);
  return useMemo(() => (data === undefined ? null : { leaf: data, bars: barsOf(data) }), [data]);
}
