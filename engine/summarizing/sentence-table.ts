/**
 * All sentences of a document that may be quoted, as numbers: where each stands, what kind it is, which terms it holds.
 * Owns: this compact form (about 20 bytes a sentence and 4 a term; the text itself stays in the store), so that a library
 * shelf of a document fits in memory. Does not know: which sentences are good, parts, citations.
 */
import { visitTokens } from "../retrieval/search-tokenizer.ts";
import { isFunctionWord } from "./background.ts";
import type { Candidate } from "./candidates.ts";
import { Numbers } from "./numbers.ts";

export const SPEECH = 1;
export const BROKEN = 2;
export const TURN = 4;
export const FIRST = 8;
export const QUESTION = 16;
/** "He", "this", "but": needs the sentence before it. */
export const LEANING = 32;
export const AFTER_HEADING = 64;
export const HAS_NUMBER = 128;
/** Told by "I" or speaking to "you". */
export const PERSONAL = 256;
/** "In sum", "overall", "the main": says of itself that it counts. */
export const CUE = 512;
/** "uh", "um", "okay": talk that was written down. */
export const FILLER = 1024;

/** A term inside a sentence: its number times two, plus one where it is written as a name. */
export const termOf = (entry: number): number => entry >>> 1;
export const isNameEntry = (entry: number): boolean => (entry & 1) === 1;

/** Terms beyond so many different ones are not told apart any more: a dump of random words must not fill the memory. */
export const MOST_TERMS = 400_000;

const LEANS =
  /^["“'‘(]*(?:he|she|it|they|this|that|these|those|him|them|such|so|but|and|then|yes|no|there|here|his|her|their|however|also|another|both|now|or|instead|therefore|thus)\b/iu;
const IS_PERSONAL = /\b(?:I|I['’]\p{Ll}+|my|me|you|your|we|our|us)\b/u;
const CUES =
  /\b(?:in (?:sum|summary|short|conclusion|general|other words)|overall|to summari[sz]e|conclu(?:de|sion)|important(?:ly)?|main(?:ly)?|primar(?:y|ily)|key|significant|essential|known as|called|is defined|refers to|as a result|decided|agreed|finally|most)\b/iu;
const FILLERS = /\b(?:u[hm]+|mm+|hmm+|okay|yeah|yep|gonna|wanna|sorta|kinda)\b/iu;

export class SentenceTable {
  readonly starts = new Numbers("float64");
  readonly ends = new Numbers("float64");
  readonly words = new Numbers("int32");
  readonly flags = new Numbers("int32");
  /** Fingerprint of each sentence's text. */
  readonly checks = new Numbers("int32");
  readonly #standings = new Numbers("float32");
  /** Terms of sentence i: entries [termsFrom(i), termsFrom(i + 1)), each term once, without function words. */
  readonly entries = new Numbers("int32");
  readonly #from = new Numbers("int32");
  readonly #ids = new Map<string, number>();
  readonly #terms: string[] = [];
  /** Terms of headings, and how many sentences came before each. */
  readonly #headingTerms = new Numbers("int32");
  readonly #headingAt = new Numbers("int32");
  readonly #mostTerms: number;
  #followsHeading = false;

  constructor(mostTerms = MOST_TERMS) {
    this.#mostTerms = mostTerms;
  }

  get length(): number {
    return this.starts.length;
  }

  get vocabulary(): number {
    return this.#terms.length;
  }

  term(id: number): string {
    return this.#terms[id] ?? "";
  }

  standing(sentence: number): number {
    return this.#standings.at(sentence);
  }

  has(sentence: number, flag: number): boolean {
    return (this.flags.at(sentence) & flag) !== 0;
  }

  termsFrom(sentence: number): number {
    return sentence < this.#from.length ? this.#from.at(sentence) : this.entries.length;
  }

  /** Number of the first sentence that begins at the offset or after it; the table's length when none does. */
  firstFrom(offset: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.starts.at(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(candidate: Candidate): void {
    const { text } = candidate;
    this.#from.push(this.entries.length);
    this.starts.push(candidate.start);
    this.ends.push(candidate.end);
    this.words.push(candidate.words);
    this.checks.push(fingerprint(text));
    this.#standings.push(candidate.standing);
    const seen = new Map<number, number>();
    visitTokens(text, (term, form, start, _end, _position, kind) => {
      if (kind === "single" || kind === "whole" || isFunctionWord(form, term)) return;
      if (form.length < 2 && form.charCodeAt(0) < 0x80) return;
      const id = this.#idOf(term);
      if (id < 0) return;
      const isName = opensWithCapital(text, start) && (start < candidate.label || !opensSentence(text, start));
      seen.set(id, (seen.get(id) ?? 0) | (isName ? 1 : 0));
    });
    for (const [id, isName] of seen) this.entries.push(id * 2 + isName);
    this.flags.push(this.#flagsOf(candidate));
    this.#followsHeading = false;
  }

  addHeading(text: string): void {
    this.#followsHeading = true;
    visitTokens(text, (term, form, _start, _end, _position, kind) => {
      if (kind === "single" || kind === "whole" || isFunctionWord(form, term)) return;
      const id = this.#idOf(term);
      if (id < 0) return;
      this.#headingTerms.push(id);
      this.#headingAt.push(this.length);
    });
  }

  /** Terms of the headings that stand in the stretch of sentences [from, to). */
  headingTerms(from: number, to: number): Set<number> {
    const found = new Set<number>();
    for (let at = 0; at < this.#headingAt.length; at += 1) {
      const sentence = this.#headingAt.at(at);
      if (sentence >= from && sentence < to) found.add(this.#headingTerms.at(at));
    }
    return found;
  }

  #flagsOf({ text, label, isSpeech, isWhole, isTurn, isFirst }: Candidate): number {
    const said = label > 0 ? text.slice(label) : text;
    return (
      (isSpeech ? SPEECH : 0) |
      (isWhole ? 0 : BROKEN) |
      (isTurn ? TURN : 0) |
      (isFirst ? FIRST : 0) |
      (/[?？]["”’']?$/u.test(text) ? QUESTION : 0) |
      (LEANS.test(said) ? LEANING : 0) |
      (this.#followsHeading ? AFTER_HEADING : 0) |
      (/\d/u.test(text) ? HAS_NUMBER : 0) |
      (IS_PERSONAL.test(said) ? PERSONAL : 0) |
      (CUES.test(said) ? CUE : 0) |
      (FILLERS.test(said) ? FILLER : 0)
    );
  }

  /** -1 when there are too many terms already. */
  #idOf(term: string): number {
    const known = this.#ids.get(term);
    if (known !== undefined) return known;
    if (this.#terms.length >= this.#mostTerms) return -1;
    const id = this.#terms.push(term) - 1;
    this.#ids.set(term, id);
    return id;
  }
}

/** 32 bits of a text (FNV-1a): proves later that the same characters are read again. */
export function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}

const opensWithCapital = (text: string, at: number): boolean => /^\p{Lu}/u.test(text.slice(at, at + 2));
const opensSentence = (text: string, at: number): boolean =>
  at === 0 || /(?:^|[.?!:"“‘(]\s*)["“‘'(]*$/u.test(text.slice(Math.max(0, at - 4), at));
