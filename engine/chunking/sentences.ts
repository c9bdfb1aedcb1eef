/**
 * Where sentences begin and end. Shared by chunking, search passages and answers.
 * Owns: the rule. Does not know: documents, words counted, languages other than by their marks.
 * Pure; offsets are UTF-16 units of the given text. A wrong cut hurts less than a missed one costs: a quotation may be
 * two sentences, but "Mr." must never stand alone as evidence.
 */

export interface Sentence {
  /** First character that is not white space. */
  readonly start: number;
  /** After the last mark or closing quote; white space between sentences belongs to none. */
  readonly end: number;
}

/** Short forms before a name: the point after them does not end a sentence. */
const TITLES = new Set(
  (
    "mr mrs ms messrs mme mlle dr prof rev hon st gen col capt lt sgt cpl maj cmdr adm gov sen rep pres supt insp fr bro " +
    "mt ft viz v vs approx ca esp cf trans univ dept assn bros bldg e.g i.e"
  ).split(" "),
);
/** Short forms before a number: "No. 5", "Jan. 3", "p. 7". Before anything else they are words: "He sat. She stood." */
const NUMBERED = new Set(
  (
    "no nos vol vols ch chap sec sect fig figs eq eqs p pp pl art para op ed eds l ll n nn vv ext tel " +
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun"
  ).split(" "),
);
/** These end a sentence when a capital follows, otherwise not. */
const ENDERS = new Set("etc inc ltd co corp jr sr esq ph.d m.d b.a m.a u.s u.k u.n e.u a.m p.m b.c a.d d.c".split(" "));
/** Words that open a sentence more often than they follow a short form: "in the U.S. The law". */
const OPENERS = new Set(
  (
    "the a an he she it they we you i this that these those there then in on at by for from with but and or so if when " +
    "while after before as although however his her its their our my what who where why how no not one two"
  ).split(" "),
);

const CLOSERS = "\"'”’»)]}›」』】〉》）";
const FULL_STOPS = "。！？｡．";

/** Sentences in order. Blank lines always end one; single line breaks do not. */
export function splitSentences(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  const push = (start: number, end: number): void => {
    const trimmed = trim(text, start, end);
    if (trimmed.end > trimmed.start) sentences.push(trimmed);
  };
  const mark = /[.!?…。！？｡．]+|\n[^\S\n]*\n/gu;
  let start = 0;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    if (found[0].startsWith("\n")) {
      push(start, found.index);
      start = found.index;
      continue;
    }
    const end = afterClosers(text, mark.lastIndex);
    if (!endsHere(text, start, found.index, mark.lastIndex, end)) continue;
    push(start, end);
    start = end;
    mark.lastIndex = end;
  }
  push(start, text.length);
  return sentences;
}

function trim(text: string, from: number, to: number): Sentence {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return { start, end };
}

const isSpace = (unit: number): boolean =>
  unit === 32 ||
  (unit >= 9 && unit <= 13) ||
  unit === 0xa0 ||
  unit === 0x3000 ||
  (unit >= 0x2000 && unit <= 0x200a) ||
  unit === 0x2028 ||
  unit === 0x2029 ||
  unit === 0x202f ||
  unit === 0xfeff;

/** After closing quotes, brackets and footnote marks: 'built.”[3]'. */
function afterClosers(text: string, from: number): number {
  const note = /\[\d{1,3}\]/uy;
  let at = from;
  for (;;) {
    while (at < text.length && CLOSERS.includes(text.charAt(at))) at += 1;
    note.lastIndex = at;
    if (!note.test(text)) return at;
    at = note.lastIndex;
  }
}

/** Does the run of marks [from, to), with its closing quotes up to `end`, end the sentence begun at `start`? */
function endsHere(text: string, start: number, from: number, to: number, end: number): boolean {
  const marks = text.slice(from, to);
  if (FULL_STOPS.includes(marks.charAt(marks.length - 1)) && marks !== "．") return true;
  if (end >= text.length) return true;
  if (!isSpace(text.charCodeAt(end))) return false;
  if (marks === ".") return pointEnds(text, start, from, end);
  // "Why?" he asked; and so on... until then
  return nextOpens(text, end);
}

/** The next word begins like a sentence: not with a small letter. */
function nextOpens(text: string, end: number): boolean {
  const first = /^\s*["'“‘«([{‹「『]*\s*(\S)/u.exec(text.slice(end, end + 60))?.[1];
  if (first === undefined) return true;
  return first.toLowerCase() === first.toUpperCase() ? !/[,;:)\]–—-]/u.test(first) : first !== first.toLowerCase();
}

function pointEnds(text: string, start: number, point: number, end: number): boolean {
  if (!nextOpens(text, end)) return false;
  const before = /(?:^|[\s("'“‘[{—–/-])((?:\p{L}+\.)*\p{L}+)$/u.exec(
    text.slice(Math.max(start, point - 24), point),
  )?.[1];
  if (before === undefined) {
    // "1. First": a number alone opens a list entry; "in 1990." ends a sentence.
    return !/^\s*\(?\d{1,3}$/u.test(text.slice(start, point));
  }
  // A closing quote after the point ends it whatever the word was: he said "ask the Dr."
  if (end > point + 1 && !/^\p{L}$/u.test(before)) return true;
  const lower = before.toLowerCase();
  // A following initial ("J. I. Frost") opens nothing: the lookahead refuses its point.
  const following = /^\s*["'“‘(]*([\p{L}\p{M}'’]+)(?![.\p{L}])/u.exec(text.slice(end, end + 40))?.[1] ?? "";
  if (ENDERS.has(lower) || /^\p{Lu}(?:\.\p{Lu})+$/u.test(before)) return OPENERS.has(following.toLowerCase());
  const isInitial = /^\p{Lu}$/u.test(before);
  if (NUMBERED.has(lower) && !isInitial) return !/^\s*(?:\d|(?:[IVXLC]{2,}|[VX])\b)/u.test(text.slice(end, end + 12));
  if (TITLES.has(lower) && !isInitial) return false; // "Henry V. The" is not "Griswold v. Connecticut"
  // An initial: "J. R. Smith"; but "vitamin C. The" and "and I. But"
  if (isInitial) return OPENERS.has(following.toLowerCase());
  return true;
}
