/**
 * Starts one parser process per granted file or folder, with that one grant, and watches time and life.
 * Knows nothing about formats; reads no byte of the document.
 */
import { fork, type ChildProcess } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parserFlags } from "../documents/parser-flags.ts";
import type { ParserMessage, ParserOrder } from "../documents/rows.ts";
import { ERROR_CODES, EngineError, type ErrorCode } from "../protocol/index.ts";
import { engineNode, programRoot, type LibraryLayout } from "./layout.ts";

/** Without a sign of life for this long a parser is ended. */
const SILENCE_MS = 120_000;
const HEAP_MB = 1_024;

export interface ParseRequest {
  readonly jobId: string;
  readonly source: string;
  readonly password?: string;
  readonly known?: Readonly<Record<string, string>>;
}

export class Parsers {
  readonly #layout: LibraryLayout;
  readonly #children = new Set<ChildProcess>();

  constructor(layout: LibraryLayout) {
    this.#layout = layout;
    rmSync(layout.incoming, { recursive: true, force: true }); // what killed runs left behind
    mkdirSync(layout.incoming, { recursive: true, mode: 0o700 });
  }

  /** Runs one parser to its end; returns the rows' file. Errors: the parser's own, `ParserFailed`, `Cancelled`. */
  async parse(
    request: ParseRequest,
    onProgress: (message: Extract<ParserMessage, { type: "progress" }>) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const outFolder = join(this.#layout.incoming, request.jobId.replaceAll(/[^\w-]/g, "_"));
    rmSync(outFolder, { recursive: true, force: true });
    mkdirSync(outFolder, { recursive: true, mode: 0o700 });
    const order: ParserOrder = {
      source: request.source,
      outFolder,
      ...(request.password === undefined ? {} : { password: request.password }),
      ...(request.known === undefined ? {} : { known: request.known }),
    };
    try {
      await this.#run(order, onProgress, signal);
    } catch (error) {
      rmSync(outFolder, { recursive: true, force: true });
      throw error;
    }
    return join(outFolder, "rows.ndjson");
  }

  /** Ends every parser: the host is closing. */
  dispose(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #run(
    order: ParserOrder,
    onProgress: (message: Extract<ParserMessage, { type: "progress" }>) => void,
    signal: AbortSignal,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new EngineError("Cancelled", "cancelled"));
      const child = fork(join(programRoot, "engine/documents/parser-main.ts"), [], {
        execPath: engineNode(),
        execArgv: parserFlags({ programRoot, source: order.source, outFolder: order.outFolder, heapMb: HEAP_MB }),
        env: parserEnvironment(),
        serialization: "json",
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      });
      this.#children.add(child);
      let outcome: EngineError | "done" | null = null;
      let complaint = "";
      child.stderr?.on("data", (bytes: Buffer) => (complaint = (complaint + bytes.toString("utf8")).slice(-4_000)));
      const kill = () => child.kill("SIGKILL");
      let silence = setTimeout(kill, SILENCE_MS);
      signal.addEventListener("abort", kill, { once: true });
      child.on("message", (message: ParserMessage) => {
        clearTimeout(silence);
        silence = setTimeout(kill, SILENCE_MS);
        if (message.type === "progress") onProgress(message);
        else outcome = message.type === "done" ? "done" : parserError(message);
      });
      child.on("error", (error) => (outcome ??= new EngineError("ParserFailed", error.message, { cause: error })));
      child.on("close", (code, killedBy) => {
        clearTimeout(silence);
        signal.removeEventListener("abort", kill);
        this.#children.delete(child);
        if (signal.aborted) reject(new EngineError("Cancelled", "cancelled"));
        else if (outcome === "done") resolve();
        else reject(outcome ?? diedEarly(code, killedBy, complaint));
      });
      child.send(order);
    });
  }
}

/** A parser gets nothing of the host's environment but what Node needs to start. */
function parserEnvironment(): NodeJS.ProcessEnv {
  return { LANG: "C.UTF-8", ...(process.env["SystemRoot"] ? { SystemRoot: process.env["SystemRoot"] } : {}) };
}

function parserError(message: Extract<ParserMessage, { type: "error" }>): EngineError {
  const code: ErrorCode = ERROR_CODES.find((known) => known === message.code) ?? "ParserFailed";
  return new EngineError(code, message.message, { hint: message.hint });
}

function diedEarly(code: number | null, killedBy: string | null, complaint: string): EngineError {
  const outOfMemory = complaint.includes("heap out of memory"); // V8 prints this on its way down; nothing typed is left by then
  return new EngineError(
    "ParserFailed",
    outOfMemory
      ? `reading this file took more than ${HEAP_MB} MB of memory, so it was ended`
      : killedBy
        ? `reading this file was ended after ${SILENCE_MS / 1_000} s without progress`
        : `the parser ended early (exit code ${code})`,
    {
      hint: "The library is unchanged. The file may be damaged; try to save it again with the program that made it.",
      details: { complaint: complaint.slice(-600) },
    },
  );
}
