/**
 * A ranked passage as the contract's search hit. Owns: nothing but this translation.
 */
import type { DocumentId, Place, SearchHit } from "../protocol/dto.ts";
import type { RankedPassage } from "./types.ts";

export interface PlaceSource {
  place(id: DocumentId, start: number, end: number): Place;
}

export function toSearchHit(
  texts: PlaceSource,
  { documentId, start, end, text, score, marks }: RankedPassage,
): SearchHit {
  return { ...texts.place(documentId, start, end), text, score, marks: marks.map(([from, to]) => [from, to]) };
}
