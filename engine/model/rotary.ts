/**
 * Rotary positions: frequencies, tables of cosine and sine, turning keys and turning them back.
 * Everything that rotates (graphs, caches, memories) takes its numbers from here.
 * Source: Su et al. 2021, arXiv:2104.09864; half-split layout as in Hugging Face's Llama.
 */
import type { RotarySettings } from "./model-config.ts";

/** Angle per position of each of the D/2 pairs. */
export function rotaryFrequencies(headDim: number, settings: RotarySettings): Float64Array {
  const plain = Float64Array.from({ length: headDim / 2 }, (_, i) => settings.theta ** ((-2 * i) / headDim));
  const { scaling } = settings;
  if (scaling.kind === "none") return plain;
  if (scaling.kind === "linear") return plain.map((frequency) => frequency / scaling.factor);
  // Llama 3: slow pairs are slowed by the factor, fast ones kept, those between blended by wavelength.
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions } = scaling;
  return plain.map((frequency) => {
    const turns = (originalPositions * frequency) / (2 * Math.PI);
    const blend = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return (frequency / factor) * (1 - blend) + frequency * blend;
  });
}

/** Rows of cosine and sine, one per position: (T, D/2) each. */
export interface RotaryRows {
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

export function rotaryRows(frequencies: Float64Array, positions: readonly number[]): RotaryRows {
  const half = frequencies.length;
  const cosine = new Float32Array(positions.length * half);
  const sine = new Float32Array(positions.length * half);
  positions.forEach((position, row) => {
    for (let i = 0; i < half; i++) {
      const angle = position * (frequencies[i] ?? 0);
      cosine[row * half + i] = Math.cos(angle);
      sine[row * half + i] = Math.sin(angle);
    }
  });
  return { cosine, sine };
}

/** `count` positions from `start`. */
export function positionsFrom(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}

/**
 * Turns one head (D numbers at `from` of `source`) by row `row` of the tables, into `to` of `target`.
 * `direction` -1 turns back. Always start from an un-rotated copy: errors of repeated corrections add up.
 */
export function rotateHead(
  source: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  rows: RotaryRows,
  row: number,
  half: number,
  direction: 1 | -1 = 1,
): void {
  const { cosine, sine } = rows;
  const at = row * half;
  for (let i = 0; i < half; i++) {
    const c = cosine[at + i] ?? 0;
    const s = direction * (sine[at + i] ?? 0);
    const a = source[from + i] ?? 0;
    const b = source[from + i + half] ?? 0;
    target[to + i] = a * c - b * s;
    target[to + i + half] = b * c + a * s;
  }
}
