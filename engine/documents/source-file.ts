/**
 * The one granted file: its kind, size, bytes and hash. Refuses what is neither file nor folder.
 * Translates the file system's errors once. Knows nothing about formats.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync, type Stats } from "node:fs";
import { basename } from "node:path";
import { EngineError } from "../protocol/errors.ts";
import { emptyFile, tooLarge, unreadable } from "./document-errors.ts";
import { oneLine, shorten } from "./clean-text.ts";

export interface SourceFile {
  readonly path: string;
  /** The name alone, as sentences show it. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** What lies at the path: a folder, or a file of at least one byte. NotFound, Forbidden, DocumentUnreadable. */
export function openSource(path: string): { kind: "folder" } | { kind: "file"; file: SourceFile } {
  const name = shorten(oneLine(basename(path)), 200);
  const stats = statOf(path, name);
  if (stats.isDirectory()) return { kind: "folder" };
  if (!stats.isFile()) {
    throw new EngineError("UnsupportedFormat", `${name} is neither a file nor a folder.`, {
      hint: "Open a document or a folder.",
    });
  }
  if (stats.size === 0) throw emptyFile(name);
  return { kind: "file", file: { path, name, sizeBytes: stats.size } };
}

/** The first bytes, at most `length`. */
export function readHead(file: SourceFile, length: number): Uint8Array {
  return reading(file.name, () => {
    const descriptor = openSync(file.path, "r");
    try {
      const bytes = new Uint8Array(Math.min(length, file.sizeBytes));
      return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(descriptor);
    }
  });
}

/** All bytes and their hash. DocumentTooLarge, without reading any, beyond `limitBytes`. */
export function readWhole(file: SourceFile, limitBytes: number): { bytes: Uint8Array; sha256: string } {
  checkSize(file, limitBytes);
  // An array of its own, not a view of Node's pool: pdf.js takes the memory over.
  const whole = new Uint8Array(file.sizeBytes);
  let length = 0;
  for (const piece of readPieces(file, limitBytes)) {
    const fitting = piece.subarray(0, whole.length - length);
    whole.set(fitting, length);
    length += fitting.length;
  }
  const bytes = length === whole.length ? whole : whole.slice(0, length);
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Pieces of the file in order, for what is read without lying in memory as a whole. */
export function* readPieces(file: SourceFile, limitBytes: number): Generator<Uint8Array> {
  checkSize(file, limitBytes);
  const descriptor = reading(file.name, () => openSync(file.path, "r"));
  try {
    for (;;) {
      const piece = new Uint8Array(1 << 20);
      const length = reading(file.name, () => readSync(descriptor, piece, 0, piece.length, null));
      if (length === 0) return;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Errors: `DocumentTooLarge` above the limit. */
export function checkSize(file: SourceFile, limitBytes: number): void {
  if (file.sizeBytes <= limitBytes) return;
  throw tooLarge(
    `${file.name} is too large`,
    file.sizeBytes,
    limitBytes,
    "bytes",
    "Split it into parts and open those.",
  );
}

function statOf(path: string, name: string): Stats {
  return reading(name, () => statSync(path));
}

function reading<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT") {
      throw new EngineError("NotFound", `${name} is not there any more.`, {
        hint: "It was moved, renamed or deleted; choose it again.",
        cause,
      });
    }
    if (code === "EACCES" || code === "EPERM" || code === "ERR_ACCESS_DENIED") {
      throw new EngineError("Forbidden", `${name} may not be read.`, {
        hint: "Check the permissions of the file, or choose it again.",
        cause,
      });
    }
    throw unreadable(
      `${name} could not be read from the disk.`,
      "Check the disk, or copy the file and open the copy.",
      cause,
    );
  }
}
