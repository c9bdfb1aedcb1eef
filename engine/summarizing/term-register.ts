/**
 * Counts the names and the technical terms of a text as it goes by, and where they stand: the material of an index of
 * people, places and terms. Names are runs of capitalised words (with "of", "de", "von" inside), terms are runs of one to
 * three content words between function words (keyword candidates: Rose et al. 2010, RAKE).
 * Owns: counting under a bound of memory. Does not know: which of them are key (key-terms.ts), pages.
 */
import { stemEnglish } from "../retrieval/stem.ts";
import { commonness, isFunctionWord, RARE } from "./background.ts";
import type { Candidate } from "./candidates.ts";
import { isCalendarWord, isDeed, isLanguage, isPlaceBefore, isPlaceWord, isSpeechVerb, isTitle } from "./name-words.ts";

/** A name or term with what was counted of it. */
export interface RegisterEntry {
  /** As it is written where it is shortest: "mind" rather than "minds". */
  surface: string;
  count: number;
  /** Of `count`: inside a sentence, where a capital means a name. */
  inside: number;
  /** Signs that it is a person, or a place. */
  person: number;
  place: number;
  /** Followed by what somebody does or owns: "Ida turned", "Ida's". In stories mostly people, elsewhere all kinds of things. */
  acts: number;
  /** Offsets in the document, evenly thinned when there are many; the first is always kept. */
  readonly offsets: number[];
  step: number;
}

interface Word {
  readonly text: string;
  readonly lower: string;
  readonly start: number;
  readonly end: number;
  readonly isCapital: boolean;
  readonly isFunction: boolean;
  readonly stem: string;
  readonly isOwner: boolean;
  /** Nothing but white space (or the point of a title) between the word before and this one. */
  readonly isJoined: boolean;
}

const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’-][\p{L}\p{N}\p{M}]+)*/gu;
const INSIDE_NAMES = new Set("of de la du von van der den del di da bin al".split(" "));
const MOST_ENTRIES = 60_000;
const MOST_OFFSETS = 48;
const MOST_NAME_WORDS = 5;
const MOST_TERM_WORDS = 3;
/** Words longer than this are no words but codes, or a script without spaces. */
const LONGEST_WORD = 32;

export class TermRegister {
  readonly names = new Map<string, RegisterEntry>();
  readonly terms = new Map<string, RegisterEntry>();
  readonly #known = new Map<string, { readonly stem: string; readonly isFunction: boolean }>();
  readonly #mostEntries: number;
  #words = 0;

  constructor(mostEntries = MOST_ENTRIES) {
    this.#mostEntries = mostEntries;
  }

  /** Words of the text so far. */
  get words(): number {
    return this.#words;
  }

  add(candidate: Candidate): void {
    const words = this.#wordsOf(candidate.text);
    this.#words += words.length;
    // A line in capitals tells nothing about names.
    const capitals = words.filter(({ isCapital }) => isCapital).length;
    if (words.length > 3 && capitals > words.length * 0.7) return;
    const inNames = this.#addNames(words, candidate);
    this.#addTerms(words, inNames, candidate);
  }

  #wordsOf(text: string): Word[] {
    const words: Word[] = [];
    let before = 0;
    for (const { 0: found, index } of text.matchAll(WORD)) {
      const own = found.replace(/['’]s$/iu, "");
      const lower = own.toLowerCase();
      const end = index + own.length;
      const gap = text.slice(before, index);
      const isJoined = /^\s+$/u.test(gap) || (gap.trim() === "." && isTitle(words.at(-1)?.lower ?? ""));
      const isCapital = /^\p{Lu}/u.test(own);
      const isOwner = own.length < found.length;
      words.push({ text: own, lower, start: index, end, isCapital, isOwner, isJoined, ...this.#know(lower) });
      before = end;
    }
    return words;
  }

  #know(lower: string): { readonly stem: string; readonly isFunction: boolean } {
    const known = this.#known.get(lower);
    if (known !== undefined) return known;
    const stem = stemEnglish(lower);
    const made = { stem, isFunction: isFunctionWord(lower, stem) };
    if (this.#known.size < this.#mostEntries) this.#known.set(lower, made);
    return made;
  }

  /** Indexes of the words that are part of a name. */
  #addNames(words: readonly Word[], candidate: Candidate): Set<number> {
    const taken = new Set<number>();
    for (let at = 0; at < words.length; at += 1) {
      const first = words[at];
      if (first === undefined || !opensName(first)) continue;
      const end = nameEnd(words, at);
      // "Later Sherlock Holmes": the first word has its capital from the sentence.
      const isByPlace = end - at > 1 && !isInside(candidate, first.start) && this.#isCommon(words.slice(at, end));
      for (let i = at; i < end; i += 1) taken.add(i);
      this.#addName(words, isByPlace ? at + 1 : at, end, candidate);
      at = end - 1;
    }
    return taken;
  }

  /** The name begins with a common word that is no title, and was not met before. */
  #isCommon(name: readonly Word[]): boolean {
    const [first] = name;
    if (first === undefined || isTitle(first.lower) || commonness(first.stem) === RARE) return false;
    return !this.names.has(keyOf(name));
  }

  #addName(words: readonly Word[], from: number, to: number, candidate: Candidate): void {
    const parts = words.slice(from, to);
    const [first] = parts;
    const last = parts.at(-1);
    if (first === undefined || last === undefined) return;
    const isTitled = isTitle(first.lower);
    if (parts.length === 1 && (isTitled || isCalendarWord(first.lower) || first.text.length < 2)) return;
    const surface = candidate.text.slice(first.start, last.end).replaceAll(/\s+/gu, " ");
    const entry = entryOf(this.names, keyOf(parts), surface);
    count(entry, candidate.start + first.start);
    if (isInside(candidate, first.start)) entry.inside += 1;
    const before = words[from - 1]?.lower ?? "";
    const after = words.at(to)?.isJoined === true ? (words.at(to)?.lower ?? "") : "";
    const isLabel = first.start < candidate.label;
    if (isLabel || isTitled || isSpeechVerb(after) || isSpeechVerb(before)) entry.person += 1;
    if (last.isOwner || isDeed(after)) entry.acts += 1;
    if (isPlaceWord(last.lower) || (first.isJoined && isPlaceBefore(before) && !isLanguage(last.lower)))
      entry.place += 1;
    prune(this.names, this.#mostEntries);
  }

  /** Of a longer run its first two words count too: "cell membrane" of "cell membrane holds". */
  #addTerms(words: readonly Word[], inNames: ReadonlySet<number>, candidate: Candidate): void {
    const isContent = (at: number): boolean => {
      const word = words[at];
      return word !== undefined && !inNames.has(at) && isContentWord(word);
    };
    for (let at = 0; at < words.length; at += 1) {
      if (!isContent(at)) continue;
      let end = at + 1;
      while (end < words.length && isContent(end) && words.at(end)?.isJoined === true) end += 1;
      const run = words.slice(at, end);
      const before = words[at - 1];
      if (run.length > 1 || NOUN_BEFORE.has(before?.lower ?? "")) {
        if (run.length <= MOST_TERM_WORDS) this.#addTerm(run, candidate);
        if (run.length > 2) this.#addTerm(run.slice(0, 2), candidate);
      }
      at = end - 1;
    }
  }

  #addTerm(words: readonly Word[], candidate: Candidate): void {
    const surface = words.map(({ lower }) => lower).join(" ");
    const entry = entryOf(this.terms, words.map(({ stem }) => stem).join(" "), surface);
    count(entry, candidate.start + (words[0]?.start ?? 0));
    prune(this.terms, this.#mostEntries);
  }
}

const keyOf = (name: readonly Word[]): string => name.map(({ lower }) => lower).join(" ");

const isContentWord = ({ isFunction, lower }: Word): boolean =>
  !isFunction && lower.length <= LONGEST_WORD && /^\p{L}{3}[\p{L}-]*$/u.test(lower);

/** Inside a sentence, or the speaker's label before it: there a capital means a name. */
const isInside = ({ text, label }: Candidate, at: number): boolean =>
  at < label || (at > 0 && !/[.?!:;"“‘'(—–-]\s*$/u.test(text.slice(Math.max(0, at - 4), at)));

/** After these a single content word is a noun. */
const NOUN_BEFORE = new Set(
  "the a an of this these those its their his her our my your each every between by in with for".split(" "),
);

/** A capital; a common word at the beginning of a sentence may be one by its place only, which `inside` tells later. */
const opensName = (word: Word): boolean =>
  word.isCapital &&
  word.lower !== "i" &&
  !word.isFunction &&
  word.text.length <= LONGEST_WORD &&
  !/^I['’]/u.test(word.text);

function nameEnd(words: readonly Word[], from: number): number {
  let end = from + 1;
  while (end < words.length && end - from < MOST_NAME_WORDS) {
    const next = words.at(end);
    if (next?.isJoined !== true) break;
    if (opensName(next)) {
      end += 1;
      continue;
    }
    const after = words.at(end + 1);
    const joins = INSIDE_NAMES.has(next.lower) && after?.isJoined === true && opensName(after);
    if (!joins) break;
    end += 2;
  }
  return end;
}

function entryOf(entries: Map<string, RegisterEntry>, key: string, surface: string): RegisterEntry {
  const known = entries.get(key);
  if (known !== undefined) {
    if (surface.length < known.surface.length) known.surface = surface;
    return known;
  }
  const made: RegisterEntry = { surface, count: 0, inside: 0, person: 0, place: 0, acts: 0, offsets: [], step: 1 };
  entries.set(key, made);
  return made;
}

function count(entry: RegisterEntry, offset: number): void {
  if (entry.count % entry.step === 0) {
    if (entry.offsets.length === MOST_OFFSETS) {
      const kept = entry.offsets.filter((_, i) => i % 2 === 0);
      entry.offsets.splice(0, entry.offsets.length, ...kept);
      entry.step *= 2;
    }
    if (entry.count % entry.step === 0) entry.offsets.push(offset);
  }
  entry.count += 1;
}

/** Lossy counting (Manku and Motwani 2002): what was seen least so far is forgotten when there is too much of it. */
function prune(entries: Map<string, RegisterEntry>, most: number): void {
  if (entries.size <= most) return;
  let least = 1;
  while (entries.size > most / 2) {
    for (const [key, entry] of entries) if (entry.count <= least) entries.delete(key);
    least *= 2;
  }
}
