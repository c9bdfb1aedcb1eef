/**
 * The sentences for documents that cannot be read: one typed error each, with the next step for a person.
 * Owns the wording shared by the formats. Does not know how a format finds out.
 */
import { EngineError } from "../protocol/errors.ts";

/** The bytes are not what their format promises. */
export function unreadable(message: string, hint: string, cause?: unknown): EngineError {
  return new EngineError("DocumentUnreadable", message, { hint, cause });
}

export function emptyFile(name: string): EngineError {
  return unreadable(
    `${name} is empty: it has 0 bytes.`,
    "Copy or download the file again; the first attempt may have broken off.",
  );
}

export function withoutText(name: string): EngineError {
  return unreadable(`${name} has no text in it.`, "Open it in the program that made it and check that it shows text.");
}

export function passwordNeeded(name: string, given: boolean): EngineError {
  return given
    ? new EngineError("PasswordRequired", `The password does not open ${name}.`, {
        hint: "Check capital letters and the keyboard layout, then enter the password again.",
        details: { wrong: true },
      })
    : new EngineError("PasswordRequired", `${name} is locked with a password.`, {
        hint: "Enter the password that opens this document. Longleaf uses it once and does not keep it.",
        details: { wrong: false },
      });
}

/** Something beyond a limit. `limit` and `actual` in `unit`. */
export function tooLarge(subject: string, actual: number, limit: number, unit: string, hint: string): EngineError {
  const words = `${subject}: ${formatCount(actual, unit)}; the limit is ${formatCount(limit, unit)}.`;
  return new EngineError("DocumentTooLarge", words, { hint, details: { limit, actual, unit } });
}

/** "2.0 GB" for bytes, "3,000 pages" for the rest. */
export function formatCount(count: number, unit: string): string {
  if (unit !== "bytes") return `${count.toLocaleString("en-US")} ${unit}`;
  if (count < 1_000) return `${count} bytes`;
  const steps = ["KB", "MB", "GB", "TB"];
  let value = count / 1_000;
  let step = 0;
  while (value >= 1_000 && step < steps.length - 1) {
    value /= 1_000;
    step += 1;
  }
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${steps[step]}`;
}
