/**
 * One lane for inference with two priorities.
 * A foreground call waits for at most the one call that is running; background calls wait for all foreground calls.
 * Within a priority: first come, first served. Knows nothing about models.
 */
import { throwIfCancelled } from "../base/abort.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Priority } from "./types.ts";

interface Waiting {
  readonly start: () => void;
}

export class Lane {
  readonly #waiting: Record<Priority, Waiting[]> = { foreground: [], background: [] };
  #isBusy = false;

  /** Runs `work` when its turn comes. Errors: Cancelled when the signal fires before that. */
  async run<T>(priority: Priority, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    throwIfCancelled(signal);
    await this.#turn(priority, signal);
    try {
      throwIfCancelled(signal);
      return await work();
    } finally {
      this.#next();
    }
  }

  #turn(priority: Priority, signal: AbortSignal): Promise<void> {
    if (!this.#isBusy) {
      this.#isBusy = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const queue = this.#waiting[priority];
      const waiting = {
        start: () => {
          signal.removeEventListener("abort", giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        queue.splice(queue.indexOf(waiting), 1);
        reject(new EngineError("Cancelled", "cancelled"));
      };
      signal.addEventListener("abort", giveUp, { once: true });
      queue.push(waiting);
    });
  }

  #next(): void {
    const next = this.#waiting.foreground.shift() ?? this.#waiting.background.shift();
    if (next === undefined) this.#isBusy = false;
    else next.start();
  }
}
