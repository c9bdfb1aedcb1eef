/**
 * A cited summary of every part and of the whole, bottom-up: sentences of the text itself, each with its citation; and the
 * whole's key people, places and terms with their pages.
 * Owns: the run over the document, cancellable between blocks and parts. The plan is plan.ts, the choice rank.ts.
 * Does not know: caching (the caller keeps results by content), jobs, windows.
 */
import { breathe, throwIfCancelled } from "../base/abort.ts";
import type { Citation, DocumentId, DocumentSummary, KeyTerm, Place, SummaryNode } from "../protocol/dto.ts";
import type { DocumentTable, TextTable } from "../store/types.ts";
import { keyTermsOf, type KeyTermFound } from "./key-terms.ts";
import { planSummary, type PlannedPart } from "./plan.ts";
import { MOST_CANDIDATES, rankStretch } from "./rank.ts";
import { SentenceReader, type Line } from "./read-sentences.ts";
import { fingerprint } from "./sentence-table.ts";
import { textKindOf, type TextKind } from "./text-kind.ts";

/** Raise it whenever the same document would get another summary; part of the cache's key. */
export const SUMMARY_VERSION = "summary-2";

export interface SummarySources {
  readonly documents: Pick<DocumentTable, "outline"> & {
    get(id: DocumentId): Pick<DocumentSummary, "title">;
  };
  readonly texts: Pick<TextTable, "text" | "blocks" | "place" | "length">;
}

export interface SummaryOptions {
  readonly signal: AbortSignal;
  /** Characters read of all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** The whole gets lines until it has so many words, instead of three to eight lines. */
  readonly words?: number;
}

/** Throws NotFound for an unknown document, Cancelled between two blocks or parts. */
export async function summarizeDocument(
  documentId: DocumentId,
  sources: SummarySources,
  options: SummaryOptions,
): Promise<SummaryNode> {
  const document = sources.documents.get(documentId);
  const outline = sources.documents.outline(documentId);
  const plan = planSummary(document.title, outline, sources.texts.length(documentId));
  const reader = await readAll(documentId, plan, sources, options);
  const writer = new Writer(documentId, sources, reader, options.signal);
  const length = options.words === undefined ? linesOfWhole(plan) : { words: options.words, lines: Infinity };
  const { node } = await writer.write(plan, length);
  const found = keyTermsOf(reader.register, textKindOf(reader.table));
  return { ...node, keyTerms: found.map((term) => placed(term, documentId, sources)) };
}

const SLICE_MS = 8;

async function readAll(
  documentId: DocumentId,
  plan: PlannedPart,
  { texts }: SummarySources,
  { signal, onProgress }: SummaryOptions,
): Promise<SentenceReader> {
  const reader = new SentenceReader();
  let sliceEnds = performance.now() + SLICE_MS;
  for (const block of texts.blocks(documentId)) {
    throwIfCancelled(signal);
    reader.add(block);
    if (performance.now() < sliceEnds) continue;
    onProgress?.(block.end, plan.end);
    await breathe();
    sliceEnds = performance.now() + SLICE_MS;
  }
  return reader;
}

/** Places shown of a key term, at most one on a page. */
const MOST_PLACES = 12;

function placed(found: KeyTermFound, documentId: DocumentId, { texts }: SummarySources): KeyTerm {
  const { term, kind, count, offsets } = found;
  const places = new Map<string, Place>();
  for (const offset of offsets) {
    const place = texts.place(documentId, offset, offset + 1);
    const key = String(place.page ?? place.file ?? place.heading.join("\n"));
    if (!places.has(key)) places.set(key, place);
  }
  return { term, kind, count, places: spread([...places.values()], MOST_PLACES) };
}

/** At most `most` items, evenly spread, first and last included. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => items[Math.round(i * step)]).filter((item) => item !== undefined);
}

/** How long a part's summary is: it ends with the first of the two that is reached. */
interface Length {
  readonly words: number;
  readonly lines: number;
}

function linesOfWhole(plan: PlannedPart): Length {
  return { words: Infinity, lines: Math.min(8, Math.max(3, Math.ceil(Math.sqrt(plan.children.length)) + 2)) };
}

/** Longer parts get more lines. */
function lengthOf(part: PlannedPart): Length {
  const characters = part.end - part.start;
  return { words: Infinity, lines: characters < 4_000 ? 2 : characters < 16_000 ? 3 : characters < 60_000 ? 4 : 5 };
}

/** Each part hands at least so many of its candidates up to the one above it. */
const LEAST_HANDED_UP = 8;

interface Written {
  readonly node: SummaryNode;
  /** Candidates for the part above, by falling worth. */
  readonly best: readonly number[];
}

class Writer {
  readonly #documentId: DocumentId;
  readonly #sources: SummarySources;
  readonly #reader: SentenceReader;
  readonly #signal: AbortSignal;
  readonly #kind: TextKind;

  constructor(documentId: DocumentId, sources: SummarySources, reader: SentenceReader, signal: AbortSignal) {
    this.#documentId = documentId;
    this.#sources = sources;
    this.#reader = reader;
    this.#signal = signal;
    this.#kind = textKindOf(reader.table);
  }

  /** Children first; a part with children chooses among its own sentences and the best ones of each child. */
  async write(part: PlannedPart, length = lengthOf(part)): Promise<Written> {
    const { table } = this.#reader;
    const children: Written[] = [];
    for (const child of part.children) children.push(await this.write(child));
    await breathe();
    throwIfCancelled(this.#signal);
    const range = { from: table.firstFrom(part.start), to: table.firstFrom(part.end) };
    const candidates = [...this.#ownSentences(part), ...handedUp(part, children)].toSorted((a, b) => a - b);
    const ranked = await rankStretch(table, range, candidates, this.#kind);
    const chosen = ranked.choose(length.words, length.lines);
    const lines = chosen.map((sentence) => ({
      start: table.starts.at(sentence),
      end: table.ends.at(sentence),
      check: table.checks.at(sentence),
    }));
    const citations = (lines.length > 0 ? lines : this.#fallback(part))
      .map((line) => this.#cite(line))
      .filter(({ supported }) => supported);
    const summary = citations.map(({ text }) => plainLine(text)).join(" ");
    const node = { title: part.title, summary, citations, children: children.map((child) => child.node) };
    return { node, best: ranked.best };
  }

  /** Sentences of the part that stand in none of its children. */
  #ownSentences(part: PlannedPart): number[] {
    const { table } = this.#reader;
    const own: number[] = [];
    let at = part.start;
    const take = (end: number): void => {
      for (let sentence = table.firstFrom(at); sentence < table.firstFrom(end); sentence += 1) own.push(sentence);
    };
    for (const child of part.children) {
      take(Math.max(at, child.start));
      at = Math.max(at, child.end);
    }
    take(Math.max(at, part.end));
    return own;
  }

  /** A part without any sentence shows how its text begins: nothing is left out without a word. */
  #fallback(part: PlannedPart): readonly Line[] {
    if (part.children.length > 0) return [];
    const first = this.#reader.fallbacks.find(({ start, end }) => start >= part.start && end <= part.end);
    return first === undefined ? [] : [first];
  }

  #cite({ start, end, check }: Line): Citation {
    const text = this.#sources.texts.text(this.#documentId, start, end);
    const place = this.#sources.texts.place(this.#documentId, start, end);
    return { ...place, text, supported: text !== "" && fingerprint(text) === check, why: null };
  }
}

/** Every substantial child's best candidates; the more children, the fewer of each. */
function handedUp(part: PlannedPart, children: readonly Written[]): number[] {
  const substantial = children.filter((_, i) => isSubstantial(part.children[i], part));
  const from = substantial.length > 0 ? substantial : children;
  const share = Math.max(LEAST_HANDED_UP, Math.floor(MOST_CANDIDATES / Math.max(1, from.length)));
  return from.flatMap(({ best }) => best.slice(0, share));
}

/** A title page or a foreword of a few lines does not speak for the whole. */
function isSubstantial(child: PlannedPart | undefined, parent: PlannedPart): boolean {
  return child !== undefined && (child.end - child.start) * 100 >= parent.end - parent.start;
}

/** Marks of comments and lists at the beginnings of lines are not part of what is said. */
function plainLine(text: string): string {
  return text
    .replace(/^\s*(?:[•*–-]|\d{1,2}[.)])\s+/u, "")
    .replace(/\n\s*(?:\*|#|\/\/|--)\s?/gu, " ")
    .replace(/\s+/gu, " ")
    .trim();
}
