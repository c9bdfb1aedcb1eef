/**
 * A cited summary of every part and of the whole, bottom-up: sentences of the text itself, each with its citation.
 * Owns: the run over the document, cancellable between blocks. The plan is plan.ts, the choice salience.ts.
 * Does not know: caching (the caller keeps results by content), jobs, windows.
 */
import { breathe, throwIfCancelled } from "../base/abort.ts";
import type { Citation, DocumentId, OutlineEntry, SummaryNode } from "../protocol/dto.ts";
import type { DocumentTable, StoredBlock, TextTable } from "../store/types.ts";
import { codeCandidate, proseCandidates, standingOf } from "./candidates.ts";
import { partAt, planSummary } from "./plan.ts";
import type { PlannedPart } from "./plan.ts";
import { chooseSentences, TermCounts, termWeights } from "./salience.ts";
import type { Candidate, TermStatistics } from "./salience.ts";

/** Raise it whenever the same document would get another summary; part of the cache's key. */
export const SUMMARY_VERSION = "summary-1";

export interface SummarySources {
  readonly documents: Pick<DocumentTable, "get" | "outline">;
  readonly texts: Pick<TextTable, "text" | "blocks" | "place" | "length">;
}

export interface SummaryOptions {
  readonly signal: AbortSignal;
  /** Characters read of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was gathered of one part: its own candidates, without those of its children. */
type Gathered = Map<PlannedPart, Candidate[]>;

/** Throws NotFound for an unknown document, Cancelled between two blocks. */
export async function summarizeDocument(
  documentId: DocumentId,
  sources: SummarySources,
  options: SummaryOptions,
): Promise<SummaryNode> {
  const document = sources.documents.get(documentId);
  const outline: OutlineEntry[] = sources.documents.outline(documentId);
  const plan = planSummary(document.title, outline, sources.texts.length(documentId));
  const { gathered, statistics } = await gather(documentId, plan, sources, options);
  const writer = new Writer(documentId, sources, { gathered, statistics, signal: options.signal });
  return (await writer.write(plan, linesOfWhole(plan))).node;
}

const SLICE_MS = 8;

async function gather(
  documentId: DocumentId,
  plan: PlannedPart,
  { texts }: SummarySources,
  { signal, onProgress }: SummaryOptions,
): Promise<{ gathered: Gathered; statistics: TermStatistics }> {
  const gathered: Gathered = new Map();
  const blocksWith = new Map<string, number>();
  let blocks = 0;
  let sliceEnds = performance.now() + SLICE_MS;
  let file: string | null = null;
  let before = 0;
  for (const block of texts.blocks(documentId)) {
    throwIfCancelled(signal);
    const opensFile = block.file !== null && block.file !== file;
    file = block.file;
    if (opensFile) before = 0;
    const found = candidatesOf(block, opensFile).map((sentence, i) => ({
      ...sentence,
      standing: standingOf(block.file, before + i),
    }));
    before += found.length;
    if (found.length > 0) {
      const part = partAt(plan, block.start);
      const known = gathered.get(part) ?? [];
      known.push(...found);
      gathered.set(part, known);
      blocks += 1;
      for (const term of new Set(found.flatMap(({ terms }) => terms)))
        blocksWith.set(term, (blocksWith.get(term) ?? 0) + 1);
    }
    if (performance.now() < sliceEnds) continue;
    onProgress?.(block.end, plan.end);
    await breathe();
    sliceEnds = performance.now() + SLICE_MS;
  }
  return { gathered, statistics: { blocks, blocksWith } };
}

/** Of a code file only what it says about itself; of prose every sentence. */
function candidatesOf(block: StoredBlock, opensFile: boolean): Candidate[] {
  if (block.kind !== "code") return proseCandidates(block);
  if (!opensFile) return [];
  const found = codeCandidate(block.text, block.start);
  return found === null ? [] : [found];
}

function linesOfWhole(plan: PlannedPart): number {
  return Math.min(8, Math.max(3, Math.ceil(Math.sqrt(plan.children.length)) + 2));
}

/** Longer parts get more lines. */
function linesOf(part: PlannedPart): number {
  const characters = part.end - part.start;
  return characters < 4_000 ? 2 : characters < 16_000 ? 3 : characters < 60_000 ? 4 : 5;
}

/** Lines that a part hands up to the one above it. */
const HANDED_UP = 2;

interface Written {
  readonly node: SummaryNode;
  readonly best: readonly Candidate[];
  readonly counts: TermCounts;
}

interface Material {
  readonly gathered: Gathered;
  readonly statistics: TermStatistics;
  readonly signal: AbortSignal;
}

class Writer {
  readonly #documentId: DocumentId;
  readonly #sources: SummarySources;
  readonly #material: Material;

  constructor(documentId: DocumentId, sources: SummarySources, material: Material) {
    this.#documentId = documentId;
    this.#sources = sources;
    this.#material = material;
  }

  /** Children first; a part with children chooses among its own sentences and the best lines of each child. */
  async write(part: PlannedPart, lines = linesOf(part)): Promise<Written> {
    const { gathered, statistics, signal } = this.#material;
    const counts = new TermCounts();
    const children: Written[] = [];
    for (const child of part.children) {
      const written = await this.write(child);
      counts.merge(written.counts);
      children.push(written);
    }
    await breathe();
    throwIfCancelled(signal);
    const own = gathered.get(part) ?? [];
    for (const sentence of own) counts.add(sentence);
    const weights = termWeights(counts, statistics);
    const handedUp = children.flatMap(({ best }, i) => (isSubstantial(part.children[i], part) ? best : []));
    const candidates = [...own, ...handedUp].toSorted((a, b) => a.start - b.start);
    const chosen = chooseSentences(candidates, weights, lines);
    const citations = chosen.map((line) => this.#cite(line)).filter(({ supported }) => supported);
    const summary = citations.map(({ text }) => plainLine(text)).join(" ");
    const node = { title: part.title, summary, citations, children: children.map((child) => child.node) };
    return { node, best: chooseSentences(chosen, weights, HANDED_UP), counts };
  }

  #cite({ start, end, text }: Candidate): Citation {
    const stored = this.#sources.texts.text(this.#documentId, start, end);
    const place = this.#sources.texts.place(this.#documentId, start, end);
    return { ...place, text: stored, supported: stored !== "" && stored === text, why: null };
  }
}

/** A title page or a foreword of a few lines does not speak for the whole. */
function isSubstantial(child: PlannedPart | undefined, parent: PlannedPart): boolean {
  return child !== undefined && (child.end - child.start) * 100 >= parent.end - parent.start;
}

/** Comment marks at the beginnings of lines are not part of what a comment says. */
function plainLine(text: string): string {
  return text
    .replace(/\n\s*(?:\*|#|\/\/|--)\s?/gu, " ")
    .replace(/\s+/gu, " ")
    .trim();
}
