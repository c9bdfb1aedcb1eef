/** Bookings and holds in the database. Every change and its message are one transaction. */
import type { DatabaseSync } from "node:sqlite";
import { newBookingCode } from "../domain/booking.ts";
import type { Hold } from "../domain/holds.ts";
import type { Pence } from "../domain/money.ts";

export interface Confirmation {
  readonly holdId: string;
  readonly familyName: string;
  readonly price: Pence;
  readonly paymentReference: string;
}

export class BookingStore {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Writes a hold and removes those of the same sailing that have expired; there is no timer that does it. */
  saveHold(hold: Hold, now: number): void {
    this.#inTransaction(() => {
      this.#database.prepare("DELETE FROM hold WHERE sailing_id = ? AND expires_at <= ?").run(hold.sailingId, now);
      this.#database
        .prepare("INSERT INTO hold (id, sailing_id, seats, expires_at) VALUES (?, ?, ?, ?)")
        .run(hold.id, hold.sailingId, hold.seats, hold.expiresAt);
    });
  }

  /** Turns a hold into a booking and puts the ticket into the outbox. Returns the code, or null when the hold is gone. */
  confirm(confirmation: Confirmation, now: number): string | null {
    return this.#inTransaction(() => {
      const hold = this.#database
        .prepare("DELETE FROM hold WHERE id = ? AND expires_at > ? RETURNING sailing_id, seats")
        .get(confirmation.holdId, now);
      if (hold === undefined) return null;
      const code = this.#freeCode();
      this.#database
        .prepare("INSERT INTO booking (code, family_name, sailing_id, seats, price, payment_reference) VALUES (?, ?, ?, ?, ?, ?)")
        .run(code, confirmation.familyName, hold["sailing_id"] ?? null, hold["seats"] ?? null, confirmation.price, confirmation.paymentReference);
      this.#post(code, "ticket", `Your code is ${code}. The gangway closes four minutes before departure.`, now);
      return code;
    });
  }

  /** Drops all holds of the sailing, strands its bookings, and tells every passenger why. */
  cancelSailing(sailingId: string, reason: string, now: number): number {
    return this.#inTransaction(() => {
      this.#database.prepare("UPDATE sailing SET state = 'cancelled' WHERE id = ?").run(sailingId);
      this.#database.prepare("DELETE FROM hold WHERE sailing_id = ?").run(sailingId);
      const stranded = this.#database
        .prepare("UPDATE booking SET state = 'stranded', stranded_at = ? WHERE sailing_id = ? AND state = 'booked' RETURNING code")
        .all(now, sailingId);
      for (const row of stranded) {
        this.#post(String(row["code"]), "cancelled", `Your sailing does not run (${reason}). Your ticket is good for 14 days.`, now);
      }
      return stranded.length;
    });
  }

  #post(code: string, kind: string, body: string, now: number): void {
    this.#database.prepare("INSERT INTO outbox (code, kind, body, due_at) VALUES (?, ?, ?, ?)").run(code, kind, body, now);
  }

  #freeCode(): string {
    for (;;) {
      const code = newBookingCode();
      if (this.#database.prepare("SELECT 1 FROM booking WHERE code = ?").get(code) === undefined) return code;
    }
  }

  #inTransaction<T>(run: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = run();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}
