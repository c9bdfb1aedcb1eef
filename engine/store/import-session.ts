/**
 * One import: rows of a parser in, a document at the end. Everything is written under an edition of its own, which
 * becomes visible by a single pointer; a process killed before leaves an edition that the next open sweeps away.
 * Owns: the order of an import and its pace. Does not know: parsers, jobs, the tokens of a model.
 */
import { randomUUID } from "node:crypto";
import { breathe, throwIfCancelled } from "../base/abort.ts";
import { unreachable } from "../base/assert.ts";
import type { BlockRow, DocumentRow, FileRow, OutlineRow, ParserRow } from "../documents/rows.ts";
import { documentId, type DocumentId } from "../protocol/dto.ts";
import { EngineError, toEnvelope } from "../protocol/errors.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import type { Database } from "./database.ts";
import { EditionWriter } from "./edition-writer.ts";
import type { CurrentEdition, Editions, StoredFile } from "./editions.ts";
import { ImportIndexer, type CarriedFile } from "./import-indexer.ts";
import { makeOutline, OutlinePaths } from "./outline.ts";
import type { Sweeper } from "./sweeper.ts";
import { TextAssembly } from "./text-assembly.ts";
import type { ImportCounts, ImportOptions, ImportSession, LedgerTable } from "./types.ts";

/** Milliseconds of work between two breaths; an index row is a fraction of one. */
const SLICE_MS = 6;
const MOST_WARNINGS = 1_000;

export interface ImportDependencies {
  readonly database: Database;
  readonly editions: Editions;
  readonly sweeper: Sweeper;
  readonly ledger: LedgerTable;
}

interface Staged {
  readonly row: DocumentRow;
  readonly document: number;
  readonly writer: EditionWriter;
  readonly assembly: TextAssembly;
}

export class StoredImport implements ImportSession {
  readonly #parts: ImportDependencies;
  readonly #options: ImportOptions;
  /** The edition that this one replaces. */
  readonly #before: CurrentEdition | null;
  readonly #filesBefore: ReadonlyMap<string, StoredFile>;
  readonly #outlineRows: OutlineRow[] = [];
  readonly #carried: CarriedFile[] = [];
  readonly #files: { path: string; start: number; end: number }[] = [];
  readonly #warnings: string[] = [];
  #id: DocumentId;
  #staged: Staged | null = null;
  #duplicateOf: CurrentEdition | null = null;
  #blocks = 0;
  #reusedFiles = 0;
  #mustBeEmpty = false;
  #state: "open" | "ended" | "finishing" | "done" | "aborted" = "open";

  /** Throws NotFound when the document to be replaced does not exist. */
  constructor(parts: ImportDependencies, options: ImportOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#before = options.replaces === undefined ? null : parts.editions.current(options.replaces);
    this.#id = this.#before?.id ?? documentId.parse(`d${randomUUID().replaceAll("-", "").slice(0, 11)}`);
    const files = this.#before === null ? [] : parts.editions.files(this.#before.edition);
    this.#filesBefore = new Map(files.map((file) => [file.path, file]));
  }

  get documentId(): DocumentId {
    return this.#id;
  }

  get isDuplicate(): boolean {
    return this.#duplicateOf !== null;
  }

  add(row: ParserRow): void {
    try {
      this.#add(row);
    } catch (error) {
      this.#noteFailure(error);
      throw error;
    }
  }

  #add(row: ParserRow): void {
    if (this.#state !== "open") throw outOfOrder(`a ${row.type} row after the import's end`);
    if (row.type === "document") {
      this.#begin(row);
      return;
    }
    if (this.#duplicateOf !== null) return;
    const staged = this.#staged;
    if (staged === null) throw outOfOrder(`a ${row.type} row before the document row`);
    switch (row.type) {
      case "page":
        staged.assembly.addPage(row);
        break;
      case "file":
        this.#addFile(staged, row);
        break;
      case "block":
        this.#addBlock(staged, row);
        break;
      case "outline":
        this.#outlineRows.push(row);
        break;
      case "skipped":
        staged.writer.skipped(row.path, row.reason);
        break;
      case "warning":
        if (this.#warnings.length < MOST_WARNINGS)
          this.#warnings.push(row.page === null ? row.message : `${row.message} (page ${row.page})`);
        break;
      case "end":
        if (row.blocks !== this.#blocks)
          throw outOfOrder(`${this.#blocks} blocks came, the end row counts ${row.blocks}`);
        this.#state = "ended";
        break;
      default:
        unreachable(row);
    }
  }

  async finish(options: Parameters<ImportSession["finish"]>[0] = {}): Promise<ImportCounts> {
    if (this.#duplicateOf !== null) return this.#countsOf(this.#duplicateOf);
    const staged = this.#staged;
    if (this.#state !== "ended" || staged === null) {
      this.abort();
      throw outOfOrder("the rows stopped before the end row");
    }
    this.#state = "finishing";
    try {
      const counts = await this.#index(staged, options);
      this.#state = "done";
      this.#parts.sweeper.start();
      return counts;
    } catch (error) {
      this.#noteFailure(error);
      this.abort();
      throw error;
    }
  }

  /** Best effort: on a full disk the ledger may have no room either. What a person cancelled did not fail. */
  #noteFailure(error: unknown): void {
    const { code } = toEnvelope(error);
    if (code === "Cancelled") return;
    try {
      this.#parts.ledger.add("failure", this.#id, { code });
    } catch {
      // The error itself is on its way to the caller; that the ledger lacks it changes nothing.
    }
  }

  abort(): void {
    if (this.#state === "done" || this.#state === "aborted") return;
    this.#state = "aborted";
    const { database, sweeper } = this.#parts;
    const staged = this.#staged;
    if (staged === null) return;
    try {
      database.transaction(() => {
        database.change("update editions set stage = 'dead' where number = ?", staged.writer.edition);
        if (this.#before === null) database.change("delete from documents where number = ?", staged.document);
      });
      sweeper.start();
    } catch {
      // On a full disk even this may fail. The edition stays invisible, and the next open marks it dead.
    }
  }

  #begin(row: DocumentRow): void {
    if (this.#staged !== null || this.#duplicateOf !== null) throw outOfOrder("a second document row");
    const { database, editions } = this.#parts;
    const twin = this.#options.keepDuplicate === true ? null : this.#twinOf(row.sha256);
    if (twin !== null) {
      this.#duplicateOf = twin;
      this.#id = twin.id;
      return;
    }
    database.transaction(() => {
      const document = this.#before?.document ?? this.#newDocument();
      const writer = new EditionWriter(database, document, row);
      const assembly = new TextAssembly(
        (part) => {
          writer.part(part);
        },
        (file) => {
          writer.file(file);
          this.#files.push({ path: file.row.path, start: file.start, end: file.end });
        },
      );
      this.#staged = { row, document, writer, assembly };
    });
    editions.forget();
  }

  #newDocument(): number {
    const { grant, isSample } = this.#options;
    return this.#parts.database.change(
      "insert into documents (id, source, state, added_at, is_sample) values (?, ?, 'importing', ?, ?)",
      ...[this.#id, grant, Date.now(), isSample === true ? 1 : 0],
    ).id;
  }

  /** The document with these bytes: of a replacement only its own version before, else any. */
  #twinOf(sha256: string): CurrentEdition | null {
    const { database, editions } = this.#parts;
    const found = database.value(
      `select d.id from editions e join documents d on d.edition = e.number where e.sha256 = ? and (?2 = 0 or d.number = ?2)`,
      ...[sha256, this.#before?.document ?? 0],
    );
    return typeof found === "string" ? editions.find(documentId.parse(found)) : null;
  }

  #addFile({ assembly, writer }: Staged, row: FileRow): void {
    const known = this.#filesBefore.get(row.path);
    const isSame = known?.sha256 === row.sha256;
    const seq = assembly.addFile(row);
    this.#mustBeEmpty = row.unchanged;
    if (isSame) this.#reusedFiles += 1;
    if (!row.unchanged) return;
    if (known === undefined || !isSame || this.#before === null)
      throw outOfOrder(`${row.path} is said to be unchanged, but its content is not stored`);
    const { first, count } = writer.partsOf(this.#before.edition, known);
    const place = assembly.reserve(known.end - known.start, count);
    if (count > 0) writer.carry(this.#before.edition, known, { ...place, seq, first });
    this.#carried.push({ file: known, start: place.start, end: place.start + known.end - known.start });
  }

  #addBlock({ assembly }: Staged, row: BlockRow): void {
    if (this.#mustBeEmpty) throw outOfOrder("a block in a file that is said to be unchanged");
    assembly.addBlock(row);
    this.#blocks += 1;
  }

  async #index(staged: Staged, options: NonNullable<Parameters<ImportSession["finish"]>[0]>): Promise<ImportCounts> {
    const { database } = this.#parts;
    const { writer, assembly, document } = staged;
    assembly.close();
    for (const page of assembly.pages) writer.page(page);
    const outline = makeOutline({
      characters: assembly.characters,
      rows: this.#outlineRows,
      headings: assembly.headings,
      blockStarts: assembly.blockStarts,
      pages: assembly.pages,
      files: this.#files,
    });
    writer.outline(outline);
    writer.flush();
    const chunks = new ChunkWriter(database, document, writer.edition, this.#before?.edition ?? null);
    const steps = new ImportIndexer(
      { database, edition: writer.edition, before: this.#before?.edition ?? null, chunks },
      {
        outline: new OutlinePaths(outline),
        files: this.#files,
        carried: this.#carried,
        characters: assembly.characters,
      },
    ).steps();
    for (;;) {
      if (options.signal !== undefined) throwIfCancelled(options.signal);
      const { done, reached } = this.#slice(steps);
      options.onProgress?.(reached, assembly.characters);
      await breathe();
      // Someone may have called `abort` meanwhile: what is dead must not be shown.
      if (this.#state !== "finishing") throw new EngineError("Cancelled", "the import was aborted");
      if (done) break;
    }
    if (options.signal !== undefined) throwIfCancelled(options.signal);
    return this.#show(staged, chunks.counts);
  }

  /** Some milliseconds of indexing, in a transaction of their own. */
  #slice(steps: Generator<number, number>): { done: boolean; reached: number } {
    this.#parts.database.requireSpace();
    const until = performance.now() + SLICE_MS;
    return this.#parts.database.transaction(() => {
      for (;;) {
        const { done = false, value: reached } = steps.next();
        if (done || performance.now() >= until) return { done, reached };
      }
    });
  }

  /** The one transaction that makes it visible. */
  #show({ row, document, writer, assembly }: Staged, indexed: ChunkWriter["counts"]): ImportCounts {
    const { database, editions, ledger } = this.#parts;
    const counts: ImportCounts = {
      documentId: this.#id,
      isDuplicate: false,
      pages: Math.max(row.pages, assembly.pages.length),
      files: assembly.files,
      characters: assembly.characters,
      words: indexed.words,
      chunks: indexed.chunks,
      reusedChunks: indexed.reused,
      reusedFiles: this.#reusedFiles,
      skipped: writer.skippedFiles,
      warnings: this.#warnings,
    };
    database.transaction(() => {
      const picturePages = assembly.pages.filter(({ isPicture }) => isPicture).length;
      writer.totals({ ...counts, picturePages });
      database.change("update editions set stage = 'dead' where document = ? and stage = 'current'", document);
      database.change("update editions set stage = 'current' where number = ?", writer.edition);
      const { changes } = database.change(
        "update documents set edition = ?, source = ?, state = 'searchable', tokens = 0 where number = ?",
        ...[writer.edition, this.#options.grant, document],
      );
      if (changes === 0) throw removedMeanwhile(this.#id);
      const { pages, files, characters, chunks, reusedChunks, reusedFiles } = counts;
      ledger.add("import", this.#id, { pages, files, characters, chunks, reusedChunks, reusedFiles });
    });
    editions.forget();
    return counts;
  }

  #countsOf(existing: CurrentEdition): ImportCounts {
    const { editions } = this.#parts;
    const { id, edition, characters, words, chunks } = existing;
    const pages = editions.pages(edition).length;
    const files = editions.files(edition).length;
    const reused = { reusedChunks: chunks, reusedFiles: files, skipped: 0, warnings: [] };
    return { documentId: id, isDuplicate: true, pages, files, characters, words, chunks, ...reused };
  }
}

function outOfOrder(message: string): EngineError {
  return new EngineError("ParserFailed", message, {
    hint: "The document could not be read to its end. Open it again; if it fails again, report it.",
  });
}

function removedMeanwhile(id: DocumentId): EngineError {
  return new EngineError("NotFound", `document ${id} was removed while its new version was read`, {
    hint: "Open the document again.",
  });
}
