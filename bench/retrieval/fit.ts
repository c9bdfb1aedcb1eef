/**
 * Fits the weights of the ranking (engine/retrieval/weights.ts) to haystacks: a conditional logit over the passages of
 * each question (McFadden 1974), the chance that some evidence is drawn, in units of the question's own weight.
 *   node bench/retrieval/fit.ts HAYSTACKS.json…     (make-haystacks.py --part tune)
 * Prints weights with near = 1. Measures that never vary there (headings, definitions, feedback) keep their weight.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FEATURES, type Feature } from "../../engine/retrieval/features.ts";
import { createRetriever } from "../../engine/retrieval/retriever.ts";
import { WEIGHTS } from "../../engine/retrieval/weights.ts";
import { openStore } from "../../engine/store/open-store.ts";
import { isEvidence, loadHaystack, readHaystacks } from "./haystacks.ts";

const PASSAGES = 60;
const ROUNDS = 150;
const RATE = 0.05;
const DECAY = 1e-3;

interface Example {
  /** Passages, each a row of measures over the question's weight. */
  readonly rows: readonly Float64Array[];
  readonly isEvidence: readonly boolean[];
}

async function examplesOf(path: string): Promise<Example[]> {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-fit-"));
  const store = openStore(folder);
  const retriever = createRetriever(store.chunks);
  const examples: Example[] = [];
  for (const hay of readHaystacks(path)) {
    const { id, questions } = await loadHaystack(store, hay);
    for (const asked of questions) {
      const found = retriever.search(asked.question, [id], { limit: PASSAGES, perChunk: 20 });
      const hits = found.map((passage) => isEvidence(passage, asked));
      // Nothing to learn where all or none are evidence.
      if (!hits.includes(true) || !hits.includes(false)) continue;
      const [first] = found;
      const total = first?.features === null || first === undefined ? 0 : first.features.coverage / first.matched;
      const rows = found.map(({ features }) => Float64Array.from(FEATURES, (name) => (features?.[name] ?? 0) / total));
      examples.push({ rows, isEvidence: hits });
    }
  }
  store.close();
  rmSync(folder, { recursive: true });
  return examples;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const raised = scores.map((score) => Math.exp(score - most));
  const sum = raised.reduce((total, value) => total + value, 0);
  return raised.map((value) => value / sum);
}

/** Gradient of minus the log chance that evidence is drawn. */
function addGradient(gradient: Float64Array, weights: Float64Array, { rows, isEvidence: hits }: Example): void {
  const chance = softmax(rows.map((row) => dot(weights, row)));
  const right = chance.reduce((sum, value, at) => sum + ((hits[at] ?? false) ? value : 0), 0);
  for (const [at, row] of rows.entries()) {
    const p = chance[at] ?? 0;
    const slope = p - ((hits[at] ?? false) ? p / Math.max(right, 1e-12) : 0);
    for (let k = 0; k < row.length; k += 1) gradient[k] = (gradient[k] ?? 0) + slope * (row[k] ?? 0);
  }
}

/** Adam (Kingma & Ba 2015), all examples at once. */
function fit(examples: readonly Example[]): Float64Array {
  const size = FEATURES.length;
  const weights = Float64Array.from(FEATURES, (name) => (name === "near" ? 3 : 0));
  const mean = new Float64Array(size);
  const square = new Float64Array(size);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const gradient = new Float64Array(size);
    for (const example of examples) addGradient(gradient, weights, example);
    for (let k = 0; k < size; k += 1) {
      const slope = (gradient[k] ?? 0) / examples.length + DECAY * (weights[k] ?? 0);
      mean[k] = 0.9 * (mean[k] ?? 0) + 0.1 * slope;
      square[k] = 0.99 * (square[k] ?? 0) + 0.01 * slope * slope;
      const step = (mean[k] ?? 0) / (1 - 0.9 ** round) / (Math.sqrt((square[k] ?? 0) / (1 - 0.99 ** round)) + 1e-8);
      weights[k] = (weights[k] ?? 0) - RATE * step;
    }
  }
  return weights;
}

const paths = process.argv.slice(2);
if (paths.length === 0) throw new Error("usage: node bench/retrieval/fit.ts HAYSTACKS.json…");
const examples = (await Promise.all(paths.map(examplesOf))).flat();
const weights = fit(examples);
const near = weights[0] ?? 1;
const varies = (at: number): boolean => examples.some(({ rows }) => rows.some((row) => (row[at] ?? 0) !== 0));
console.log(`${examples.length} questions`);
for (const [at, name] of FEATURES.entries()) {
  const now: Feature = name;
  console.log(`${name.padEnd(16)} ${varies(at) ? ((weights[at] ?? 0) / near).toFixed(3) : "-"}   (is ${WEIGHTS[now]})`);
}
