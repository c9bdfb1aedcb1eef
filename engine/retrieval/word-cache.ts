/**
 * Results per spelling, looked up in the text itself: no string is cut out for a word that was seen before.
 * Owns: the hash table. Does not know: what the results are.
 * A Map of strings costs five times as much here: cutting and hashing each word of a book is most of its indexing.
 */

const SLOTS = 1 << 17;
const PROBES = 4;
/** Longer words are rare and would only push others out. */
const LONGEST = 32;

interface Entry<T> {
  readonly word: string;
  readonly result: T;
}

export interface Spelling {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** `hashOf(text, start, end)`, or the same made by `addToHash` from 0. */
  readonly hash: number;
}

export const addToHash = (hash: number, unit: number): number => (Math.imul(hash, 31) + unit) | 0;

export function hashOf(text: string, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at += 1) hash = addToHash(hash, text.charCodeAt(at));
  return hash;
}

/** At most 131,072 spellings; a new one replaces the last of the four that share its place. */
export class WordCache<T> {
  readonly #entries: (Entry<T> | undefined)[] = [];

  /** The result for text[start, end), whose hash the caller knows; made by `make` when it is not known. */
  get({ text, start, end, hash }: Spelling, make: (word: string) => T): T {
    const length = end - start;
    if (length > LONGEST) return make(text.slice(start, end));
    // The low bits of such a hash are its last letters: mix the high ones in.
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    for (let probe = 0; probe < PROBES; probe += 1) {
      const entry = this.#entries[(slot + probe) & (SLOTS - 1)];
      if (entry === undefined) return this.#fill((slot + probe) & (SLOTS - 1), text.slice(start, end), make);
      if (entry.word.length === length && text.startsWith(entry.word, start)) return entry.result;
    }
    return this.#fill((slot + PROBES - 1) & (SLOTS - 1), text.slice(start, end), make);
  }

  #fill(slot: number, word: string, make: (word: string) => T): T {
    // Made on first use, dense: a sparse array would be slow to look into.
    if (this.#entries.length === 0) for (let at = 0; at < SLOTS; at += 1) this.#entries.push(undefined);
    const result = make(word);
    this.#entries[slot] = { word, result };
    return result;
  }
}
