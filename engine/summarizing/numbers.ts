/** A list of numbers that grows, packed. Owns: growing. Reading outside the list gives 0. */
const KINDS = { int32: Int32Array, float32: Float32Array, float64: Float64Array };

export class Numbers {
  #items: Int32Array | Float32Array | Float64Array;
  #length = 0;

  constructor(kind: keyof typeof KINDS) {
    this.#items = new KINDS[kind](64);
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#items[index] ?? 0;
  }

  push(value: number): void {
    if (this.#length === this.#items.length) {
      const Kind =
        this.#items instanceof Int32Array
          ? Int32Array
          : this.#items instanceof Float32Array
            ? Float32Array
            : Float64Array;
      const grown = new Kind(this.#length * 2);
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items[this.#length] = value;
    this.#length += 1;
  }
}
