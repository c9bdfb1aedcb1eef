/** One writer, many readers that come and go; each reader gets an async iterable of what is said after it came. */

export class EventHub<T> {
  readonly #readers = new Set<(event: T) => void>();

  say(event: T): void {
    for (const reader of this.#readers) reader(event);
  }

  /** Ends when the signal fires. Events are held until they are read; `first` is given before them. */
  async *listen(signal: AbortSignal, first: readonly T[] = []): AsyncGenerator<T> {
    const held: T[] = [...first];
    let wake: (() => void) | null = null;
    const reader = (event: T) => {
      held.push(event);
      wake?.();
    };
    const onAbort = () => wake?.();
    this.#readers.add(reader);
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        const event = held.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#readers.delete(reader);
      signal.removeEventListener("abort", onAbort);
    }
  }
}
