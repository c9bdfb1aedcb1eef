/**
 * What fusion is fitted on: for each question every candidate with its features and whether a quotation of it holds
 * evidence. From haystacks of source documents on which the reader was not trained, and from the development set.
 * Owns: which questions are asked. Does not know: regressions.
 */
import { chooseQuotations } from "../../../engine/answering/evidence.ts";
import { weighEvidence, type Weighed } from "../../../engine/answering/find.ts";
import type { Candidate } from "../../../engine/answering/ranking/candidates.ts";
import type { DocumentId } from "../../../engine/protocol/dto.ts";
import type { PassageReader } from "../../../engine/reading/reading.ts";
import { openDirectLibrary, type DirectLibrary } from "../direct.ts";
import { layDownDevelopmentSet } from "../development-set.ts";
import { corpusFiles, ownQuestions, questionsWithoutAnswer } from "../haystacks/main.ts";
import { KINDS, makeHaystacks } from "../haystacks/make.ts";
import { isIn, readSourceDocuments } from "../haystacks/texts.ts";
import { askedOf, cutCitation, type AskedQuestion, type Cited } from "../marks.ts";
import { CITED_WORDS } from "../comparing.ts";

/** Haystacks are made of many texts; books are told, the others are set out under headings. */
export type Group = "haystack" | "book" | "other";

/** One question, weighed. Weighing again with other weights needs no second reading (`weigh`). */
export interface Collected {
  /** Document or haystack; questions of one go together into the fit or into its check. */
  readonly document: string;
  readonly group: Group;
  readonly question: string;
  /** The text says it. */
  readonly isAnswered: boolean;
  readonly weighed: Weighed;
  /** Of each candidate, by its place in `weighed.candidates`: the quotation that it would give on its own. */
  readonly quoted: readonly Quoted[];
}

export interface Quoted {
  readonly start: number;
  readonly end: number;
  readonly core: { readonly start: number; readonly end: number };
  /** It holds one of the needed places. */
  readonly holds: boolean;
}

const WORDS = 75_000;

export interface Wanted {
  /** Of each kind. */
  readonly haystacks: number;
  readonly development: boolean;
  /** Development documents, by parts of their names; all when empty. */
  readonly only: readonly string[];
}

/** `only`: parts of names; all when empty. */
export const isNamed = (name: string, only: readonly string[]): boolean =>
  only.length === 0 || only.some((part) => name.includes(part));

/** `known`: documents that were collected before. `keep` is told after each document. */
export async function collect(
  reader: PassageReader | null,
  { haystacks, development, only }: Wanted,
  known: readonly Collected[],
  keep: (all: readonly Collected[], added: readonly Collected[]) => void,
): Promise<Collected[]> {
  const collected = [...known];
  const isKnown = (name: string): boolean => known.some(({ document }) => document === name);
  const add = (added: readonly Collected[]): void => {
    collected.push(...added);
    keep(collected, added);
  };
  for (const kind of haystacks === 0 ? [] : KINDS) {
    const chosen = readSourceDocuments(corpusFiles([]), [...kind.groups, ...kind.fillers]).filter(({ name }) =>
      isIn("fitted", name),
    );
    const piles = makeHaystacks(kind, chosen, { words: WORDS, count: haystacks, seed: 7 });
    for (const haystack of piles.filter(({ name }) => !isKnown(name))) {
      using library = openDirectLibrary(reader);
      const id = await library.addRows(haystack.rows);
      const questions = [...ownQuestions(haystack, library, id), ...questionsWithoutAnswer(haystack, piles)];
      add(await weighAll(library, id, { name: haystack.name, group: "haystack" }, questions));
    }
  }
  if (development) {
    using set = layDownDevelopmentSet();
    for (const { name, isBook, path, questions } of set.documents.filter((document) => !isKnown(document.name))) {
      const asked = questions.filter(({ kind }) => kind !== "whole").map((written) => askedOf(name, written));
      if (asked.length === 0 || !isNamed(name, only)) continue;
      using library = openDirectLibrary(reader);
      const id = await library.addPath(path);
      add(await weighAll(library, id, { name, group: isBook ? "book" : "other" }, asked));
    }
  }
  return collected;
}

async function weighAll(
  library: DirectLibrary,
  id: DocumentId,
  document: { readonly name: string; readonly group: Group },
  questions: readonly AskedQuestion[],
): Promise<Collected[]> {
  const never = new AbortController().signal;
  const { sources } = library;
  const collected: Collected[] = [];
  for (const asked of questions) {
    const request = { question: asked.question, scope: [id], composer: "extractive", memory: "off", seed: 0 } as const;
    const task = { request, sources, signals: { cancel: never, stop: never } };
    const weighed = await weighEvidence(asked.question, task, null);
    const quoted = weighed.candidates.map((candidate): Quoted => {
      const [quotation] = chooseQuotations(weighed.question, [candidate], weighed.rarity, sources.texts, 1);
      if (quotation === undefined) return { start: 0, end: 0, core: { start: 0, end: 0 }, holds: false };
      const { start, end, core, text } = quotation;
      const holds = isEvidence(asked, { text, start, end, page: null, file: null, line: null, endLine: null });
      return { start, end, core, holds };
    });
    const { question, needed } = asked;
    collected.push({
      document: document.name,
      group: document.group,
      question,
      isAnswered: needed.length > 0,
      weighed: light(weighed),
      quoted,
    });
  }
  return collected;
}

/** Without texts: a hundred and fifty candidates of a thousand questions, with what they were cut from, fill any memory. */
function light(weighed: Weighed): Weighed {
  const passages = new Map(weighed.candidates.map(({ look }) => [look.passage, { ...look.passage, text: "" }]));
  const candidates = weighed.candidates.map((candidate): Candidate => {
    const { look, answer } = candidate;
    const passage = passages.get(look.passage) ?? look.passage;
    return {
      ...candidate,
      answer: answer === null ? null : { ...answer, text: "" },
      look: { ...look, passage, units: [], terms: [], context: { start: 0, text: "" } },
    };
  });
  const quotations = weighed.quotations.map((quotation) => ({
    ...quotation,
    text: "",
    core: { ...quotation.core, text: "" },
    passage: passages.get(quotation.passage) ?? quotation.passage,
  }));
  return { ...weighed, candidates, quotations };
}

function isEvidence({ needed }: AskedQuestion, cited: Cited): boolean {
  const cut = cutCitation(cited, CITED_WORDS);
  return needed.some((place) => place.stands(cut));
}
