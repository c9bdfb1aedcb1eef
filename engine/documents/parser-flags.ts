/**
 * The wall around a parser: the flags that Node starts it with. Pure; the host starts the process.
 * Reading is granted for the program and the one source, writing for one folder; sockets, children, workers and
 * native addons are granted to nobody. The permission model follows symbolic links when it checks nothing but the
 * name (tried on 26.10: a link inside the grant opens a file outside), so readers of folders check real paths too.
 */
import { EngineError } from "../protocol/errors.ts";
import { PARSER_HEAP_MB } from "./limits.ts";

export interface ParserGrant {
  /** Folder that holds engine/ and node_modules/, absolute. */
  readonly programRoot: string;
  /** The file or folder to read, absolute, links already resolved by the host. */
  readonly source: string;
  /** Folder for rows.ndjson, absolute; it must exist. */
  readonly outFolder: string;
  /** Largest heap in MiB; default 1,024. The process dies beyond it, alone. */
  readonly heapMb?: number;
}

/** Arguments for `node`, before the path of parser-main.ts. Forbidden: a path that the wall would read as a pattern. */
export function parserFlags({ programRoot, source, outFolder, heapMb = PARSER_HEAP_MB }: ParserGrant): string[] {
  for (const path of [programRoot, source, outFolder]) {
    // In these flags "*" stands for any characters: a name that holds one would open its neighbours as well.
    if (path.includes("*")) {
      throw new EngineError("Forbidden", `The path ${path} holds a "*", which would open more than this one place.`, {
        hint: 'Rename the file or folder without the "*", then open it again.',
      });
    }
  }
  return [
    "--permission",
    `--allow-fs-read=${programRoot}`,
    `--allow-fs-read=${source}`,
    `--allow-fs-write=${outFolder}`,
    `--max-old-space-size=${Math.max(64, Math.trunc(heapMb))}`,
    "--disallow-code-generation-from-strings",
    "--no-warnings",
  ];
}

/** Path of the parser's program, relative to `programRoot`. */
export const PARSER_MAIN = "engine/documents/parser-main.ts";
