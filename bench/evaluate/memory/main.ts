/**
 * `npm run evaluate -- memory FILE.jsonl`: what is the memory worth, in bits per byte, on texts that nobody trained on?
 *   node bench/evaluate/main.ts memory FILE.jsonl [--json] [--ratio 8] [--past 7] [--recent 256] [--windows 4]
 *     [--precision int8 ...] [--package <folder>]
 * The shipped package, computed by the engine as it runs in the product (onnxruntime, 8 bits, memories as they are kept).
 * Owns: options, the run, output. The views are readings.ts, the windows windows.ts, the means figures.ts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadModel } from "../../../engine/model/client.ts";
import type { LanguageModel, ModelInfo } from "../../../engine/model/types.ts";
import { EngineError } from "../../../engine/protocol/errors.ts";
import { difference, figuresOf, meanBits, type MemoryFigures, signed, tableOf } from "./figures.ts";
import { type Bits, Reader, type Reading, type Setting } from "./readings.ts";
import { invalid, parseOptions, settingOf } from "./options.ts";
import { readRows, type TextRow } from "./rows.ts";
import { readTokenBytes } from "./token-bytes.ts";
import { cutWindows, leastTokens, type Window } from "./windows.ts";

/** Exit code 1 with one sentence where the input or an option is not usable. */
export async function main(args: string[]): Promise<void> {
  try {
    await run(args);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    console.error(`evaluate memory: ${error.message}${error.hint === "" ? "" : `\n${error.hint}`}`);
    process.exitCode = 1;
  }
}

async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseOptions(args);
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0)
    throw invalid("one file of documents is needed: evaluate memory FILE.jsonl");
  const rows = await readRows(path);
  const cacheFolder = mkdtempSync(join(tmpdir(), "longleaf-memory-"));
  try {
    await using model = await loadModel({ folder: values.package, cacheFolder });
    const setting = settingOf(values, model.info);
    const measured = await measure(model, rows, setting, values.package);
    if (values.json) console.log(JSON.stringify(measured.figures));
    else print(measured, setting, model.info);
  } finally {
    rmSync(cacheFolder, { recursive: true, force: true });
  }
}

interface Measured {
  readonly figures: MemoryFigures;
  readonly windows: number;
  readonly meanPast: number;
  /** Bits per byte of `memory` in each precision, by document. */
  readonly byPrecision: readonly (readonly number[])[];
  readonly seconds: number;
}

async function measure(
  model: LanguageModel,
  rows: readonly TextRow[],
  setting: Setting,
  folder: string,
): Promise<Measured> {
  const documents = windowsOf(model, rows, setting);
  const reader = new Reader(model, setting, readTokenBytes(folder));
  const begin = performance.now();
  const bits: Bits[] = [];
  const byPrecision: number[][] = setting.precisions.map(() => []);
  for (const [number, windows] of documents.entries()) {
    // Half the list further on: neighbours in a file are often of one kind or one work.
    const others = documents[(number + Math.max(1, documents.length >> 1)) % documents.length] ?? [];
    const readings: Reading[] = [];
    for (const [i, window] of windows.entries()) readings.push(await reader.read(window, others[i] ?? window));
    bits.push(meanBits(readings.map((reading) => reading.bits)));
    byPrecision.forEach((list, i) =>
      list.push(readings.reduce((sum, reading) => sum + (reading.byPrecision[i] ?? NaN), 0) / readings.length),
    );
  }
  const all = documents.flat();
  return {
    figures: figuresOf(bits, setting.ratio),
    windows: all.length,
    meanPast: all.reduce((sum, { past }) => sum + past, 0) / all.length,
    byPrecision,
    seconds: (performance.now() - begin) / 1000,
  };
}

/** Windows of each document that is long enough; the others are named on stderr. Errors: fewer than two are left. */
function windowsOf(model: LanguageModel, rows: readonly TextRow[], setting: Setting): Window[][] {
  const least = leastTokens(setting);
  const documents: Window[][] = [];
  for (const { id, text } of rows) {
    const ids = model.tokenizer.encode(text);
    const windows = cutWindows(ids, setting);
    if (windows.length > 0) documents.push(windows);
    else console.error(`evaluate memory: ${id} is left out: ${ids.length} tokens, at least ${least} are needed`);
  }
  if (documents.length < 2)
    throw invalid(
      `${documents.length} of ${rows.length} documents have the ${least} tokens that are needed; at least two must, ` +
        "because another document's memory is one of the comparisons",
    );
  return documents;
}

function print(
  { figures, windows, meanPast, byPrecision, seconds }: Measured,
  setting: Setting,
  info: ModelInfo,
): void {
  const [main, ...others] = setting.precisions;
  console.log(
    `${info.name}: ${figures.documents} documents, ${windows} windows, segments of ${setting.segment} tokens, on average ` +
      `${meanPast.toFixed(1)} earlier ones in memory at ratio ${setting.ratio} (${main}), ${setting.recent} recent raw ` +
      `tokens, ${info.maxPositions} positions; ${seconds.toFixed(0)} s\n`,
  );
  if (!info.memory.ratios.includes(setting.ratio))
    console.log(`This memory was not trained at ratio ${setting.ratio} (only ${info.memory.ratios.join(", ")}).\n`);
  for (const line of tableOf(figures)) console.log(line);
  if (others.length === 0) return;
  console.log(`\n| memory kept in | bits per byte | more than in ${main} | s.e. |\n|---|---|---|---|`);
  setting.precisions.forEach((precision, i) => {
    const bits = byPrecision[i] ?? [];
    const cost = difference(bits, byPrecision[0] ?? []);
    const mean = bits.reduce((sum, value) => sum + value, 0) / bits.length;
    console.log(`| ${precision} | ${mean.toFixed(5)} | ${signed(cost.mean)} | ${cost.se.toFixed(5)} |`);
  });
}
