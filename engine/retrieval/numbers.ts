/**
 * Other ways to write a number, an ordinal, a day, a month: "twenty-three" is 23, "third" is 3rd is 3, "Jan." is January,
 * "chapter iv" is chapter 4. Owns: those equalities, between terms of the search tokenizer.
 * Only what a person asks is widened; the index keeps what the text says.
 */
import { stemEnglish } from "./stem.ts";

const ONES = (
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen " +
  "eighteen nineteen"
).split(" ");
const TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const ORDINALS = (
  "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth " +
  "fifteenth sixteenth seventeenth eighteenth nineteenth"
).split(" ");
const MONTHS = "january february march april may june july august september october november december".split(" ");
const MOST_ROMAN = 50;

/** "23" in words, as the tokenizer joins them: "twentythree"; null from 100 on. */
function inWords(value: number, isOrdinal: boolean): string | null {
  const low = isOrdinal ? ORDINALS : ONES;
  if (value < 20) return low[value] ?? null;
  if (value >= 100) return null;
  const tens = TENS[Math.floor(value / 10)] ?? "";
  if (value % 10 === 0) return isOrdinal ? tens.replace(/y$/u, "ieth") : tens;
  return `${tens}${low[value % 10] ?? ""}`;
}

function withEnding(value: number): string {
  const teen = value % 100 > 10 && value % 100 < 14;
  return `${value}${teen ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th")}`;
}

function roman(value: number): string {
  const signs: readonly (readonly [number, string])[] = [
    [50, "l"],
    [40, "xl"],
    [10, "x"],
    [9, "ix"],
    [5, "v"],
    [4, "iv"],
    [1, "i"],
  ];
  let rest = value;
  let text = "";
  for (const [worth, sign] of signs) for (; rest >= worth; rest -= worth) text += sign;
  return text;
}

let known: Map<string, { value: number; isOrdinal: boolean }> | null = null;

/** Folded words and digits under 100 by what they mean. */
function meanings(): Map<string, { value: number; isOrdinal: boolean }> {
  if (known !== null) return known;
  const found = new Map<string, { value: number; isOrdinal: boolean }>();
  for (let value = 0; value < 100; value += 1) {
    for (const isOrdinal of [false, true]) {
      const words = inWords(value, isOrdinal);
      if (words !== null) found.set(words, { value, isOrdinal });
    }
    found.set(`${value}`, { value, isOrdinal: false });
    found.set(withEnding(value), { value, isOrdinal: true });
  }
  known = found;
  return found;
}

const NUMBERED = /^(?:chapter|part|book|section|volume|act|scene|canto|letter|stave|appendix)$/u;
/** Words that are seldom meant as numbers: "one of them", "a second later". */
const SELDOM = new Set(["zero", "one", "second", "may"]);

/** Terms that mean the same as this form; `before` is the form that stands before it. */
export function numberAlternates(form: string, before: string | undefined): string[] {
  const month = monthOf(form);
  if (month !== null) return month;
  const meant = SELDOM.has(form) ? undefined : meanings().get(form);
  const isNumbered = before !== undefined && NUMBERED.test(before);
  if (meant === undefined) {
    const value = isNumbered ? romanValue(form) : null;
    return value === null ? [] : [`${value}`, ...wordsOf(value, false)];
  }
  const { value, isOrdinal } = meant;
  const forms = [...wordsOf(value, isOrdinal), isOrdinal ? withEnding(value) : `${value}`];
  // 3 May, May 3rd, the third of May
  if (value > 0 && value <= 31) forms.push(isOrdinal ? `${value}` : withEnding(value));
  if (isNumbered && value > 0 && value <= MOST_ROMAN) forms.push(roman(value));
  return [...new Set(forms)].filter((other) => other !== form);
}

const wordsOf = (value: number, isOrdinal: boolean): string[] => {
  const words = inWords(value, isOrdinal);
  return words === null ? [] : [stemEnglish(words)];
};

function monthOf(form: string): string[] | null {
  if (form === "may") return null;
  const long = MONTHS.find((month) => month === form);
  if (long !== undefined) return [long.slice(0, 3), ...(long === "september" ? ["sept"] : [])];
  const short = MONTHS.find((month) => month.slice(0, 3) === form && month !== "may" && month !== "march");
  return short === undefined ? null : [stemEnglish(short)];
}

function romanValue(form: string): number | null {
  if (!/^[ivxl]+$/u.test(form)) return null;
  for (let value = 1; value <= MOST_ROMAN; value += 1) if (roman(value) === form) return value;
  return null;
}
