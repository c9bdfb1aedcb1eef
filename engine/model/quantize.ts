/**
 * Weights in 8 bits, in the two layouts that the runtime's integer kernels take.
 * Knows nothing about files or graphs. All matrices come as PyTorch stores them: (N out, K in), row-major.
 */

/** Largest magnitude of an 8-bit weight: 127, or 63 where the processor adds pairs in 16 bits (see int8-probe.ts). */
export type WeightRange = 127 | 63;

/**
 * One scale per output; transposed, because MatMulIntegerToFloat wants (K, N).
 *
 * Shapes   matrix  float32 (N, K)   returns  values int8 (K, N), scales float32 (N)
 */
export function quantizeColumns(
  matrix: Float32Array,
  outWidth: number,
  inWidth: number,
  range: WeightRange,
): { values: Int8Array; scales: Float32Array } {
  const values = new Int8Array(matrix.length);
  const scales = new Float32Array(outWidth);
  for (let n = 0; n < outWidth; n++) {
    const row = matrix.subarray(n * inWidth, (n + 1) * inWidth);
    const scale = largest(row) / range;
    scales[n] = scale;
    const inverse = scale === 0 ? 0 : 1 / scale;
    for (let k = 0; k < inWidth; k++) values[k * outWidth + n] = Math.round((row[k] ?? 0) * inverse);
  }
  return { values, scales };
}

/**
 * One scale per block of inputs of each output, zero point 128: MatMulNBits and GatherBlockQuantized share it.
 * `rowScales`: those of a matrix that was stored in 8-bit rows; every block of a row then has the row's scale, so that the
 * stored numbers come back exactly instead of being rounded a second time.
 *
 * Shapes   matrix  float32 (N, K), rowScales float32 (N)   returns  values uint8 (N, K / block, block),
 *          scales float32 (N, K / block)
 */
export function quantizeBlocks(
  matrix: Float32Array,
  blockSize: number,
  rowScales: Float32Array | null = null,
): { values: Uint8Array; scales: Float32Array } {
  const values = new Uint8Array(matrix.length);
  const scales = new Float32Array(matrix.length / blockSize);
  const blocksPerRow = scales.length / (rowScales?.length ?? scales.length);
  for (let block = 0; block < scales.length; block++) {
    const from = block * blockSize;
    const part = matrix.subarray(from, from + blockSize);
    const scale = rowScales?.[Math.floor(block / blocksPerRow)] ?? largest(part) / 127;
    scales[block] = scale;
    const inverse = scale === 0 ? 0 : 1 / scale;
    for (let i = 0; i < blockSize; i++) values[from + i] = Math.round((part[i] ?? 0) * inverse) + 128;
  }
  return { values, scales };
}

/**
 * The block that divides `width`, or null when none that the kernels take does. Activations are rounded in the same
 * blocks, so small ones are the exact ones: 32 halves the error of 128 and costs no measurable time.
 */
export function blockSizeFor(width: number): number | null {
  return [32, 16].find((size) => width % size === 0) ?? null;
}

/** (N, K) to (K, N). */
export function transpose(matrix: Float32Array, outWidth: number, inWidth: number): Float32Array {
  const out = new Float32Array(matrix.length);
  for (let n = 0; n < outWidth; n++)
    for (let k = 0; k < inWidth; k++) out[k * outWidth + n] = matrix[n * inWidth + k] ?? 0;
  return out;
}

/** Rows of several matrices under each other. */
export function stack(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function largest(values: Float32Array): number {
  let max = 0;
  for (const value of values) max = Math.max(max, Math.abs(value));
  return max;
}
