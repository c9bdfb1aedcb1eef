/**
 * Which people, places and terms of the register matter: an index of a document's own words, a page long.
 * Owns: joining the forms of a name, telling people from places, the order. Pure. Does not know: pages, the store.
 */
import { stemEnglish } from "../retrieval/stem.ts";
import { commonness, RARE } from "./background.ts";
import { isPlaceWord, isTitle, isTitleOfMen, isTitleOfWomen } from "./name-words.ts";
import type { TextKind } from "./text-kind.ts";
import type { RegisterEntry, TermRegister } from "./term-register.ts";

type Named = readonly [string, RegisterEntry];

export interface KeyTermFound {
  readonly term: string;
  readonly kind: "person" | "place" | "term";
  readonly count: number;
  /** Offsets of mentions in the text, from first to last, thinned when there are many. */
  readonly offsets: readonly number[];
}

const MOST_PEOPLE = 12;
const MOST_PLACES = 8;
const MOST_TERMS = 16;
/** A name counts when it stands at least so often, and with a capital inside a sentence in this share. */
const LEAST_COUNT = 2;
const LEAST_INSIDE = 0.25;
/** "Never" and "Look" open many a speech. */
const LEAST_INSIDE_COMMON = 0.5;
/** Shares of mentions with a sign of a person, or of a place. */
const LEAST_PERSON = 0.1;
const LEAST_PLACE = 0.25;

/** People, then places, then terms, each by falling weight. Empty when nothing stands twice. */
export function keyTermsOf(register: TermRegister, kind: TextKind): KeyTermFound[] {
  const certain = [...register.names].filter(([key, { count, inside }]) => {
    const isCommon = commonness(stemEnglish(key)) < RARE;
    return inside > 0 && inside >= count * (isCommon ? LEAST_INSIDE_COMMON : LEAST_INSIDE);
  });
  const names = joined(certain, kind).filter(({ inside }) => inside >= LEAST_COUNT);
  const found = names.map((entry) => ({ ...shown(entry), kind: kindOf(entry, kind) }));
  const byCount = found.toSorted((a, b) => b.count - a.count || (a.term < b.term ? -1 : 1));
  const ofKind = (wanted: KeyTermFound["kind"], most: number): KeyTermFound[] =>
    byCount.filter((term) => term.kind === wanted).slice(0, most);
  const capitalised = byCount.filter((term) => term.kind === "term").map(weighed);
  const terms = withoutDoubles([...termsOf(register), ...capitalised])
    .toSorted((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1))
    .slice(0, MOST_TERMS)
    .map(({ term, count, offsets }): KeyTermFound => ({ term, kind: "term", count, offsets }));
  return [...ofKind("person", MOST_PEOPLE), ...ofKind("place", MOST_PLACES), ...terms];
}

const shown = ({
  surface,
  count,
  offsets,
}: RegisterEntry): { term: string; count: number; offsets: readonly number[] } => ({
  term: surface,
  count,
  offsets,
});

type Weighed = KeyTermFound & { readonly weight: number };

/** "Nature" and "nature" are one term. */
function withoutDoubles(terms: readonly Weighed[]): Weighed[] {
  const kept = new Map<string, Weighed>();
  for (const term of terms) {
    const key = term.term.toLowerCase().split(" ").map(stemEnglish).join(" ");
    const known = kept.get(key);
    if (known === undefined) kept.set(key, term);
    else
      kept.set(key, {
        ...known,
        count: known.count + term.count,
        weight: known.weight + term.weight,
        offsets: [...known.offsets, ...term.offsets].toSorted((a, b) => a - b),
      });
  }
  return [...kept.values()];
}

const weighed = (term: KeyTermFound): Weighed => ({ ...term, weight: term.count * NAME_BITS });

function kindOf({ surface, count, person, place, acts }: RegisterEntry, kind: TextKind): KeyTermFound["kind"] {
  if (/^\p{Lu}{2,}$/u.test(surface)) return "term";
  if (place >= count * LEAST_PLACE && place > person) return "place";
  const signs = kind === "story" ? person + acts / 2 : person;
  return signs >= count * LEAST_PERSON && signs > place / 2 ? "person" : "term";
}

/**
 * "Darcy" joins "Mr. Darcy" and "Fitzwilliam Darcy": one first name and titles of one sex. "Bennet" stays by itself beside
 * "Mr. Bennet", "Mrs. Bennet" and "Jane Bennet". The first name and surname are shown where the text has them.
 */
function joined(entries: readonly Named[], kind: TextKind): RegisterEntry[] {
  const longer = new Map<string, string[]>();
  for (const [key, { inside }] of entries) {
    const words = key.split(" ");
    // "Poor Holmes", once, is no first name and surname.
    if (inside < LEAST_COUNT && !isTitle(words[0] ?? "")) continue;
    if (words.length < 2 || words.length > MOST_JOINED_WORDS || isPlaceWord(words[0] ?? "")) continue;
    for (const word of new Set([words[0] ?? "", words.at(-1) ?? ""]))
      if (!isTitle(word)) longer.set(word, [...(longer.get(word) ?? []), key]);
  }
  const kept = new Map(entries);
  for (const [key, entry] of entries) {
    const forms = (longer.get(key) ?? []).filter((form) => kept.has(form));
    if (forms.length === 0 || kindOf(entry, kind) !== "person" || !areOnePerson(forms)) continue;
    const shownForm = forms.find((form) => !isTitle(form.split(" ")[0] ?? "")) ?? forms[0] ?? key;
    const all = [shownForm, ...forms.filter((form) => form !== shownForm), key];
    const parts = all.map((form) => kept.get(form)).filter((part) => part !== undefined);
    for (const form of all) kept.delete(form);
    kept.set(shownForm, parts.reduce(sum));
  }
  return [...kept.values()];
}

/** "Sherlock Holmes", "Mr. Sherlock Holmes". */
const MOST_JOINED_WORDS = 3;

/** Longer names that share a word: at most one without a title, no two titles of men and of women. */
function areOnePerson(forms: readonly string[]): boolean {
  const firsts = forms.map((form) => form.split(" ")[0] ?? "");
  const untitled = forms.filter((_, i) => !isTitle(firsts[i] ?? ""));
  return untitled.length <= 1 && !(firsts.some(isTitleOfMen) && firsts.some(isTitleOfWomen));
}

function sum(a: RegisterEntry, b: RegisterEntry): RegisterEntry {
  return {
    surface: a.surface,
    count: a.count + b.count,
    inside: a.inside + b.inside,
    person: a.person + b.person,
    place: a.place + b.place,
    acts: a.acts + b.acts,
    offsets: [...a.offsets, ...b.offsets].toSorted((x, y) => x - y),
    step: Math.max(a.step, b.step),
  };
}

/** Terms by how much more often they stand here than in general text, in bits, times their count. */
function termsOf(register: TermRegister): Weighed[] {
  const found: Weighed[] = [];
  for (const [key, entry] of register.terms) {
    const words = key.split(" ");
    if (entry.count < LEAST_COUNT || (words.length === 1 && entry.count < 3)) continue;
    const here = Math.log2(entry.count / Math.max(1, register.words));
    const rarity = words.reduce((total, word) => total + commonness(word), 0) / words.length;
    const bits = rarity + here + (words.length > 1 ? MORE_WORDS_BITS : 0);
    if (bits <= LEAST_BITS) continue;
    found.push({ ...shown(entry), kind: "term", weight: entry.count * bits });
  }
  return found;
}

/** What a mention of a capitalised term counts beside the bits of other terms. */
const NAME_BITS = 6;
/** Phrases are rarer than their words. */
const MORE_WORDS_BITS = 4;
const LEAST_BITS = 2;
