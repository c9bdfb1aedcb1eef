/**
 * A file or folder becomes a document: parsed by the host's parser, stored, searchable; then read into memory.
 * Run again after a pause or a crash it goes on: a finished import is remembered, read segments are found by content.
 */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { breathe, throwIfCancelled } from "../base/abort.ts";
import type { Turnstile } from "../base/turnstile.ts";
import { EngineError, type DocumentId, type EngineClient, type ImportResult } from "../protocol/index.ts";
import type { ImportCounts, LibraryStore } from "../store/types.ts";
import type { JobHandler, JobRun } from "./job-queue.ts";
import { parsedRows } from "./parsed-rows.ts";
import type { MemoryReader } from "./memory-reader.ts";

/** Rows between two breaths: keeps the event loop's holds in the low milliseconds. */
const ROWS_PER_BREATH = 40;

export interface ImportParts {
  readonly store: LibraryStore;
  /** The engine's way to its host. */
  readonly host: EngineClient;
  readonly reader: MemoryReader;
  readonly parsing: Turnstile;
  /** Progress of parsers under way, by job. */
  readonly parseProgress: Map<string, (done: number, total: number, unit: "pages" | "files" | "bytes") => void>;
  /** Passwords by job, in memory only: after a crash it is asked for again. */
  readonly passwords: ReadonlyMap<string, string>;
  readonly onDocument: (id: DocumentId) => void;
}

/** The bytes are parsed and stored. Kept with the job, so that it is done once. */
interface Imported {
  readonly documentId: DocumentId;
  readonly counts: Omit<ImportCounts, "documentId">;
  readonly searchableMs: number;
}

export function importJob(parts: ImportParts): JobHandler {
  return async (run) => {
    const started = Date.now();
    const imported =
      rememberedImport(run) ?? (await parts.parsing.pass(run.signal, () => importText(parts, run, started)));
    const { documentId, counts } = imported;
    const reading = run.request["read"] === false ? null : await parts.reader.read(documentId, run);
    parts.onDocument(documentId);
    return resultOf(imported, reading, Date.now() - started, parts.store.documents.get(documentId).memoryBytes, counts);
  };
}

function rememberedImport(run: JobRun): Imported | null {
  const kept = run.request["imported"];
  return kept === undefined ? null : (kept as Imported); // written by this module alone, as plain JSON
}

async function importText(parts: ImportParts, run: JobRun, started: number): Promise<Imported> {
  const { store, host } = parts;
  const grant = String(run.request["grant"]);
  run.report("opening", 0, 0, "bytes");
  const replaces = store.documents.list().find(({ id }) => store.documents.source(id).grant === grant)?.id;
  parts.parseProgress.set(run.id, (done, total, unit) => run.report("text", done, total, unit));
  const password = parts.passwords.get(run.id);
  let file: string;
  try {
    const parsed = (await host.callAny(
      "host.parse",
      {
        grant,
        jobId: run.id,
        ...(password === undefined ? {} : { password }),
        ...(replaces === undefined ? {} : { known: store.texts.knownFiles(replaces) }),
      },
      { signal: run.signal },
    )) as { file: string };
    file = parsed.file;
  } finally {
    parts.parseProgress.delete(run.id);
  }
  try {
    const counts = await storeRows(parts, run, file, replaces);
    const { documentId, ...rest } = counts;
    const imported: Imported = { documentId, counts: rest, searchableMs: Date.now() - started };
    run.remember({ imported });
    store.documents.setGrant(documentId, grant);
    run.about(documentId, store.documents.get(documentId).title);
    parts.onDocument(documentId);
    return imported;
  } finally {
    rmSync(dirname(file), { recursive: true, force: true });
  }
}

async function storeRows(
  parts: ImportParts,
  run: JobRun,
  file: string,
  replaces: DocumentId | undefined,
): Promise<ImportCounts> {
  const session = parts.store.importDocument({
    grant: String(run.request["grant"]),
    isSample: run.request["isSample"] === true,
    ...(replaces === undefined ? {} : { replaces }),
  });
  try {
    let rows = 0;
    for await (const row of parsedRows(file)) {
      session.add(row);
      if (session.isDuplicate) break;
      if (++rows % ROWS_PER_BREATH === 0) {
        throwIfCancelled(run.signal);
        await breathe();
      }
    }
    return await session.finish({
      signal: run.signal,
      onProgress: (done, total) => run.report("index", done, total, "bytes"),
    });
  } catch (error) {
    session.abort();
    throw error;
  }
}

function resultOf(
  imported: Imported,
  reading: Awaited<ReturnType<MemoryReader["read"]>> | null,
  totalMs: number,
  memoryBytes: number,
  counts: Imported["counts"],
): ImportResult {
  if (imported.documentId.length === 0) throw new EngineError("Internal", "import without a document");
  return {
    documentId: imported.documentId,
    pages: counts.pages,
    files: counts.files,
    tokens: reading?.tokens ?? 0,
    chunks: counts.chunks,
    segments: reading?.segments ?? 0,
    reused: reading?.reused ?? 0,
    reusedChunks: counts.reusedChunks,
    reusedFiles: counts.reusedFiles,
    skipped: counts.skipped,
    memoryBytes,
    tokensPerSecond: reading?.tokensPerSecond ?? 0,
    searchableMs: imported.searchableMs,
    totalMs,
    warnings: [...counts.warnings, ...(reading?.warnings ?? [])],
  };
}
