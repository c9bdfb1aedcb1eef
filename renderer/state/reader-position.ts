/** Which pages (or bars of the leaf) the reader shows now. Written by the readers, read by the leaf and the bar. */
import { create } from "zustand";

export interface ReaderPosition {
  readonly documentId: string | null;
  /** Bars of the leaf in view, counted from 0, both included. */
  readonly firstBar: number;
  readonly lastBar: number;
  /** The bar at a third of the height, where evidence is put: "Page n". */
  readonly currentBar: number;
}

export const useReaderPosition = create<ReaderPosition>(() => ({
  documentId: null,
  firstBar: 0,
  lastBar: 0,
  currentBar: 0,
}));

export function reportPosition(documentId: string, firstBar: number, lastBar: number, currentBar = firstBar): void {
  const now = useReaderPosition.getState();
  const isSame = now.firstBar === firstBar && now.lastBar === lastBar && now.currentBar === currentBar;
  if (now.documentId === documentId && isSame) return;
  useReaderPosition.setState({ documentId, firstBar, lastBar, currentBar });
}
