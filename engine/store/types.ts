/**
 * What the store offers: one small table object per noun, synchronous, for the engine process only.
 * Owns the shapes; knows nothing about SQL (the `*-table.ts` files), ranking (retrieval/) or prompts.
 *
 * Units: text offsets are UTF-16 units in a document's normalised text; times ms since epoch; sizes bytes;
 * pages and lines count from 1; boxes are points from the page's top left corner.
 * Errors: NotFound for an unknown document, page or file; StoreBusy, StoreCorrupt, StoreTooNew, DiskFull from the disk.
 */
import type {
  Chat,
  ChatTurn,
  DocumentFormat,
  DocumentId,
  DocumentState,
  DocumentSummary,
  FileEntry,
  Job,
  JobId,
  LineBox,
  OutlineEntry,
  PageText,
  Place,
  Settings,
  SkippedFile,
} from "../protocol/dto.ts";
import type { BlockRow, ParserRow } from "../documents/rows.ts";
import type { ChunkIndex } from "../retrieval/types.ts";

/** `openStore(libraryFolder)` gives one; whoever opened it closes it. One per library at a time. */
export interface LibraryStore extends Disposable {
  /** The library's folder; the database is `store/library.db` in it. */
  readonly folder: string;
  readonly documents: DocumentTable;
  readonly texts: TextTable;
  readonly chunks: ChunkTable;
  readonly memories: MemoryTable;
  readonly jobs: JobTable;
  readonly chats: ChatTable;
  readonly settings: SettingsTable;
  readonly ledger: LedgerTable;
  /** Starts an import. Nothing of it can be seen before `finish` resolves; several may run at once. */
  importDocument(options: ImportOptions): ImportSession;
  /** All or nothing; nests. `run` must be synchronous. */
  transaction<T>(run: () => T): T;
  /** Resolves when nothing is left to delete of removed documents, older versions and dead imports. */
  tidied(): Promise<void>;
  close(): void;
}

// ---------------------------------------------------------------------------------------------- import

export interface ImportOptions {
  /** The host's token for the source; kept so that the source can be found and opened again. */
  readonly grant: string;
  /** Part of the bundled samples. Default false. */
  readonly isSample?: boolean;
  /** A new version of this document: its id, chats and unchanged chunks stay. Answerable as it was until `finish`. */
  readonly replaces?: DocumentId;
  /** Import although the very same bytes are in the library already; default false. */
  readonly keepDuplicate?: boolean;
}

/**
 * Rows go in as the parser wrote them (already checked against rows.ts), one `add` a row: a few microseconds,
 * a few milliseconds when a batch is written. Callers that add thousands of rows breathe in between.
 */
export interface ImportSession {
  /** Of the document this will become (with `replaces`: the same id; of a duplicate: the existing one). */
  readonly documentId: DocumentId;
  /** After the `document` row: the same bytes are in the library; further rows are ignored, `finish` returns at once. */
  readonly isDuplicate: boolean;
  /** Throws InvalidRequest for rows out of order or limits, DiskFull when the disk is full; then call `abort`. */
  add(row: ParserRow): void;
  /**
   * Makes outline, chunks and full-text index in slices of at most about 15 ms, then shows the document.
   * `onProgress` counts characters indexed. Cancelled by the signal: everything of it is gone.
   */
  finish(options?: {
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number) => void;
  }): Promise<ImportCounts>;
  /** Removes every trace. Safe to call at any time, also twice, also after a failed `add` or `finish`. */
  abort(): void;
}

export interface ImportCounts {
  readonly documentId: DocumentId;
  /** The same bytes were there already: nothing was changed, all counts are those of the existing document. */
  readonly isDuplicate: boolean;
  readonly pages: number;
  readonly files: number;
  readonly characters: number;
  readonly words: number;
  readonly chunks: number;
  /** Chunks whose text and index row were kept from the version before. */
  readonly reusedChunks: number;
  readonly reusedFiles: number;
  readonly skipped: number;
  readonly warnings: readonly string[];
}

// ------------------------------------------------------------------------------------------- documents

export interface DocumentSource {
  readonly grant: string;
  readonly format: DocumentFormat;
  readonly title: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface DocumentTable {
  /** Every finished document, newest first. Imports under way are jobs, not documents. */
  list(): DocumentSummary[];
  find(id: DocumentId): DocumentSummary | null;
  /** Throws NotFound. */
  get(id: DocumentId): DocumentSummary;
  findBySha256(sha256: string): DocumentId | null;
  setState(id: DocumentId, state: DocumentState): void;
  /** Tokens of the whole text in the model's tokenizer, once known. */
  setTokens(id: DocumentId, tokens: number): void;
  setOpened(id: DocumentId, at: number): void;
  setGrant(id: DocumentId, grant: string): void;
  /** The document, its text, chunks, memory rows and the blobs that nothing else uses. */
  remove(id: DocumentId): void;
  /** Covers the whole text, in order, tree by `level`; never empty for a document with text. */
  outline(id: DocumentId): OutlineEntry[];
  skipped(id: DocumentId, limit?: number): SkippedFile[];
  skippedTotal(id: DocumentId): number;
  metadata(id: DocumentId): Record<string, string>;
  source(id: DocumentId): DocumentSource;
}

// ------------------------------------------------------------------------------------------------ text

/** A page as it was printed, and the range of its text. `start === end` when it has none. */
export interface StoredPage {
  readonly page: number;
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly isPicture: boolean;
  readonly start: number;
  readonly end: number;
  /** Where text begins and ends on the page, as parts of its height (0..1); 0 and 0 without text. */
  readonly textTop: number;
  readonly textBottom: number;
}

/** A run of blocks of one page or file, at most about 20,000 characters: what is read from disk at once. */
export interface TextPart {
  readonly seq: number;
  /** Where its text begins: includes the separator after the part before, so that all parts joined are the text. */
  readonly start: number;
  readonly end: number;
  readonly page: number | null;
  readonly file: string | null;
  readonly text: string;
}

export interface StoredBlock {
  readonly kind: BlockRow["kind"];
  readonly level: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly page: number | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly endLine: number | null;
  readonly continues: boolean;
  readonly isHidden: boolean;
}

/** A document's normalised text: blocks joined by a blank line (a space where one goes on; one newline within code). */
export interface TextTable {
  /** Length of the whole text in UTF-16 units. */
  length(id: DocumentId): number;
  /** The text of [start, end), clamped to the document. Reads only the parts that it touches. */
  text(id: DocumentId, start: number, end: number): string;
  /** In order, one at a time in memory. `from`: first offset of interest. */
  parts(id: DocumentId, from?: number): IterableIterator<TextPart>;
  blocks(id: DocumentId, from?: number): IterableIterator<StoredBlock>;
  /** Page or file and lines, and the contents path, of a stretch of text. `page` is that of its start. */
  place(id: DocumentId, start: number, end: number): Place;
  /** One box per printed line (or part of one, cut in proportion to its characters). Empty without pages. */
  boxes(id: DocumentId, start: number, end: number): LineBox[];
  pages(id: DocumentId): StoredPage[];
  files(id: DocumentId): FileEntry[];
  pageText(id: DocumentId, page: number): PageText;
  fileText(id: DocumentId, path: string): PageText;
  /** sha256 by path of a repository's files, for `ParserOrder.known`. */
  knownFiles(id: DocumentId): Record<string, string>;
}

// ---------------------------------------------------------------------------------------------- chunks

/** A retrieval unit: whole sentences or lines, about 180 words, inside one part of the outline or one file. */
export interface StoredChunk {
  readonly documentId: DocumentId;
  /** From 0, in reading order. */
  readonly seq: number;
  readonly start: number;
  readonly end: number;
  readonly words: number;
  /** contentKey(text, search tokenizer version). */
  readonly key: string;
  /** Made of text that cannot be seen on the page. */
  readonly isHidden: boolean;
}

export interface ChunkTable extends ChunkIndex {
  count(scope: readonly DocumentId[]): number;
  get(id: DocumentId, seq: number): StoredChunk | null;
  /** The chunk that holds the offset, or the next one after it; null at the end. */
  at(id: DocumentId, offset: number): StoredChunk | null;
}

// -------------------------------------------------------------------------------------------- memories

export interface PlannedSegment {
  readonly seq: number;
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  /** contentKey(token ids, left context, tokenizer, weights, adapter, length, ratio, graph version). */
  readonly key: string;
}

export interface StoredSegment extends PlannedSegment {
  readonly state: "planned" | "read";
  /** Memory slots (gist tokens) and bytes of its blob; 0 while planned. */
  readonly slots: number;
  readonly bytes: number;
}

export interface MemoryTable {
  /**
   * Sets the plan of a document's current text, replacing the one before. Segments whose blob is there already are
   * read at once. Returns how many these are.
   */
  plan(id: DocumentId, segments: readonly PlannedSegment[]): { readonly segments: number; readonly reused: number };
  list(id: DocumentId): StoredSegment[];
  /** In order; for a reader that resumes. */
  unread(id: DocumentId): StoredSegment[];
  /** Stores the blob and marks every segment with this key read, in any document. */
  put(key: string, bytes: Uint8Array, slots: number): void;
  /** null when it is not there. The codec checks length and hash; a blob that fails is removed by its caller. */
  get(key: string): Uint8Array | null;
  has(key: string): boolean;
  /** Bytes on disk; 0 when it is not there. */
  size(key: string): number;
  /** Removes a blob; its segments are planned again. */
  remove(key: string): void;
  /** Bytes of all blobs. */
  totalBytes(): number;
  /** Deletes blobs that no segment names and that are older than `olderThanMs` (default one hour). Returns how many. */
  collectGarbage(olderThanMs?: number): number;
}

// ------------------------------------------------------------------------ jobs, chats, settings, ledger

/** A job and what is needed to start it again after a crash. `request` is plain JSON of the job's own kind. */
export interface StoredJob {
  readonly job: Job;
  readonly request: Readonly<Record<string, unknown>>;
}

/** The job journal; written with synchronous FULL, so that an acknowledged change survives a power cut. */
export interface JobTable {
  put(stored: StoredJob): void;
  /** Replaces the job, keeps the request. Throws NotFound. */
  update(job: Job): void;
  get(id: JobId): StoredJob | null;
  /** Oldest first. `unfinished`: waiting, running or paused only. */
  list(options?: { readonly unfinished?: boolean }): StoredJob[];
  remove(id: JobId): void;
  /** Forgets all but the newest `keep` finished ones. */
  prune(keep: number): void;
}

export interface ChatTable {
  create(chat: { readonly title: string; readonly scope: readonly DocumentId[] }): Chat;
  find(id: string): Chat | null;
  /** Newest first. With `scope`: those that touch one of its documents. */
  list(scope?: readonly DocumentId[]): Chat[];
  addTurn(id: string, turn: ChatTurn): void;
  turns(id: string): ChatTurn[];
  remove(id: string): void;
}

export interface SettingsTable {
  get(): Settings;
  set(changes: Partial<Settings>): Settings;
}

export type LedgerKind = "migration" | "import" | "removal" | "recovery" | "failure";
export interface LedgerEntry {
  readonly id: number;
  readonly at: number;
  readonly kind: LedgerKind;
  /** What it is about: a migration's name, a document's id. */
  readonly subject: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}
/** What happened to this library, in order; never edited. Holds no document text. */
export interface LedgerTable {
  add(kind: LedgerKind, subject: string, details?: LedgerEntry["details"]): void;
  /** Newest first. */
  list(limit?: number): LedgerEntry[];
}
