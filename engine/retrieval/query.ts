/**
 * What a person typed > the terms to look for. The search tokenizer makes the terms; this file decides which count.
 * Owns: stop words, quoted phrases, which words stand together. Does not know: the index, scores.
 * Dropping question and function words gained .035 of evidence@8 over plain BM25 (shared/design/reader.md).
 */
import { tokenizeForSearch, type SearchToken } from "./search-tokenizer.ts";

const STOP_WORDS = new Set(
  (
    "a an the of to in on at by for from with and or but if is are was were be been being am do does did has have had not no " +
    "it its he she they them his her their him i you we us our your my me this that these those there what which who whom " +
    "whose when where why how as than then so such can could will would should may might must shall about into over after " +
    "before out up down dont doesnt didnt isnt arent wasnt cant please"
  ).split(" "),
);
/** Question words of Chinese and Japanese, as pairs. */
const STOP_PAIRS = new Set(
  "什么 甚麼 什麼 为什 為什 怎么 怎麼 哪里 哪裡 请问 請問 誰が 何で ですか ます です".split(" "),
);
/** Of a whole page pasted as a question, the longest words are asked for: they are the rarer ones. */
const MOST_TERMS = 32;

export interface QueryTerm {
  /** As in the index. */
  readonly term: string;
  /** Folded, as typed: matching it exactly counts more than matching the stem. */
  readonly form: string;
  /** As the person wrote it. */
  readonly typed: string;
  /** Place in the query, in words. */
  readonly position: number;
  /** Part of a compound whose whole is asked for too. */
  readonly isPart: boolean;
  /** Other terms that count as this one: numbers in words, spellings, derived words. */
  readonly alternates: readonly string[];
  /** Added by feedback, not asked for. */
  readonly isFeedback: boolean;
  /** What its rarity counts for: 1, less for what feedback added. */
  readonly weight: number;
}

export interface SearchQuery {
  readonly terms: readonly QueryTerm[];
  /** Forms of each "quoted phrase" in order; passages must hold all of them. */
  readonly phrases: readonly (readonly string[])[];
}

export function readQuery(query: string): SearchQuery {
  const tokens = tokenizeForSearch(query).filter(isAskable);
  const meant = tokens.filter((token) => !isStopWord(token));
  // "To be or not to be" is made of stop words only: then they are what is asked for.
  const chosen = meant.length > 0 ? meant : tokens;
  const terms = new Map<string, QueryTerm>();
  for (const token of chosen) {
    if (terms.has(token.term)) continue;
    const typed = query.slice(token.start, token.end);
    terms.set(token.term, {
      term: token.term,
      form: token.form,
      typed,
      position: token.position,
      isPart: token.kind === "part",
      alternates: [],
      isFeedback: false,
      weight: 1,
    });
  }
  return { terms: longest([...terms.values()]), phrases: readPhrases(query) };

  /** Single characters of scripts without spaces are asked for only when they stand alone. */
  function isAskable(token: SearchToken, at: number, all: readonly SearchToken[]): boolean {
    if (token.kind !== "single") return true;
    const next = all[at + 1];
    const before = all[at - 1];
    const startsPair = next?.kind === "pair" && next.start === token.start;
    const endsPair = before?.kind === "pair" && before.end === token.end;
    return !startsPair && !endsPair;
  }
}

/** In the order of the question. */
function longest(terms: readonly QueryTerm[]): readonly QueryTerm[] {
  if (terms.length <= MOST_TERMS) return terms;
  const kept = new Set(terms.toSorted((a, b) => b.form.length - a.form.length).slice(0, MOST_TERMS));
  return terms.filter((term) => kept.has(term));
}

/** Function words, and question words of languages without spaces. */
export function isStopWord({ kind, form }: SearchToken): boolean {
  if (kind === "pair") return STOP_PAIRS.has(form);
  return kind === "word" && STOP_WORDS.has(form);
}

function readPhrases(query: string): string[][] {
  const phrases: string[][] = [];
  for (const match of query.matchAll(/"([^"]+)"|“([^”]+)”|«([^»]+)»/gu)) {
    const forms = formsOf(match[1] ?? match[2] ?? match[3] ?? "");
    if (forms.length > 0) phrases.push(forms);
  }
  return phrases;
}

/** The words of a text one after the other, without wholes and pairs: for exact comparison. */
function formsOf(text: string): string[] {
  return tokenizeForSearch(text)
    .filter(({ kind }) => kind !== "whole" && kind !== "pair")
    .map(({ form }) => form);
}
