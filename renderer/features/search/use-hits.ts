/** The hits of the search tab, so that the leaf and F8 can walk through them. */
import { create } from "zustand";
import type { SearchHit } from "../../../engine/protocol/dto.ts";

export const useHits = create<{ readonly documentId: string | null; readonly hits: readonly SearchHit[] }>(() => ({
  documentId: null,
  hits: [],
}));
