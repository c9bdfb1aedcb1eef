/**
 * The parts of a document that a question over the whole is put to, one after the other: chapters, sections, files, or
 * equal stretches where the document has no contents of its own.
 * Owns: which level of the contents is taken. Does not know: questions, scores.
 */
import type { DocumentId, OutlineEntry } from "../../protocol/dto.ts";
import type { AnswerSources } from "../types.ts";

export interface Part {
  readonly documentId: DocumentId;
  readonly start: number;
  readonly end: number;
  readonly title: string;
}

/** What the parts are called in a sentence. */
export type PartName = "chapters" | "sections" | "files" | "documents" | "parts";

/** A document with fewer parts is cut finer; with more, a coarser level is taken. */
const FEWEST = 5;
const MOST = 60;
/** Characters of a stretch where there is no outline: about a chapter. */
const STRETCH = 16_000;
/** Where several documents are asked, each of many is one part. */
const MANY_DOCUMENTS = 12;

export function partsOf(
  sources: Pick<AnswerSources, "texts" | "documents">,
  scope: readonly DocumentId[],
): { readonly parts: readonly Part[]; readonly name: PartName } {
  if (scope.length > MANY_DOCUMENTS) {
    const parts = scope.map((id) => ({
      documentId: id,
      start: 0,
      end: sources.texts.length(id),
      title: sources.documents.find(id)?.title ?? "",
    }));
    return { parts, name: "documents" };
  }
  const each = scope.map((id) => partsOfOne(id, sources.texts.length(id), sources.documents.outline(id)));
  const names = new Set(each.map(({ name }) => name));
  const [only] = names;
  return { parts: each.flatMap(({ parts }) => parts), name: names.size === 1 && only !== undefined ? only : "parts" };
}

function partsOfOne(
  documentId: DocumentId,
  length: number,
  outline: readonly OutlineEntry[],
): { parts: Part[]; name: PartName } {
  if (length === 0) return { parts: [], name: "parts" };
  const entries = levelOf(outline, length);
  if (entries.length < 2) return { parts: stretches(documentId, length), name: "parts" };
  const parts = entries.map(({ start, end, title }) => ({ documentId, start, end, title }));
  const named = entries.filter(({ title }) =>
    /^(?:chapter|part)\b|^[ivxlc\d]+[.:\s—-]|^[ivxlc\d]+$/iu.test(title),
  ).length;
  const name = entries.every(({ file }) => file !== null)
    ? "files"
    : named > entries.length / 2
      ? "chapters"
      : "sections";
  return { parts: withoutGaps(parts, length), name };
}

/**
 * The coarsest level with at least FEWEST entries below it; of a finer one, entries that have none of that level stand
 * for themselves, so that nothing is left out.
 */
function levelOf(outline: readonly OutlineEntry[], length: number): readonly OutlineEntry[] {
  let best: readonly OutlineEntry[] = [];
  const deepest = outline.reduce((level, entry) => Math.max(level, entry.level), 0);
  for (let level = 1; level <= deepest; level += 1) {
    const here = outline.filter((entry, at) => entry.level === level || isLeafAbove(outline, at, level));
    if (here.length > MOST && best.length >= 2) break;
    best = here;
    const longest = Math.max(...here.map(({ start, end }) => end - start));
    if (here.length >= FEWEST && longest < length / 2) break;
  }
  return best;
}

function isLeafAbove(outline: readonly OutlineEntry[], at: number, level: number): boolean {
  const entry = outline[at];
  const next = outline[at + 1];
  return entry !== undefined && entry.level < level && (next === undefined || next.level <= entry.level);
}

/** Every character belongs to a part: a chapter's own lines before its first section go with that section. */
function withoutGaps(parts: readonly Part[], length: number): Part[] {
  const sorted = parts.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start);
  return sorted.map((part, at) => ({
    ...part,
    start: at === 0 ? 0 : part.start,
    end: sorted[at + 1]?.start ?? length,
  }));
}

function stretches(documentId: DocumentId, length: number): Part[] {
  const count = Math.max(1, Math.min(MOST, Math.round(length / STRETCH)));
  return Array.from({ length: count }, (_, i) => ({
    documentId,
    start: Math.round((i * length) / count),
    end: Math.round(((i + 1) * length) / count),
    title: "",
  }));
}
