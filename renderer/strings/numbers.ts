/**
 * Numbers, sizes, times and places as a person reads them. Times of work are ranges, never "almost done".
 */
import type { DocumentSummary } from "../../engine/protocol/dto.ts";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export function count(value: number): string {
  return whole.format(value);
}

/** "1 page", "292 pages". */
export function counted(value: number, one: string, many: string): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}

/** Decimal units, as disks are sold: "82 MB", "1.1 GB". */
export function bytes(value: number): string {
  if (value >= 1e9) return `${oneDigit.format(value / 1e9)} GB`;
  if (value >= 1e6) return `${value < 1e7 ? oneDigit.format(value / 1e6) : whole.format(value / 1e6)} MB`;
  if (value >= 1e3) return `${whole.format(value / 1e3)} kB`;
  return `${whole.format(value)} bytes`;
}

/** "20 to 40 s", "1 to 2 min", "about 2 h". */
export function timeLeft(range: readonly [number, number]): string {
  const [low, high] = range;
  if (high < 10_000) return "under 10 s";
  if (high < 90_000) return span(low / 1_000, high / 1_000, 10, "s");
  if (high < 5_400_000) return span(low / 60_000, high / 60_000, 1, "min");
  return span(low / 3_600_000, high / 3_600_000, 1, "h");
}

function span(low: number, high: number, step: number, unit: string): string {
  const from = Math.max(step, Math.floor(low / step) * step);
  const to = Math.max(from, Math.ceil(high / step) * step);
  return from === to ? `about ${whole.format(to)} ${unit}` : `${whole.format(from)} to ${whole.format(to)} ${unit}`;
}

/** "80 ms", "2.4 s", "2 min 25 s". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${whole.format(ms)} ms`;
  if (ms < 60_000) return `${oneDigit.format(ms / 1_000)} s`;
  return `${Math.floor(ms / 60_000)} min ${whole.format(Math.floor((ms % 60_000) / 1_000))} s`;
}

const SMALL = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/** Small numbers in words, as in running text. */
export function inWords(value: number): string {
  return SMALL[value] ?? whole.format(value);
}

/** "292 pages", "19 files", or the length of a text without either. */
export function extent(document: Pick<DocumentSummary, "pages" | "files" | "characters">): string {
  if (document.pages > 0) return counted(document.pages, "page", "pages");
  if (document.files > 0) return counted(document.files, "file", "files");
  const words = Math.max(1, Math.round(document.characters / 6 / 100) * 100);
  return words < 200 ? "a short text" : `about ${whole.format(words)} words`;
}

const DAY_MS = 86_400_000;
const dayAndMonth = new Intl.DateTimeFormat("en", { day: "numeric", month: "long" });
const withYear = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric" });

/** "today", "yesterday", "last week", "3 November". */
export function whenOpened(at: number, now: number): string {
  const days = Math.floor(startOfDay(now) / DAY_MS) - Math.floor(startOfDay(at) / DAY_MS);
  if (days <= 0) return "today";
  if (days === 1) return "yesterday";
  if (days < 7) return `${days} days ago`;
  if (days < 14) return "last week";
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? dayAndMonth.format(at) : withYear.format(at);
}

function startOfDay(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
}

const ROMAN: readonly (readonly [number, string])[] = [
  [50, "L"],
  [40, "XL"],
  [10, "X"],
  [9, "IX"],
  [5, "V"],
  [4, "IV"],
  [1, "I"],
];

/** Part numerals at the spine of the leaf. */
export function roman(value: number): string {
  let rest = value;
  let text = "";
  for (const [size, sign] of ROMAN) {
    while (rest >= size) {
      text += sign;
      rest -= size;
    }
  }
  return text;
}
