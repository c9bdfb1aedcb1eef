/**
 * What a question over the whole asks for: its subject (its own words of substance), and the families of words in which
 * the kind of thing that it asks for is told.
 * Owns: which words of such a question say nothing about the document. Does not know: passages, parts.
 */
import type { DocumentId } from "../../protocol/dto.ts";
import { visitTokens } from "../../retrieval/search-tokenizer.ts";
import { rarityOf } from "../ranking/rarity.ts";
import { wordsOf } from "../question.ts";
import type { QuestionWord } from "../question.ts";
import type { AnswerSources } from "../types.ts";
import { familiesOf } from "./kinds-of-thing.ts";

/** Words of questions over a whole, beyond those that every question has. */
const FRAME = new Set<string>();
visitTokens(
  "list enumerate trace follow course story book novel text document chapter throughout various different several each " +
    "every kind type sort way people person human being character part role play beginning end begin first last finally " +
    "order sequence change develop evolve become happen whole entire altogether total number count mention appear occur exist compare " +
    "over during between among one two three thing show give find tell describe specification manual report standard " +
    "through toward towards before after afterwards always never ever still again come go get put take make let try hold " +
    "known know use used another own same use say said play narrator author reader writer " +
    "does do did what which who where when how why whose whom is are was were be been has have had can could must may " +
    "might will would shall should the a an of in on at to from by for with and or not his her their its it he she they " +
    "that this these those there them him as into out up than then also all any both",
  (term) => {
    FRAME.add(term);
  },
);

/** What only says that the whole is meant. */
const SPAN =
  /\b(?:in|over|during|throughout|through|across) (?:the )?(?:course of )?(?:the |this )?(?:whole |entire )?(?:book|story|novel|text|document|chapter|specification|manual|report)s?\b|\bfrom (?:the |its |his |her |their )?[\p{L}-]+(?: [\p{L}-]+)? to (?:the |its |his |her |their )?(?:[\p{L}-]+ )?(?:end|close|last|finish|present|latest|death)\b(?: one)?/giu;

export interface Topic {
  /** The question's own words without those that a family stands for, for search. Empty: only a kind is asked for. */
  readonly subject: string;
  /** The subject with the words in which the kind is told, for search. */
  readonly expanded: string;
  /** Weight of each of the subject's terms, 0..1, the rarest 1. */
  readonly own: ReadonlyMap<string, number>;
  /** Weight of each term in which the asked kind of thing is told, 0..1. */
  readonly told: ReadonlyMap<string, number>;
  /** No word of substance and no kind of thing: nothing to gather by. */
  readonly isEmpty: boolean;
  /** A name of the question stands nowhere in the scope, or most of its words do not. */
  readonly isAbsent: boolean;
}

/** An asking word counts in full, a telling one a little less. */
const TOLD_WEIGHT = 0.75;

export function topicOf(
  question: string,
  { chunks }: Pick<AnswerSources, "chunks">,
  scope: readonly DocumentId[],
): Topic {
  const meant = question.replace(SPAN, " ");
  const words = substance(meant);
  const families = calledBy(meant, words);
  const telling = [...new Set(families.flatMap(({ tells }) => [...tells.keys()]))];
  const all = words.map(({ term }) => term);
  const { chunksWith, weightOf } = rarityOf([...new Set([...all, ...telling])], chunks, scope);
  const present = (term: string): boolean => (chunksWith.get(term) ?? 0) > 0;
  const weigh = (term: string, best: number): number => (present(term) ? (weightOf.get(term) ?? 0) / best : 0);
  const best = (terms: readonly string[]): number =>
    Math.max(Number.MIN_VALUE, ...terms.filter(present).map((term) => weightOf.get(term) ?? 0));
  const subject = words.filter(({ term, isName }) => isName || !families.some(({ asks }) => asks.has(term)));
  const own = subject.map(({ term }) => term);
  const bestOwn = best(own);
  const bestTold = best(telling);
  const told = new Map<string, number>();
  const toldWords = new Map<string, string>();
  for (const { asks, tells } of families)
    for (const [term, word] of tells) {
      const weight = weigh(term, bestTold) * (asks.has(term) ? 1 : TOLD_WEIGHT);
      if (weight <= 0) continue;
      told.set(term, Math.max(told.get(term) ?? 0, weight));
      toldWords.set(term, word);
    }
  const asked = words.map(({ word }) => word).join(" ");
  const subjectWords = subject.map(({ word }) => word).join(" ");
  return {
    subject: subjectWords === "" ? asked : subjectWords,
    expanded: told.size === 0 ? asked : `${asked} ${[...toldWords.values()].join(" ")}`,
    own: new Map(own.filter(present).map((term) => [term, weigh(term, bestOwn)])),
    told,
    isEmpty: !all.some(present) && told.size === 0,
    isAbsent:
      words.some(({ term, isName }) => isName && !present(term)) ||
      own.filter((term) => !present(term)).length > own.length / 2 ||
      (own.length === 0 && told.size === 0),
  };
}

/** Words of substance; all that there are when the question is made of frame words only. */
function substance(question: string): QuestionWord[] {
  const words = wordsOf(question);
  const kept = words.filter(({ term, isName }) => isName || !FRAME.has(term));
  return kept.length > 0 ? kept : words;
}

/** A phrase that says of what, where or when; the kind of thing that is asked for stands outside of it. */
const QUALIFIER =
  /\b(?<!\b(?:kinds?|types?|sorts?|forms?|names?|list|lists|all|each|which|one|some) )(?:about|against|around|as|at|before|after|by|concerning|during|for|from|in|inside|into|near|of|on|over|regarding|since|through|throughout|to|towards?|under|until|upon|with|within|without)\s+(?!which\b|what\b|whom\b|whose\b|how\b)(?:(?:the|a|an|his|her|its|their|this|that|these|those|all|each|every|any)\s+)?[\p{L}\d'’-]+(?:\s+(?!(?:about|against|as|at|before|after|by|during|for|from|in|into|near|of|on|over|since|through|to|towards?|under|until|with|without|does|do|did|is|are|was|were|has|have|had|can|could|must|may|might|will|would|shall|should|and|or|that|which|who|whom|what|how|changes?|develops?|evolves?|plays?|happens?)\b)[\p{L}\d'’-]+)?/giu;

/**
 * The families that the asked part of the question calls, not what qualifies it ("the laws passed during the war").
 * A name calls a family only when nothing else does ("the Beast People"; but "Jefferson Hope").
 */
function calledBy(question: string, words: readonly QuestionWord[]): ReturnType<typeof familiesOf> {
  const names = new Set(words.filter(({ isName }) => isName).map(({ term }) => term));
  const terms: string[] = [];
  // Also words that are too common to search for: "under another name". "Conditioning" is not a condition.
  visitTokens(question.replace(QUALIFIER, " "), (term, form) => {
    if (!names.has(term) && !FRAME.has(term) && !form.endsWith("ing")) terms.push(term);
  });
  const families = familiesOf(terms);
  return families.length > 0 ? families : familiesOf([...names]);
}
