/**
 * Carries events from a producer to a reader that may be slower: joined at most 30 times a second, sent only on credit.
 * Knows nothing about frames.
 */

const FLUSH_MS = 33;
/** Events held for a reader without credit before the producer is made to wait. */
const HIGH_WATER = 256;

/** Batches that may still be sent. */
export interface CreditGate {
  add(count: number): void;
  take(): boolean;
  /** Resolves when there is credit again, or the signal fires. */
  wait(signal: AbortSignal): Promise<void>;
}

class Gate implements CreditGate {
  #credit: number;
  #waiting: (() => void)[] = [];
  constructor(credit: number) {
    this.#credit = credit;
  }
  add(count: number): void {
    this.#credit += count;
    for (const wake of this.#waiting.splice(0)) wake();
  }
  take(): boolean {
    if (this.#credit === 0) return false;
    this.#credit--;
    return true;
  }
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#credit > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      this.#waiting.push(resolve);
    });
  }
}

/** Reads `events` to their end. The first event leaves at once, later ones in batches. Cancelled: returns early. */
export async function pumpEvents(
  events: AsyncIterable<unknown>,
  gate: CreditGate,
  signal: AbortSignal,
  send: (values: unknown[]) => void,
): Promise<void> {
  let pending: unknown[] = [];
  let timer: NodeJS.Timeout | null = null;
  let lastSent = 0;
  const flush = () => {
    timer = null;
    if (pending.length === 0 || signal.aborted || !gate.take()) return;
    send(pending);
    pending = [];
    lastSent = Date.now();
  };
  try {
    for await (const event of events) {
      if (signal.aborted) return;
      pending.push(event);
      const wait = lastSent + FLUSH_MS - Date.now();
      if (wait <= 0) flush();
      else timer ??= setTimeout(flush, wait);
      while (pending.length >= HIGH_WATER && !signal.aborted) {
        await gate.wait(signal);
        flush();
      }
    }
    while (pending.length > 0 && !signal.aborted) {
      await gate.wait(signal);
      flush();
    }
  } finally {
    if (timer) clearTimeout(timer);
  }
}

pumpEvents.gate = (credit: number): CreditGate => new Gate(credit);
