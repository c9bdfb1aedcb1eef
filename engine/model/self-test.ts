/**
 * A question with a known answer, asked of two providers.
 * GPU kernels can be wrong without an error (runtime.md, trap T3), so a GPU is used only when it agrees with the CPU on
 * this device. Knows nothing about which kernels run.
 */
import type { Restorer } from "./codes.ts";
import type { Encoder } from "./encoder.ts";
import type { Decoder } from "./decoder.ts";
import { Sequence } from "./sequence.ts";
import type { MemoryInfo } from "./types.ts";

/** Largest accepted difference, as a share of the largest number: kernels may round, not differ. */
const TOLERANCE = 0.02;
/** Long enough for the kernels that take over at 32 rows. */
const LENGTH = 96;

/** Logits after reading a segment into memory and continuing over it. */
export async function knownAnswer(
  graphs: { encoder: Encoder; decoder: Decoder; restorer: Restorer | null },
  memory: MemoryInfo,
): Promise<Float32Array> {
  const { vocabulary } = graphs.decoder.config.shape;
  const signal = new AbortController().signal;
  const ids = Array.from({ length: Math.min(LENGTH, memory.segmentLength) }, (_, i) => (i * 7919 + 13) % vocabulary);
  const segment = await graphs.encoder.encode(ids, memory.defaultRatio, signal);
  const sequence = new Sequence({ ...graphs, memory });
  await sequence.open(
    [
      { kind: "tokens", ids: ids.slice(0, 1) },
      { kind: "memory", memory: segment },
      { kind: "tokens", ids: ids.slice(0, 48) },
    ],
    signal,
  );
  return sequence.nextLogits(signal);
}

/** Null when the answers agree, else a sentence. */
export function compareAnswers(found: Float32Array, expected: Float32Array): string | null {
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-9);
  const difference = found.reduce((max, value, i) => {
    const distance = Math.abs(value - (expected[i] ?? NaN));
    return Number.isNaN(distance) ? Infinity : Math.max(max, distance);
  }, 0);
  if (difference <= TOLERANCE * largest) return null;
  return `the graphics processor gave other numbers than the CPU (${(difference / largest).toExponential(1)} relative)`;
}
