/**
 * A reader package as a running graph, on the thread that computes.
 * Owns: which passages are read together, and how four scores per token become relevance and an answer.
 * Source of the answer's choice: SQuAD's span scoring (Seo et al. 2016, arXiv:1611.01603).
 * Does not know: messages, search.
 */
import { join } from "node:path";
import { throwIfCancelled } from "../base/abort.ts";
import { writeDurable } from "../base/durable-file.ts";
import { contentKey } from "../base/hash.ts";
import { EngineError } from "../protocol/errors.ts";
import { compileInto } from "../model/compile.ts";
import { probeWeightRange } from "../model/int8-probe.ts";
import { type ModelConfig, parseModelConfig } from "../model/model-config.ts";
import { rotaryFrequencies, rotaryRows } from "../model/rotary.ts";
import { floatTensor, type GraphSession, int64Tensor, openSession, type TensorInput } from "../model/runtime.ts";
import { readJson, WeightSource } from "../model/weight-source.ts";
import { WeightsFile } from "../model/weights-file.ts";
import { openModelTokenizer } from "../tokenizer/model-tokenizer.ts";
import { READER, SCORES, writeReader } from "./graph.ts";
import type { Reading } from "./reading.ts";
import { type Row, RowEncoder } from "./rows.ts";

export interface ReaderOptions {
  readonly folder: string;
  /** Where compiled graphs lie. */
  readonly cacheFolder: string;
  readonly threads: number;
}

/** Version of the written graph: part of the compiled folder's key. */
const GRAPH_VERSION = "reader-2";
/** Tokens of one run, padding included: about 30 ms on two cores, and cancels are looked at between runs. */
const TOKENS_PER_RUN = 2048;
const LONGEST_ANSWER = 24;
const HIDDEN_FROM_VIEW = -3e38;

export class ReaderSession implements AsyncDisposable {
  readonly hash: string;
  readonly #config: ModelConfig;
  readonly #session: GraphSession;
  readonly #rows: RowEncoder;
  readonly #frequencies: Float64Array;

  private constructor(hash: string, config: ModelConfig, session: GraphSession, rows: RowEncoder) {
    this.hash = hash;
    this.#config = config;
    this.#session = session;
    this.#rows = rows;
    this.#frequencies = rotaryFrequencies(config.shape.headDim, config.rotary);
  }

  /** Errors: ModelMissing, ModelIncompatible, ModelLoadFailed. */
  static async open({ folder, cacheFolder, threads }: ReaderOptions): Promise<ReaderSession> {
    const config = parseModelConfig(readJson(join(folder, "config.json")));
    const tokenizer = openModelTokenizer(folder);
    const border = (name: string): number => {
      const id = tokenizer.specialId(name);
      if (id === undefined) throw new EngineError("ModelIncompatible", `the reader's tokenizer has no ${name}`);
      return id;
    };
    const borders = { user: border("<|user|>"), passage: border("<|passage|>"), end: border("<|end|>") };
    using weights = WeightSource.open(folder, config);
    const weightRange = await probeWeightRange();
    const hash = contentKey("reader", weights.hash, tokenizer.hash, JSON.stringify(config));
    const key = contentKey(GRAPH_VERSION, hash, String(weightRange));
    const compiled = compileInto(cacheFolder, key, (aside) => {
      using file = new WeightsFile(join(aside, "weights.bin"));
      const options = { config, source: weights, file, linear: "rowwise8", weightRange } as const;
      writeDurable(join(aside, "reader.onnx"), writeReader(options));
    });
    const session = await openSession(join(compiled, "reader.onnx"), { provider: "cpu", threads });
    return new ReaderSession(hash, config, session, new RowEncoder((text) => tokenizer.encode(text), borders));
  }

  async read(question: string, passages: readonly string[], signal: AbortSignal): Promise<Reading[]> {
    const rows = passages.map((passage) => this.#rows.row(question, passage));
    const readings: Reading[] = Array.from({ length: rows.length });
    for (const batch of batchesOf(rows)) {
      throwIfCancelled(signal);
      const members = batch.map((at) => rows[at]).filter((row) => row !== undefined);
      const scores = await this.scores(members);
      batch.forEach((at, i) => {
        const [row, own] = [members[i], scores[i]];
        if (row !== undefined && own !== undefined) readings[at] = interpret(row, own);
      });
    }
    return readings;
  }

  /** Four scores per token of each row, padding cut off: float32 (tokens, 4). */
  async scores(rows: readonly Row[]): Promise<Float32Array[]> {
    const width = Math.max(...rows.map(({ ids }) => ids.length));
    const { [READER.scores]: flat } = await this.#session.run(this.#inputs(rows, width), [READER.scores]);
    if (flat === undefined) throw new EngineError("Internal", "the reader gave no scores");
    return rows.map(({ ids }, i) => flat.subarray(i * width * SCORES, (i * width + ids.length) * SCORES));
  }

  #inputs(rows: readonly Row[], width: number): Record<string, TensorInput> {
    const count = rows.length;
    const { heads, kvHeads, headDim } = this.#config.shape;
    const groups = heads / kvHeads;
    const ids = Array.from<number>({ length: count * width }).fill(0);
    const marks = Array.from<number>({ length: count * width }).fill(0);
    const mask = new Float32Array(count * width).fill(HIDDEN_FROM_VIEW);
    rows.forEach((row, i) => {
      row.ids.forEach((id, t) => {
        ids[i * width + t] = id;
        marks[i * width + t] = row.marks[t] ?? 0;
        mask[i * width + t] = 0;
      });
    });
    const positions = Array.from({ length: count * width }, (_, i) => i % width);
    const { cosine, sine } = rotaryRows(this.#frequencies, positions);
    return {
      [READER.ids]: int64Tensor(ids, [1, count * width]),
      [READER.marks]: int64Tensor(marks, [1, count * width]),
      [READER.cosine]: floatTensor(cosine, [count * width, headDim / 2]),
      [READER.sine]: floatTensor(sine, [count * width, headDim / 2]),
      [READER.mask]: floatTensor(mask, [count, 1, width]),
      [READER.queryRows]: int64Tensor([count, width, kvHeads, groups, headDim]),
      [READER.queryHeads]: int64Tensor([count * kvHeads, groups * width, headDim]),
      [READER.keyRows]: int64Tensor([count, width, kvHeads, headDim]),
      [READER.keyHeads]: int64Tensor([count * kvHeads, width, headDim]),
      [READER.scoreRows]: int64Tensor([count, heads * width, width]),
      [READER.sumRows]: int64Tensor([count, kvHeads, groups, width, headDim]),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

/** Numbers of rows that are read together: of similar length, so that little is padding. */
function batchesOf(rows: readonly Row[]): number[][] {
  const order = rows.map((_, at) => at).sort((a, b) => (rows[a]?.ids.length ?? 0) - (rows[b]?.ids.length ?? 0));
  const batches: number[][] = [];
  for (const at of order) {
    const width = rows[at]?.ids.length ?? 0;
    const last = batches.at(-1);
    if (last !== undefined && (last.length + 1) * width <= TOKENS_PER_RUN) last.push(at);
    else batches.push([at]);
  }
  return batches;
}

/** Relevance and the best answer, as training/reader/model.py and reading.py compute them. */
export function interpret(row: Row, scores: Float32Array): Reading {
  const { first } = row;
  const count = row.spans.length;
  const at = (token: number, score: number): number => scores[(first + token) * SCORES + score] ?? 0;
  const lastToken = scores[(row.ids.length - 1) * SCORES + 3] ?? 0;
  if (count === 0) return { relevance: -Infinity, start: 0, end: 0, score: -Infinity, certainty: 0 };
  const tokens = Array.from({ length: count }, (_, token) => token);
  const begins = tokens.map((token) => at(token, 0));
  const ends = tokens.map((token) => at(token, 1));
  const relevance = lastToken + logSumExp(tokens.map((token) => at(token, 2))) - Math.log(count);
  let [from, to, score] = [0, 0, -Infinity];
  for (const [begin, beginScore] of begins.entries()) {
    const until = Math.min(count, begin + LONGEST_ANSWER + 1);
    for (let end = begin; end < until; end += 1) {
      const sum = beginScore + (ends[end] ?? 0);
      if (sum > score) [from, to, score] = [begin, end, sum];
    }
  }
  const certainty = Math.exp(score - logSumExp(begins) - logSumExp(ends));
  return { relevance, start: row.spans[from]?.[0] ?? 0, end: row.spans[to]?.[1] ?? 0, score, certainty };
}

function logSumExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
