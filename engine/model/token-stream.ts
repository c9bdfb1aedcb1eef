/** Ids that arrive by events, read as an async iterable. Bounded by the caller's maxTokens; nothing is dropped. */
export class TokenStream implements AsyncIterable<number> {
  readonly #tokens: number[] = [];
  #end: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;

  push(token: number): void {
    this.#tokens.push(token);
    this.#wake();
  }

  end(): void {
    this.#end ??= { error: null };
    this.#wake();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    for (;;) {
      const token = this.#tokens.shift();
      if (token !== undefined) {
        yield token;
      } else if (this.#end !== null) {
        if (this.#end.error !== null) throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }
}
