/**
 * The parser process: one order in, rows.ndjson out, then it ends. Started by the host behind the permission wall
 * (parser-flags.ts), with an IPC channel. Time and memory ceilings are the host's; limits of size are the readers'.
 * Knows nothing about formats or the store.
 */
import { join } from "node:path";
import { toEnvelope } from "../protocol/errors.ts";
import { readDocument, type Progress } from "./read-document.ts";
import { RowFile } from "./row-file.ts";
import type { ParserMessage, ParserOrder } from "./rows.ts";

/** Progress goes out at most this often. */
const PROGRESS_EVERY_MS = 100;

const cancel = new AbortController();

function say(message: ParserMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, () => resolve());
  });
}

function progressReporter(): (progress: Progress) => void {
  let last = 0;
  return ({ done, total, unit }) => {
    const now = Date.now();
    if (now - last < PROGRESS_EVERY_MS && done < total) return;
    last = now;
    void say({ type: "progress", done, total, unit }); // best effort: the end does not hang on it
  };
}

async function work(order: ParserOrder): Promise<void> {
  try {
    const rows = new RowFile(join(order.outFolder, "rows.ndjson"));
    await readDocument(order, rows, progressReporter(), cancel.signal);
    rows.close();
    await say({ type: "done" });
  } catch (error) {
    const { code, message, hint } = toEnvelope(error);
    await say({ type: "error", code, message, hint });
  }
  process.exit(0);
}

// A parser without its host has nobody to read for.
process.once("disconnect", () => process.exit(1));
process.once("message", (order: ParserOrder) => void work(order));
