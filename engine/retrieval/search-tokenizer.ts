/**
 * The one search tokenizer: the same function makes the terms of the index and of every query.
 * NFKC, case and accents folded, English stems beside exact forms, pairs of characters for scripts without spaces,
 * parts of identifiers (camelCase, snake_case, kebab-case, dotted) beside the whole, numbers without separators.
 * Owns: text > terms with exact offsets. Does not know: stop words (query.ts), SQL, ranking.
 * Pure. Any change of its output raises the version, which is part of every chunk's key.
 */
import { classAt, classTable, fold, JOINT, OTHER, UNSPACED, widthAt, WORD } from "./characters.ts";
import { stemEnglish } from "./stem.ts";
import { WordFilter } from "./word-filter.ts";
import { addToHash, hashOf, WordCache } from "./word-cache.ts";

export const SEARCH_TOKENIZER_VERSION = "search-2";

/**
 * word: a word by itself. part: of an identifier or compound. whole: the compound without its joints.
 * single and pair: one or two characters of a script without spaces.
 */
export type TokenKind = "word" | "part" | "whole" | "single" | "pair";

export interface SearchToken {
  /** What is indexed: folded and stemmed. */
  readonly term: string;
  /** Folded only: equal for "Running" and "running", not for "run". */
  readonly form: string;
  /** Offsets in the text, UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Counts words and parts; a whole stands at its first part's position, a single at its pair's. */
  readonly position: number;
  readonly kind: TokenKind;
}

/** A token relative to its raw word. */
interface Piece {
  readonly term: string;
  readonly form: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly kind: TokenKind;
}
interface Analysis {
  readonly pieces: readonly Piece[];
  /** Positions that it takes. */
  readonly steps: number;
}

/** Longer runs (base64, hashes, minified code) are indexed by their first characters only. */
const LONGEST_WORD = 64;

// Words repeat: each spelling is analysed once. Bounded; a cache of pure results, so that sharing it is safe.
const words = new WordCache<Analysis>();

export type TokenVisitor = (
  term: string,
  form: string,
  start: number,
  end: number,
  position: number,
  kind: TokenKind,
) => void;

/**
 * Calls `visit` for every token in order; allocates nothing per token. Returns the number of positions.
 * With a filter, plain words that cannot match only count as positions.
 */
export function visitTokens(text: string, visit: TokenVisitor, filter?: WordFilter): number {
  const classes = classTable();
  const units = unitsOf(text);
  let position = 0;
  let at = 0;
  while (at < text.length) {
    const first = units[at] ?? 0;
    let kind = classes[first] ?? OTHER;
    if (kind > JOINT) kind = classAt(text, at);
    if (kind === WORD) {
      // The usual word is one run of letters: measured and hashed in one pass.
      let end = at;
      let hash = 0;
      let isPlain = (first | 32) >= 97 && (first | 32) <= 122;
      for (let unit = first; classes[unit] === WORD; unit = units[end] ?? 0) {
        hash = addToHash(hash, unit);
        isPlain &&= end === at || (unit >= 97 && unit <= 122);
        end += 1;
      }
      const after = end < text.length ? (classes[units[end] ?? 0] ?? OTHER) : OTHER;
      if (after >= JOINT || end === at) {
        const run = end;
        end = wordEnd(text, at);
        isPlain &&= end === run;
        hash = hashOf(text, at, end);
      }
      if (filter !== undefined && isPlain && !filter.mayMatch(first, end - at > 1 ? (units[at + 1] ?? 0) : 0)) {
        position += 1;
      } else {
        const { pieces, steps } = words.get({ text, start: at, end, hash }, analyse);
        for (const { term, form, from, to, step, kind: pieceKind } of pieces)
          visit(term, form, at + from, at + to, position + step, pieceKind);
        position += steps;
      }
      at = end;
    } else if (kind === UNSPACED) {
      const end = runEnd(text, at);
      position = visitUnspaced(text, at, end, position, visit);
      at = end;
    } else {
      at += widthAt(text, at);
    }
  }
  return position;
}

/** The text as numbers. Asking a string that was cut out of another for each character takes ten times as long. */
function unitsOf(text: string): Uint16Array {
  const bytes = Buffer.from(text, "utf16le");
  return new Uint16Array(bytes.buffer, bytes.byteOffset, text.length);
}

const NOTHING = new WordFilter([]);

/** Words and parts of compounds in a text, as `visitTokens` counts them. */
export const countPositions = (text: string): number => visitTokens(text, () => {}, NOTHING);

export function tokenizeForSearch(text: string): SearchToken[] {
  const tokens: SearchToken[] = [];
  visitTokens(text, (term, form, start, end, position, kind) => {
    tokens.push({ term, form, start, end, position, kind });
  });
  return tokens;
}

/** The text as the index stores it: terms with single spaces, nothing that SQLite could split again. */
export function indexTerms(text: string): string {
  const terms: string[] = [];
  visitTokens(text, (term) => {
    terms.push(term);
  });
  return terms.join(" ");
}

/** Words of a text as people count them; two characters of a script without spaces count as one. */
export function countWords(text: string): number {
  let count = 0;
  let at = 0;
  while (at < text.length) {
    const kind = classAt(text, at);
    if (kind === OTHER || kind === JOINT) {
      at += widthAt(text, at);
      continue;
    }
    const end = kind === UNSPACED ? runEnd(text, at) : wordEnd(text, at);
    count += kind === UNSPACED ? Math.ceil((end - at) / 2) : 1;
    at = end;
  }
  return count;
}

function runEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && classAt(text, at) === UNSPACED) at += widthAt(text, at);
  return at;
}

function visitUnspaced(text: string, start: number, end: number, first: number, visit: TokenVisitor): number {
  let position = first;
  let at = start;
  while (at < end) {
    const next = at + widthAt(text, at);
    const single = fold(text.slice(at, next));
    visit(single, single, at, next, position, "single");
    if (next < end) {
      const after = next + widthAt(text, next);
      const pair = fold(text.slice(at, after));
      visit(pair, pair, at, after, position, "pair");
    }
    position += 1;
    at = next;
  }
  return position;
}

const isDigit = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit >= 48 && unit <= 57;
};
const isWord = (text: string, at: number): boolean => at < text.length && classAt(text, at) === WORD;

/** End of the raw word that starts here: word characters, and joints that have word characters on both sides. */
function wordEnd(text: string, start: number): number {
  let at = start;
  for (;;) {
    while (isWord(text, at)) at += widthAt(text, at);
    const joint = text.charCodeAt(at);
    // . - ' ’ ‐ ‑
    const joins = joint === 46 || joint === 45 || joint === 39 || joint === 8217 || joint === 8208 || joint === 8209;
    if (joins && isWord(text, at + 1)) at += 1;
    else if (joint === 44 && isThousands(text, at)) at += 1;
    else break;
  }
  // c++, c#, f#: names of one letter whose signs belong to them.
  if (at - start === 1) {
    if (text.startsWith("++", at)) return at + 2;
    if (text.charCodeAt(at) === 35) return at + 1;
  }
  return at;
}

/** "1,000" and not "1, 000" or "in 1990,200 men": three digits and no fourth after the comma. */
function isThousands(text: string, comma: number): boolean {
  return (
    isDigit(text, comma - 1) &&
    isDigit(text, comma + 1) &&
    isDigit(text, comma + 2) &&
    isDigit(text, comma + 3) &&
    !isDigit(text, comma + 4)
  );
}

const NUMBER = /^\d[\d.,]*$/u;
const PLAIN_LETTERS = /^[a-z]+$/u;

// Parts of identifiers are few; the identifiers made of them are endless and pass through the cache of words.
const STEMS_KEPT = 50_000;
const stems = new Map<string, string>();

function stemOf(form: string): string {
  if (PLAIN_LETTERS.test(form)) {
    let stem = stems.get(form);
    if (stem === undefined) {
      stem = stemEnglish(form);
      if (stems.size >= STEMS_KEPT) stems.clear();
      stems.set(form, stem);
    }
    return stem;
  }
  // 1990s is about 1990
  return /^\d{2,}s$/u.test(form) ? form.slice(0, -1) : form;
}

const one = (term: string, form: string, length: number): Analysis => ({
  pieces: [{ term, form, from: 0, to: length, step: 0, kind: "word" }],
  steps: 1,
});

function analyse(raw: string): Analysis {
  if (raw.length > LONGEST_WORD) {
    const form = fold(raw.slice(0, LONGEST_WORD)).replace(/[^\p{L}\p{N}]/gu, "");
    return form === "" ? { pieces: [], steps: 0 } : one(form, form, raw.length);
  }
  const folded = fold(raw);
  if (PLAIN_LETTERS.test(folded) && !/[a-z][A-Z]/u.test(raw) && !/[A-Z]{2}[a-z]/u.test(raw))
    return one(stemOf(folded), folded, raw.length);
  if (NUMBER.test(folded)) {
    const number = folded.replaceAll(",", "");
    return one(number, number, raw.length);
  }
  if (folded.endsWith("+") || folded.endsWith("#")) return one(folded, folded, raw.length);
  const { text, cut } = withoutEnglishEnding(raw);
  return compound(text, cut);
}

/** Alice's > Alice, they'll > they; "don't" stays one word. `cut`: length of the raw word. */
function withoutEnglishEnding(raw: string): { text: string; cut: number } {
  const ending = /^(.+)['’](?:s|S|ll|re|ve|d|m)$/u.exec(raw);
  return { text: ending?.[1] ?? raw, cut: raw.length };
}

/** Ranges of the parts of an identifier or compound, by joints and by camelCase. */
function partsOf(raw: string): { from: number; to: number }[] {
  const parts: { from: number; to: number }[] = [];
  for (const match of raw.matchAll(/[^._\-'’‐‑$,]+/gu)) {
    let from = match.index;
    const stop = match.index + match[0].length;
    // lower|Upper, UPPER|Upper lower, letter|digit where letters come first
    for (const border of match[0].matchAll(
      /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{L}\p{L})(?=\p{Nd})/gu,
    )) {
      const to = match.index + border.index;
      if (to > from) parts.push({ from, to });
      from = to;
    }
    if (stop > from) parts.push({ from, to: stop });
  }
  return parts;
}

function compound(raw: string, length: number): Analysis {
  // n't belongs to its verb: parts "don" and "t" would be noise.
  if (/n['’]t$/iu.test(raw)) {
    const form = fold(raw).replace(/['’]/gu, "");
    return one(form, form, length);
  }
  const parts = partsOf(raw);
  const pieces: Piece[] = [];
  let whole = "";
  for (const { from, to } of parts) {
    const form = fold(raw.slice(from, to));
    if (form === "") continue;
    whole += form;
    pieces.push({ term: stemOf(form), form, from, to, step: pieces.length, kind: "part" });
  }
  const [first] = pieces;
  if (first === undefined) return { pieces: [], steps: 0 };
  if (pieces.length === 1) return { pieces: [{ ...first, kind: "word" }], steps: 1 };
  const all: Piece = { term: stemOf(whole), form: whole, from: 0, to: length, step: 0, kind: "whole" };
  return { pieces: [all, ...pieces], steps: pieces.length };
}
