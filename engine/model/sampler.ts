/**
 * Chooses the next id from logits: greedy, or drawn after temperature, top-k and top-p.
 * Same logits, options and seed: same ids. Knows nothing about models or text.
 * Source: top-p is nucleus sampling, Holtzman et al. 2019, arXiv:1904.09751.
 */
import type { GenerateOptions } from "./types.ts";

/** Ids less likely than the best by this factor are never drawn; it spares sorting a whole vocabulary. */
const NEGLIGIBLE = 1e-6;

export class Sampler {
  readonly #temperature: number;
  readonly #topK: number;
  readonly #topP: number;
  readonly #random: () => number;

  constructor(options: Pick<GenerateOptions, "temperature" | "topK" | "topP" | "seed">) {
    this.#temperature = options.temperature ?? 0;
    this.#topK = options.topK ?? 0;
    this.#topP = options.topP ?? 1;
    this.#random = randomFrom(options.seed ?? 0);
  }

  /** logits float32 (V); returns an id. */
  pick(logits: Float32Array): number {
    const best = argmax(logits);
    if (this.#temperature <= 0) return best;
    const candidates = this.#candidates(logits, logits[best] ?? 0);
    const total = candidates.reduce((sum, one) => sum + one.weight, 0);
    let rest = this.#random() * total;
    for (const { id, weight } of candidates) {
      rest -= weight;
      if (rest < 0) return id;
    }
    return best;
  }

  /** Likeliest first, weights relative to the best. */
  #candidates(logits: Float32Array, best: number): { id: number; weight: number }[] {
    const all: { id: number; weight: number }[] = [];
    logits.forEach((logit, id) => {
      const weight = Math.exp((logit - best) / this.#temperature);
      if (weight >= NEGLIGIBLE) all.push({ id, weight });
    });
    all.sort((a, b) => b.weight - a.weight || a.id - b.id);
    const kept = this.#topK > 0 ? all.slice(0, this.#topK) : all;
    if (this.#topP >= 1) return kept;
    const mass = this.#topP * kept.reduce((sum, one) => sum + one.weight, 0);
    let sum = 0;
    const end = kept.findIndex((one) => (sum += one.weight) >= mass);
    return end < 0 ? kept : kept.slice(0, end + 1);
  }
}

/** The first of the largest. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}

/** Natural-log likelihood of `id` under `logits`. */
export function logLikelihood(logits: Float32Array, id: number): number {
  const max = logits[argmax(logits)] ?? 0;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return (logits[id] ?? -Infinity) - max - Math.log(sum);
}

/** Uniform numbers in [0, 1): mulberry32 by Tommy Ettinger, public domain. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
