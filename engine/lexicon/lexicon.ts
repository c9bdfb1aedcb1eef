/**
 * Which words mean nearly the same, and which name a kind of a thing: WordNet (Fellbaum 1998), as assets/lexicon keeps it.
 * Owns: the file's form, finding a word by its inflected forms, how much a relation is worth. Reads the file when first asked.
 * Does not know: questions, passages, stems of the search index. English only; other words have no relations.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Words related to one, with how near they are (0..1). */
export type Related = ReadonlyMap<string, number>;

/** Meanings of a word beyond the third are left out: they are rare, and their words mislead. */
const MEANINGS = 3;
const NEARNESS = { same: 0.7, kind: [0.55, 0.45, 0.35], above: [0.4, 0.2] } as const;
/** How far down the kinds of an asked thing go ("which animal": mammal, horse, mule). */
const DEEPEST_KIND = 8;
/** A word as general as "thing" has half the language below it and says nothing. */
const MOST_KINDS = 6000;
/** Share of nearness left for a word's second and third meaning. */
const RARER = [1, 0.8, 0.65, 0.5, 0.4, 0.3] as const;

interface Network {
  /** Meanings of a word: numbers of synsets, commonest first. */
  readonly meanings: ReadonlyMap<string, readonly number[]>;
  readonly words: readonly (readonly { readonly word: string; readonly rank: number }[])[];
  readonly above: readonly (readonly number[])[];
  readonly below: readonly (readonly number[])[];
  readonly isNoun: readonly boolean[];
}

export class Lexicon {
  readonly #path: string;
  #network: Network | null = null;

  /** The file is read at the first question. Errors then: those of the file system. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Synonyms, kinds of it, what it is a kind of. Empty for words that the lexicon does not have. */
  related(word: string): Related {
    const found = new Map<string, number>();
    this.#meaningsOf(word).forEach((synset, nth) => {
      const share = RARER[nth] ?? 0;
      const put = (other: number, nearness: number): void => {
        for (const { word: lemma, rank } of this.#net.words[other] ?? []) {
          const worth = (nearness * share) / Math.sqrt(Math.min(rank, 4));
          if (worth > (found.get(lemma) ?? 0)) found.set(lemma, worth);
        }
      };
      put(synset, NEARNESS.same);
      this.#levels(synset, this.#net.below, NEARNESS.kind.length, (other, level) =>
        put(other, NEARNESS.kind[level] ?? 0),
      );
      this.#levels(synset, this.#net.above, NEARNESS.above.length, (other, level) =>
        put(other, NEARNESS.above[level] ?? 0),
      );
    });
    return found;
  }

  /** Names of kinds of the thing that the word means ("metal": gold, zinc, …); empty when it is too general to help. */
  kindsOf(word: string): ReadonlySet<string> {
    const kinds = new Set<string>();
    for (const synset of this.#meaningsOf(word).filter((one) => this.#net.isNoun[one] === true))
      this.#levels(synset, this.#net.below, DEEPEST_KIND, (other) => {
        for (const { word: lemma, rank } of this.#net.words[other] ?? []) if (rank <= 3) kinds.add(lemma);
      });
    return kinds.size > MOST_KINDS ? new Set() : kinds;
  }

  #meaningsOf(word: string): readonly number[] {
    const forms = basicForms(word.toLowerCase());
    return [...new Set(forms.flatMap((form) => this.#net.meanings.get(form)?.slice(0, MEANINGS) ?? []))];
  }

  /** Visits what lies one step away, two steps, … at most `depth`. */
  #levels(
    start: number,
    steps: readonly (readonly number[])[],
    depth: number,
    visit: (synset: number, level: number) => void,
  ): void {
    const seen = new Set([start]);
    let edge = [start];
    for (let level = 0; level < depth && edge.length > 0 && seen.size < 2 * MOST_KINDS; level += 1) {
      const next: number[] = [];
      for (const from of edge)
        for (const to of steps[from] ?? []) {
          if (seen.has(to)) continue;
          seen.add(to);
          next.push(to);
          visit(to, level);
        }
      edge = next;
    }
  }

  get #net(): Network {
    this.#network ??= readNetwork(gunzipSync(readFileSync(this.#path)).toString("latin1"));
    return this.#network;
  }
}

function readNetwork(text: string): Network {
  const words: { word: string; rank: number }[][] = [];
  const above: number[][] = [];
  const below: number[][] = [];
  const isNoun: boolean[] = [];
  const ranked = new Map<string, { synset: number; rank: number }[]>();
  for (const line of text.split("\n")) {
    const [number = "", parents = "-", ...entries] = line.split(" ");
    if (number === "") continue;
    const synset = Number(number.slice(1));
    isNoun[synset] = number.startsWith("n");
    above[synset] = parents === "-" ? [] : parents.split(",").map(Number);
    for (const parent of above[synset]) (below[parent] ??= []).push(synset);
    words[synset] = entries.map((entry) => {
      const border = entry.lastIndexOf("/");
      const [word, rank] = [entry.slice(0, border), Number(entry.slice(border + 1))];
      const list = ranked.get(word);
      if (list === undefined) ranked.set(word, [{ synset, rank }]);
      else list.push({ synset, rank });
      return { word, rank };
    });
  }
  const meanings = new Map<string, number[]>();
  for (const [word, list] of ranked)
    meanings.set(
      word,
      list.sort((a, b) => a.rank - b.rank).map(({ synset }) => synset),
    );
  return { meanings, words, above, below, isNoun };
}

const IRREGULAR: Readonly<Record<string, string>> = {
  men: "man",
  women: "woman",
  children: "child",
  feet: "foot",
  teeth: "tooth",
  mice: "mouse",
  wives: "wife",
  lives: "life",
  knives: "knife",
  people: "person",
  went: "go",
  said: "say",
  made: "make",
  took: "take",
  gave: "give",
  found: "find",
  left: "leave",
  lost: "lose",
  died: "die",
  bought: "buy",
  sold: "sell",
  told: "tell",
  built: "build",
  caught: "catch",
  wrote: "write",
  written: "write",
  kept: "keep",
  sent: "send",
  met: "meet",
  killed: "kill",
  worn: "wear",
  wore: "wear",
  stole: "steal",
  stolen: "steal",
  hid: "hide",
  hidden: "hide",
  fought: "fight",
  taught: "teach",
  drank: "drink",
  ate: "eat",
};

/** The word itself, then forms without an ending, as English inflects. */
function basicForms(word: string): string[] {
  const forms = [word];
  const irregular = IRREGULAR[word];
  if (irregular !== undefined) forms.unshift(irregular);
  // The commonness of meanings is known for American spellings.
  const american = word.replace(/our(s|ed|ing)?$/u, "or$1");
  if (american !== word) forms.unshift(...basicForms(american));
  if (word.endsWith("ies")) forms.push(`${word.slice(0, -3)}y`);
  if (word.endsWith("es")) forms.push(word.slice(0, -2));
  if (word.endsWith("s")) forms.push(word.slice(0, -1));
  if (word.endsWith("ied")) forms.push(`${word.slice(0, -3)}y`);
  for (const ending of ["ed", "ing"]) {
    if (!word.endsWith(ending) || word.length < ending.length + 3) continue;
    const root = word.slice(0, -ending.length);
    forms.push(root, `${root}e`);
    if (root.at(-1) === root.at(-2)) forms.push(root.slice(0, -1));
  }
  return forms;
}
