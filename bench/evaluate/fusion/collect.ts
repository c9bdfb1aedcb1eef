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

/** One question, weighed. Weighing again with other weights needs no second reading (`weigh`). */
export interface Collected {
  /** Document or haystack; questions of one go together into the fit or into its check. */
  readonly document: string;
  readonly asked: AskedQuestion;
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

export async function collect(
  reader: PassageReader | null,
  { haystacks, development }: { readonly haystacks: number; readonly development: boolean },
  tell: (line: string) => void,
): Promise<Collected[]> {
  const collected: Collected[] = [];
  for (const kind of haystacks === 0 ? [] : KINDS) {
    const chosen = readSourceDocuments(corpusFiles([]), [...kind.groups, ...kind.fillers]).filter(({ name }) =>
      isIn("fitted", name),
    );
    const piles = makeHaystacks(kind, chosen, { words: WORDS, count: haystacks, seed: 7 });
    for (const haystack of piles) {
      using library = openDirectLibrary();
      const id = await library.addRows(haystack.rows);
      const questions = [...ownQuestions(haystack, library, id), ...questionsWithoutAnswer(haystack, piles)];
      collected.push(...(await weighAll(library, id, haystack.name, questions, reader)));
      tell(`${haystack.name}: ${questions.length} questions`);
    }
  }
  if (development) {
    using set = layDownDevelopmentSet();
    for (const { name, path, questions } of set.documents) {
      using library = openDirectLibrary();
      const id = await library.addPath(path);
      const asked = questions.filter(({ kind }) => kind !== "whole").map((written) => askedOf(name, written));
      collected.push(...(await weighAll(library, id, name, asked, reader)));
      tell(`${name}: ${asked.length} questions`);
    }
  }
  return collected;
}

async function weighAll(
  library: DirectLibrary,
  id: DocumentId,
  document: string,
  questions: readonly AskedQuestion[],
  reader: PassageReader | null,
): Promise<Collected[]> {
  const never = new AbortController().signal;
  const sources = { ...library.sources, reader };
  const collected: Collected[] = [];
  for (const asked of questions) {
    const request = { question: asked.question, scope: [id], composer: "extractive", memory: "off", seed: 0 } as const;
    const task = { request, sources, signals: { cancel: never, stop: never } };
    const weighed = await weighEvidence(asked.question, task, null);
    const quoted = weighed.candidates.map((candidate): Quoted => {
      const [quotation] = chooseQuotations(weighed.question, [candidate], weighed.rarity, library.sources.texts, 1);
      if (quotation === undefined) return { start: 0, end: 0, core: { start: 0, end: 0 }, holds: false };
      const { start, end, core, text } = quotation;
      const holds = isEvidence(asked, { text, start, end, page: null, file: null, line: null, endLine: null });
      return { start, end, core, holds };
    });
    collected.push({ document, asked, weighed: light(weighed), quoted });
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
