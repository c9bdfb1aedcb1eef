/**
 * Reads a searchable document into memory, segment by segment, in the background.
 * Content-addressed: what was read before (by this or any document) is found by its key; a killed process loses the segment
 * in flight. Knows nothing about parsing.
 */
import { breathe, throwIfCancelled } from "../base/abort.ts";
import { Turnstile } from "../base/turnstile.ts";
import { encodeMemory } from "../memory/codec.ts";
import { segmentKey } from "../memory/segment-key.ts";
import { planSegments } from "../memory/segments.ts";
import type { MemoryUnit, Segment } from "../memory/types.ts";
import type { LanguageModel, SegmentMemory } from "../model/types.ts";
import { EngineError, toEnvelope, type DocumentId } from "../protocol/index.ts";
import type { LibraryStore, PlannedSegment } from "../store/types.ts";
import type { JobHandler, JobRun } from "./job-queue.ts";

/** Where the model comes from; it may still be loading, or never come. */
export interface ModelSource {
  get(signal: AbortSignal): Promise<LanguageModel>;
}

export interface ReadingResult {
  readonly tokens: number;
  readonly segments: number;
  readonly reused: number;
  /** Of what was really read now; 0 when nothing was. */
  readonly tokensPerSecond: number;
  readonly warnings: readonly string[];
}

/** The window is told about a document under way this often. */
const TELL_EVERY_MS = 1_000;
/** Segments handed to the computing thread at a time, so that it never waits for this one. */
const AHEAD = 3;
/** Planning holds the engine's thread for no longer than this. */
const SLICE_MS = 8;

export class MemoryReader {
  readonly #store: LibraryStore;
  readonly #model: ModelSource;
  readonly #onDocument: (id: DocumentId) => void;
  /** One document is read at a time: two at once would only share the same cores. */
  readonly #turn = new Turnstile(1);

  constructor(store: LibraryStore, model: ModelSource, onDocument: (id: DocumentId) => void) {
    this.#store = store;
    this.#model = model;
    this.#onDocument = onDocument;
  }

  /** `document.read` as a job of its own. */
  readonly job: JobHandler = async (run) => {
    const documentId = run.request["documentId"] as DocumentId;
    const started = Date.now();
    const reading = await this.read(documentId, run);
    const { pages, files, memoryBytes } = this.#store.documents.get(documentId);
    return {
      documentId,
      pages,
      files,
      tokens: reading.tokens,
      chunks: this.#store.chunks.count([documentId]),
      segments: reading.segments,
      reused: reading.reused,
      reusedChunks: 0,
      reusedFiles: 0,
      skipped: this.#store.documents.skippedTotal(documentId),
      memoryBytes,
      tokensPerSecond: reading.tokensPerSecond,
      searchableMs: 0,
      totalMs: Date.now() - started,
      warnings: [...reading.warnings],
    };
  };

  /**
   * Plans the segments of the present text and reads those that are not there.
   * Without a usable model the document stays searchable and a warning says why. Errors: Cancelled, DiskFull.
   */
  async read(documentId: DocumentId, run: JobRun): Promise<ReadingResult> {
    let model: LanguageModel;
    try {
      model = await this.#model.get(run.signal);
    } catch (error) {
      if (run.signal.aborted) throw error;
      const { message, hint } = toEnvelope(error);
      return {
        tokens: 0,
        segments: 0,
        reused: 0,
        tokensPerSecond: 0,
        warnings: [`It can be searched, but was not read into memory: ${message} ${hint}`],
      };
    }
    return await this.#turn.pass(run.signal, () => this.#readWith(model, documentId, run));
  }

  async #readWith(model: LanguageModel, documentId: DocumentId, run: JobRun): Promise<ReadingResult> {
    const { documents, memories } = this.#store;
    this.#tell(documentId, "reading");
    try {
      const planned = await this.#plan(model, documentId, run);
      const { segments, reused } = memories.plan(documentId, planned.rows);
      documents.setTokens(documentId, planned.tokens);
      const tokensPerSecond = await this.#readUnread(model, documentId, planned, run);
      this.#tell(documentId, "read");
      return { tokens: planned.tokens, segments, reused, tokensPerSecond, warnings: [] };
    } catch (error) {
      if (documents.find(documentId)) this.#tell(documentId, run.signal.aborted ? "paused" : "searchable");
      throw error;
    }
  }

  async #plan(model: LanguageModel, documentId: DocumentId, run: JobRun): Promise<Plan> {
    const { segmentLength } = model.info.memory;
    const plan: Plan = { rows: [], ids: new Map(), tokens: 0 };
    let sliceEnds = performance.now() + SLICE_MS;
    for (const segment of planSegments(memoryUnits(this.#store, documentId), model.tokenizer, segmentLength)) {
      addToPlan(plan, segment, segmentKey(segment.tokenIds, model.info));
      if (performance.now() < sliceEnds) continue;
      throwIfCancelled(run.signal);
      await breathe();
      sliceEnds = performance.now() + SLICE_MS;
    }
    return plan;
  }

  async #readUnread(model: LanguageModel, documentId: DocumentId, plan: Plan, run: JobRun): Promise<number> {
    const unread = this.#store.memories.unread(documentId);
    let done = plan.tokens - unread.reduce((sum, { tokens }) => sum + tokens, 0);
    const before = done;
    const started = performance.now();
    let told = started;
    run.report("reading", done, plan.tokens, "tokens");
    for await (const { key, tokens, memory } of this.#encoded(model, unread, plan, run.signal)) {
      if (memory) this.#store.memories.put(key, encodeMemory(memory, model.info.memory.precision), memory.slots);
      done += tokens;
      run.report("reading", done, plan.tokens, "tokens");
      if (performance.now() - told > TELL_EVERY_MS) {
        told = performance.now();
        this.#onDocument(documentId);
      }
    }
    return done === before ? 0 : ((done - before) * 1_000) / (performance.now() - started);
  }

  /**
   * The segments in order with their memories (null when it is there already). The next ones wait at the computing thread
   * while the caller stores the one before. A question passes them: it has the higher priority in the model's lane.
   */
  async *#encoded(
    model: LanguageModel,
    unread: readonly PlannedSegment[],
    plan: Plan,
    signal: AbortSignal,
  ): AsyncGenerator<PlannedSegment & { readonly memory: SegmentMemory | null }> {
    const start = (segment: PlannedSegment): Promise<SegmentMemory | null> => {
      const ids = plan.ids.get(segment.key);
      if (!ids) throw new EngineError("Internal", "a planned segment without tokens");
      if (this.#store.memories.has(segment.key)) return Promise.resolve(null);
      const memory = model.encodeSegment(Array.from(ids), { signal, priority: "background" });
      memory.catch(() => {}); // thrown where it is awaited; when the reader leaves before, nobody waits
      return memory;
    };
    const started = unread.slice(0, AHEAD).map(start);
    for (const [index, segment] of unread.entries()) {
      throwIfCancelled(signal);
      const memory = (await started.shift()) ?? null;
      const next = unread[index + AHEAD];
      if (next) started.push(start(next));
      yield { ...segment, memory };
    }
  }

  #tell(documentId: DocumentId, state: "reading" | "read" | "paused" | "searchable"): void {
    this.#store.documents.setState(documentId, state);
    this.#onDocument(documentId);
  }
}

interface Plan {
  readonly rows: PlannedSegment[];
  /** Token ids by segment key; Int32 to keep a whole repository in memory. */
  readonly ids: Map<string, Int32Array>;
  tokens: number;
}

function addToPlan(plan: Plan, { start, end, tokenIds }: Segment, key: string): void {
  plan.rows.push({ seq: plan.rows.length, start, end, tokens: tokenIds.length, key });
  plan.ids.set(key, Int32Array.from(tokenIds));
  plan.tokens += tokenIds.length;
}

/** The document's blocks as the segment planner wants them; what stands between two blocks belongs to the first. */
function* memoryUnits(store: LibraryStore, id: DocumentId): Generator<MemoryUnit> {
  const opens = new Set(
    store.documents
      .outline(id)
      .filter(({ level }) => level <= 2)
      .map(({ start }) => start),
  );
  const length = store.texts.length(id);
  let held: { text: string; start: number; end: number; file: string | null } | null = null;
  let lastFile: string | null = null;
  for (const block of store.texts.blocks(id)) {
    if (held) {
      yield unitOf(held, block.start, store, id, opens, lastFile);
      lastFile = held.file;
    }
    held = { text: block.text, start: block.start, end: block.end, file: block.file };
  }
  if (held) yield unitOf(held, length, store, id, opens, lastFile);
}

function unitOf(
  block: { text: string; start: number; end: number; file: string | null },
  next: number,
  store: LibraryStore,
  id: DocumentId,
  opens: ReadonlySet<number>,
  lastFile: string | null,
): MemoryUnit {
  const joiner = next > block.end ? store.texts.text(id, block.end, next) : "";
  return { text: block.text, start: block.start, joiner, opensPart: opens.has(block.start) || block.file !== lastFile };
}
