/** Sends what is in the outbox. A message that fails is tried again later; after the last try it is parked, never dropped. */
import type { DatabaseSync } from "node:sqlite";
import { nextDelay } from "../lib/retry.ts";
import type { RetryPlan } from "../lib/retry.ts";

export interface Message {
  readonly code: string;
  readonly kind: string;
  readonly body: string;
}

export type Send = (message: Message) => Promise<void>;

/** Tries every message that is due, the oldest first, at most 50 in one round. Returns how many went out. */
export async function sendDue(database: DatabaseSync, send: Send, plan: RetryPlan, now: number): Promise<number> {
  const due = database
    .prepare("SELECT id, code, kind, body, tries FROM outbox WHERE parked = 0 AND due_at <= ? ORDER BY due_at LIMIT 50")
    .all(now);
  let sent = 0;
  for (const row of due) {
    const id = Number(row["id"]);
    try {
      await send({ code: String(row["code"]), kind: String(row["kind"]), body: String(row["body"]) });
      database.prepare("DELETE FROM outbox WHERE id = ?").run(id);
      sent += 1;
    } catch {
      // The provider's reason is of no use to the passenger; the count of tries is what the office looks at.
      postpone(database, id, Number(row["tries"]) + 1, plan, now);
    }
  }
  return sent;
}

function postpone(database: DatabaseSync, id: number, tries: number, plan: RetryPlan, now: number): void {
  const delay = nextDelay(tries, plan);
  if (delay === null) database.prepare("UPDATE outbox SET tries = ?, parked = 1 WHERE id = ?").run(tries, id);
  else database.prepare("UPDATE outbox SET tries = ?, due_at = ? WHERE id = ?").run(tries, now + delay * 1000, id);
}
