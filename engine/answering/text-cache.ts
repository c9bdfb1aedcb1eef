/**
 * Page and file ranges are asked for again and again while one answer is made; they are read once.
 * Owns: that cache, which lives as long as one answer. Does not know: what they are used for.
 */
import type { DocumentId } from "../protocol/dto.ts";
import type { AnswerSources } from "./types.ts";

export function rememberRanges(texts: AnswerSources["texts"]): AnswerSources["texts"] {
  const pages = remember((id: DocumentId) => texts.pages(id));
  const files = remember((id: DocumentId) => texts.files(id));
  return {
    text: (id, start, end) => texts.text(id, start, end),
    place: (id, start, end) => texts.place(id, start, end),
    length: (id) => texts.length(id),
    parts: (id, from) => texts.parts(id, from),
    pages,
    files,
  };
}

function remember<T>(read: (id: DocumentId) => T): (id: DocumentId) => T {
  const known = new Map<DocumentId, T>();
  return (id) => {
    const value = known.get(id) ?? read(id);
    known.set(id, value);
    return value;
  };
}
