/**
 * Rows on disk: one JSON object a line, written in large pieces.
 * Node refuses fsync under the permission wall (tried on 26.10), so durability is not promised here: the engine
 * reads the file at once and commits to its own store. A full disk becomes a typed error. Knows nothing about rows.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { EngineError } from "../protocol/errors.ts";
import type { ParserRow } from "./rows.ts";
import type { RowSink } from "./row-writer.ts";

const PIECE = 1 << 20;

export class RowFile implements RowSink {
  readonly #descriptor: number;
  #pending: string[] = [];
  #pendingLength = 0;

  /** Creates the file; an existing one is replaced. */
  constructor(path: string) {
    this.#descriptor = onDisk(() => openSync(path, "w", 0o600));
  }

  write(row: ParserRow): void {
    const line = `${JSON.stringify(row)}\n`;
    this.#pending.push(line);
    this.#pendingLength += line.length;
    if (this.#pendingLength >= PIECE) this.#flush();
  }

  close(): void {
    this.#flush();
    onDisk(() => closeSync(this.#descriptor));
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending.join(""), "utf8");
    this.#pending = [];
    this.#pendingLength = 0;
    let at = 0;
    while (at < bytes.length) {
      const from = at;
      at += onDisk(() => writeSync(this.#descriptor, bytes, from, bytes.length - from));
    }
  }
}

function onDisk<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOSPC" || code === "EDQUOT") {
      throw new EngineError("DiskFull", "The disk is full: the text of the document could not be written.", {
        hint: "Free some space on the disk of the library, then open the document again.",
        cause,
      });
    }
    throw new EngineError("ParserFailed", "The parser could not write what it read.", {
      hint: "Check that the library folder can be written to, then open the document again.",
      cause,
    });
  }
}
