/**
 * How fast a model reads and writes on this machine.
 *
 *   node bench/model/encode.ts --shape nano|s30|q05 [--threads 2] [--seconds 3]       random weights of that shape
 *   node bench/model/encode.ts --package assets/models/starter                        a real package
 *
 * Prints encode tokens/s (segments of 512, 8 source tokens per slot), decode tokens/s over several contexts, the longest
 * single model call against the limit of 0.4 s, and how many cores other programs used meanwhile: with a busy neighbour
 * the figures are lower than the machine's own.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { numbersOf } from "../../engine/model/codes.ts";
import { KvCache } from "../../engine/model/kv-cache.ts";
import { LoadedModel } from "../../engine/model/loaded-model.ts";
import { SHAPES, writeRandomPackage } from "./random-package.ts";

const LONGEST_CALL_MS = 400;
const CONTEXTS = [128, 1024, 4096];

const { values } = parseArgs({
  options: {
    shape: { type: "string", default: "nano" },
    package: { type: "string" },
    threads: { type: "string", default: String(Math.min(8, availableParallelism())) },
    seconds: { type: "string", default: "3" },
  },
});

const workFolder = mkdtempSync(join(tmpdir(), "longleaf-bench-"));
try {
  const longestMs = await measure(
    values.package ?? randomPackage(values.shape),
    Number(values.threads),
    Number(values.seconds),
  );
  console.log(
    `longest single model call ${longestMs.toFixed(0)} ms (limit ${LONGEST_CALL_MS} ms): ${longestMs <= LONGEST_CALL_MS ? "kept" : "BROKEN"}`,
  );
  process.exitCode = longestMs <= LONGEST_CALL_MS ? 0 : 1;
} finally {
  rmSync(workFolder, { recursive: true, force: true });
}

function randomPackage(name: string): string {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`unknown shape ${name}; one of ${Object.keys(SHAPES).join(", ")}`);
  const folder = join(workFolder, name);
  writeRandomPackage(folder, shape);
  return folder;
}

/** Milliseconds of the longest call. */
async function measure(folder: string, threads: number, seconds: number): Promise<number> {
  const options = { folder, cacheFolder: join(workFolder, "compiled"), threads };
  const cold = await timed(() => LoadedModel.load(options));
  await cold.value[Symbol.asyncDispose]();
  const warm = await timed(() => LoadedModel.load(options));
  await using model = warm.value;
  const { info } = model;
  console.log(
    `${info.name}: ${(info.parameters / 1e6).toFixed(1)} M parameters, ${info.graphVersion}, ${threads} threads of ${availableParallelism()}, load average ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(
    `load ${cold.ms.toFixed(0)} ms compiling, ${warm.ms.toFixed(0)} ms compiled, ${Math.round(process.memoryUsage().rss / 1e6)} MB resident`,
  );
  const encoding = await measureEncoding(model, seconds);
  const decoding: number[] = [];
  for (const context of CONTEXTS) decoding.push(await measureDecoding(model, context, seconds / 3));
  return Math.max(encoding, ...decoding);
}

async function measureEncoding(model: LoadedModel, seconds: number): Promise<number> {
  const { segmentLength, defaultRatio } = model.info.memory;
  const ids = someIds(segmentLength, model.info.shape.vocabulary);
  const runs = await repeat(seconds, () => model.encoder.encode(ids, defaultRatio, new AbortController().signal));
  const perSecond = (ms: number): string => ((segmentLength * 1000) / ms).toFixed(0).padStart(7);
  console.log(
    `encode  ${perSecond(runs.median)} tokens/s (best ${perSecond(runs.best).trim()}), ${runs.median.toFixed(1)} ms a segment, ${runs.cpu.toFixed(1)} ms of processor time, others used ${runs.others.toFixed(2)} cores`,
  );
  // A segment of a large model is several calls; this is an upper bound of the longest.
  return runs.worst / Math.max(1, model.encoder.calls);
}

async function measureDecoding(model: LoadedModel, context: number, seconds: number): Promise<number> {
  const { decoder, info } = model;
  const ids = someIds(info.memory.segmentLength, info.shape.vocabulary);
  const encoded = await model.encoder.encode(ids, info.memory.defaultRatio, new AbortController().signal);
  const memory = await numbersOf(encoded, model.restorer);
  const cache = new KvCache(info.shape, decoder.frequencies);
  while (cache.length + memory.slots <= context) cache.appendMemory(memory);
  const slice = ids.slice(0, decoder.sliceLength);
  const prefill = await repeat(seconds / 2, async () => {
    await decoder.run(cache, slice, { kind: "rows only" });
    cache.truncate(cache.tailStart);
  });
  const step = await repeat(seconds / 2, async () => {
    await decoder.run(cache, [ids[0] ?? 0], { kind: "logits" });
    cache.truncate(cache.tailStart);
  });
  console.log(
    `decode  ${(1000 / step.median).toFixed(0).padStart(7)} tokens/s (best ${(1000 / step.best).toFixed(0)}) over ${cache.length} entries; prefill ${((slice.length * 1000) / prefill.median).toFixed(0)} tokens/s in slices of ${slice.length}; others used ${step.others.toFixed(2)} cores`,
  );
  return Math.max(prefill.worst, step.worst);
}

async function repeat(
  seconds: number,
  work: () => Promise<unknown>,
): Promise<{ median: number; best: number; worst: number; cpu: number; others: number }> {
  for (let i = 0; i < 3; i++) await work();
  const [begin, ownBefore, allBefore] = [performance.now(), process.cpuUsage(), machineBusyMs()];
  const times: number[] = [];
  while (performance.now() - begin < seconds * 1000 || times.length < 5) times.push((await timed(work)).ms);
  const elapsed = performance.now() - begin;
  const own = process.cpuUsage(ownBefore);
  const ownMs = (own.user + own.system) / 1000;
  times.sort((a, b) => a - b);
  return {
    median: times[times.length >> 1] ?? NaN,
    best: times[0] ?? NaN,
    worst: times.at(-1) ?? NaN,
    cpu: ownMs / times.length,
    others: Math.max(0, (machineBusyMs() - allBefore - ownMs) / elapsed),
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const begin = performance.now();
  return { value: await work(), ms: performance.now() - begin };
}

/** Busy milliseconds of all cores since boot; 0 where the system does not tell. */
function machineBusyMs(): number {
  if (process.platform !== "linux") return 0;
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] =
    readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/\s+/).map(Number) ?? [];
  return (user + nice + system + irq + softIrq + steal) * 10;
}

function someIds(count: number, vocabulary: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 7919 + 13) % vocabulary);
}
