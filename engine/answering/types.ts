/**
 * The seams of answering: what it reads from (store, search, memory) and what a composer is.
 * Owns: shapes only. Knows nothing about SQL, graphs, windows.
 * Units: offsets are UTF-16 units of a document's normalised text.
 */
import type { SegmentMemory, LanguageModel } from "../model/types.ts";
import type {
  AnswerComposer,
  AnswerEvent,
  AnswerRoute,
  AnswerSentence,
  Citation,
  Coverage,
  DocumentId,
  MemoryMode,
  SummaryNode,
} from "../protocol/dto.ts";
import type { PassageReader } from "../reading/reading.ts";
import type { PartsByMemory } from "./ranking/regression.ts";
import type { ChunkIndex, Retriever } from "../retrieval/types.ts";
import type { DocumentTable, TextTable } from "../store/types.ts";

export interface AnswerRequest {
  readonly question: string;
  /** One document or many, in the order in which they are to be walked through. */
  readonly scope: readonly DocumentId[];
  /** Chosen by the person; otherwise by the question's own words. */
  readonly route?: AnswerRoute;
  readonly composer: AnswerComposer;
  readonly memory: MemoryMode;
  /** Same question, same memory, same seed: same answer. */
  readonly seed: number;
}

/** Two wishes: `cancel` throws the work away (the generator throws Cancelled), `stop` keeps what is there. */
export interface AnswerSignals {
  readonly cancel: AbortSignal;
  readonly stop: AbortSignal;
}

/** A segment's memory and the text that it stands for; loaded only when a view shows it. */
export interface RememberedSegment {
  readonly documentId: DocumentId;
  readonly start: number;
  readonly end: number;
  readonly slots: number;
  load(): SegmentMemory | null;
}

/** The language model and the memories it may be shown. Absent: everything but generation works. */
export interface Remembering {
  readonly model: LanguageModel;
  /** Memories of the scope in document order. `wrong`: of another document, the control that a memory has to beat. */
  segments(scope: readonly DocumentId[], mode: Exclude<MemoryMode, "off">): readonly RememberedSegment[];
}

/** What answers are made from. */
export interface AnswerSources {
  readonly retriever: Retriever;
  readonly texts: Pick<TextTable, "text" | "place" | "length" | "parts" | "pages" | "files">;
  readonly documents: Pick<DocumentTable, "find" | "outline">;
  readonly chunks: Pick<ChunkIndex, "frequencies" | "count">;
  /** Cited summary of a document, from the cache or made now. */
  summary(documentId: DocumentId, signal: AbortSignal): Promise<SummaryNode>;
  readonly remembering: Remembering | null;
  /** Reads the passages that search found. Absent: search alone decides. */
  readonly reader: PassageReader | null;
  /** How the memory is asked which parts of a whole matter; absent: as the fit of fusion decided. For measuring. */
  readonly partsByMemory?: PartsByMemory;
}

/** The answer so far; a composer fills it, a stop keeps it. */
export interface Draft {
  readonly sentences: AnswerSentence[];
  readonly citations: Citation[];
  answerable: boolean;
  confidence: "stated" | "likely" | "not found";
  /** Probability (0..1) that the scope answers the question; null where no place was looked for. */
  support: number | null;
  memoryUsed: boolean;
  coverage: Coverage;
  readonly timings: Record<string, number>;
}

export interface Task {
  readonly request: AnswerRequest;
  readonly route: AnswerRoute;
  readonly sources: AnswerSources;
  readonly signals: AnswerSignals;
  readonly draft: Draft;
}

/** Turns a question into sentences with citations: by quoting, or by writing. Fills the draft as its events go out. */
export interface Composer {
  readonly name: AnswerComposer;
  compose(task: Task): AsyncGenerator<AnswerEvent, void>;
}
