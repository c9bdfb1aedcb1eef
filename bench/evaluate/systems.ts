/**
 * The ways of answering that are compared, and the retrievers that feed them. One entry each in a list: an ablation is
 * one more entry.
 * Owns: how a peer's ranking is made to look like an answer. Does not know: what answers are worth (marks.ts).
 */
import { z } from "zod";
import { answerQuestion } from "../../engine/answering/answer.ts";
import type { AnswerSources } from "../../engine/answering/types.ts";
import { FUSION } from "../../engine/answering/ranking/fusion-weights.ts";
import type { Answer, AnswerRoute, DocumentId } from "../../engine/protocol/dto.ts";
import { PlainBm25 } from "../../engine/retrieval/baseline.ts";
import type { RankedPassage } from "../../engine/retrieval/types.ts";
import { CITED_WORDS, cutToWords, wordsIn } from "./comparing.ts";
import type { DirectLibrary } from "./direct.ts";
import type { Cited, SystemAnswer } from "./marks.ts";
import type { QuestionKind } from "./test-set.ts";

/** A system that has one document before it. */
export interface OpenedSystem {
  answer(question: string): Promise<SystemAnswer>;
}

export interface System {
  readonly name: string;
  /** Kinds of questions that it is asked; all when absent. */
  readonly kinds?: readonly QuestionKind[];
  /** An ablation of the reader says nothing where there is none. */
  readonly needsReader?: boolean;
  /** An ablation of the memory likewise, where no document is read into it. */
  readonly needsMemory?: boolean;
  /** Words to which its citations are cut for the marks: 60, or null for the row that shows what the cut costs. */
  readonly citedWords: number | null;
  /** Prepares what it needs for the document; not part of the milliseconds per question. */
  readonly open: (library: DirectLibrary, documentId: DocumentId) => OpenedSystem;
}

/** Windows that count as the answer of a peer. */
const IN_ANSWER = 3;
const FIND_KINDS = ["place", "two", "none"] as const;

interface PeerOptions {
  readonly windows: number;
  readonly kinds?: readonly QuestionKind[];
  readonly citedWords?: number | null;
}

/** Plain BM25 over windows of fixed length, answered with its first windows; it refuses only when no word occurs. */
export function peer(windowWords: number, { windows, kinds, citedWords = CITED_WORDS }: PeerOptions): System {
  const cut = citedWords === null ? ", not cut" : "";
  return {
    name: `BM25, ${windowWords} words${windows === 8 ? "" : `, ${windows} windows`}${cut}`,
    ...(kinds === undefined ? {} : { kinds }),
    citedWords,
    open(library, documentId) {
      const bm25 = bm25Of(library, documentId, windowWords);
      return {
        async answer(question) {
          const began = performance.now();
          const found = bm25.search(question, windows);
          const citations = found.map((passage) => citedOf(library, documentId, passage));
          const ms = performance.now() - began;
          const said = citations
            .slice(0, IN_ANSWER)
            .map(({ text }) => (citedWords === null ? text : cutToWords(text, citedWords)));
          const support = found[0]?.score ?? 0;
          const refused = found.length === 0;
          return { citations, answer: said.join(" "), span: null, support, quoted: null, refused, ms };
        },
      };
    },
  };
}

/**
 * Looks at nothing but how long the question is. What a judge of refusals is worth, it is worth beyond this: people write
 * unanswerable questions shorter.
 */
const LENGTH_ALONE: System = {
  name: "The question's length alone",
  kinds: FIND_KINDS,
  citedWords: null,
  open: () => ({
    answer: (question) =>
      Promise.resolve({
        citations: [],
        answer: "",
        span: null,
        support: wordsIn(question),
        quoted: null,
        refused: false,
        ms: 0,
      }),
  }),
};

/** Rankings by library, document and window: several rows share one. */
const rankings = new WeakMap<DirectLibrary, Map<string, PlainBm25>>();

function bm25Of(library: DirectLibrary, documentId: DocumentId, windowWords: number): PlainBm25 {
  let known = rankings.get(library);
  if (known === undefined) rankings.set(library, (known = new Map()));
  const key = `${documentId} ${windowWords}`;
  let bm25 = known.get(key);
  if (bm25 === undefined) known.set(key, (bm25 = new PlainBm25(library.store.chunks, [documentId], { windowWords })));
  return bm25;
}

function citedOf({ store }: DirectLibrary, documentId: DocumentId, passage: RankedPassage): Cited {
  const { text, start, end } = passage;
  const { page, file, line, endLine } = store.texts.place(documentId, start, end);
  return { text, start, end, page, file, line, endLine };
}

export interface LongleafOptions {
  readonly name: string;
  readonly kinds?: readonly QuestionKind[];
  /** Absent: chosen by the question's words, as in the product. */
  readonly route?: AnswerRoute;
  readonly needsReader?: boolean;
  readonly needsMemory?: boolean;
  /** What is taken away or put in its place for an ablation. */
  readonly sources?: (sources: AnswerSources, library: DirectLibrary) => AnswerSources;
}

/** The product's own answers, in this process; nothing is written by a language model. */
export function longleaf(options: LongleafOptions): System {
  const { name, kinds, route, needsReader = false, needsMemory = false, sources: change } = options;
  return {
    name,
    ...(kinds === undefined ? {} : { kinds }),
    needsReader,
    needsMemory,
    citedWords: CITED_WORDS,
    open(library, documentId) {
      const sources = change === undefined ? library.sources : change(library.sources, library);
      return {
        async answer(question) {
          const began = performance.now();
          const answer = await ask(sources, documentId, question, route);
          return given(answer, performance.now() - began);
        },
      };
    },
  };
}

/** Parts of an answer that came later than this evaluation: read when they are there. */
const optionalParts = z.object({
  span: z.object({ text: z.string() }).nullish(),
  support: z.number().nullish(),
});
const SUPPORT_OF_WORDS = { stated: 1, likely: 0.5, "not found": 0 } as const;

function given(answer: Answer, ms: number): SystemAnswer {
  const { span, support } = optionalParts.parse(answer);
  return {
    citations: answer.citations,
    answer: answer.answer,
    span: span?.text ?? null,
    support: support ?? SUPPORT_OF_WORDS[answer.confidence],
    quoted: [...new Set(answer.sentences.flatMap(({ citations }) => citations))],
    refused: !answer.answerable,
    ms,
  };
}

async function ask(
  sources: AnswerSources,
  documentId: DocumentId,
  question: string,
  route: AnswerRoute | undefined,
): Promise<Answer> {
  const never = new AbortController().signal;
  const request = {
    question,
    scope: [documentId],
    composer: "extractive",
    memory: "on",
    seed: 0,
    ...(route === undefined ? {} : { route }),
  } as const;
  for await (const event of answerQuestion(request, sources, { cancel: never, stop: never }))
    if (event.type === "done") return event.answer;
  throw new Error(`no answer to: ${question}`);
}

/** The worth of the memory for parts of a whole where the fit left it out: the middle of those that it tries. */
const WORTH = 0.2;

/** Longleaf with what the fit of fusion decided turned round: the row beside Longleaf's is what it adds. */
const { form, worth } = FUSION.partsByMemory;
const MEMORY_TURNED: LongleafOptions = {
  name: worth > 0 ? "Longleaf, memory not asked" : "Longleaf, memory asked",
  kinds: ["whole"],
  needsReader: true,
  needsMemory: true,
  sources: (sources) => ({ ...sources, partsByMemory: { form, worth: worth > 0 ? 0 : WORTH } }),
};

/** The row that all others are compared with. */
export const PEER = "BM25, 60 words";
/** The product as it ships; names of its ablations begin so. */
export const OWN = "Longleaf";

export const SYSTEMS: readonly System[] = [
  peer(60, { windows: 8 }),
  peer(60, { windows: 24, kinds: ["whole"] }),
  peer(180, { windows: 8 }),
  peer(180, { windows: 24, kinds: ["whole"] }),
  peer(180, { windows: 8, kinds: FIND_KINDS, citedWords: null }),
  LENGTH_ALONE,
  longleaf({ name: OWN }),
  longleaf({ name: "Longleaf, no reader", needsReader: true, sources: (sources) => ({ ...sources, reader: null }) }),
  longleaf(MEMORY_TURNED),
];

/** What there is to run systems with. */
export interface Having {
  readonly reader: boolean;
  /** Documents are read into memory. */
  readonly memory: boolean;
}

/** Those that can run here; `wanted`: the peer and the system of this name, or all whose names contain it. */
export function chooseSystems(has: Having, wanted?: string): System[] {
  const isWanted = SYSTEMS.some(({ name }) => name === wanted)
    ? (name: string) => name === wanted
    : (name: string) => wanted === undefined || name.includes(wanted);
  return SYSTEMS.filter(
    ({ name, needsReader, needsMemory }) =>
      (has.reader || needsReader !== true) && (has.memory || needsMemory !== true) && (name === PEER || isWanted(name)),
  );
}

export interface Retriever {
  readonly name: string;
  /** Its best passages, best first, uncut: what a reader or a ranking behind it would get to see. */
  readonly open: (
    library: DirectLibrary,
    documentId: DocumentId,
  ) => (question: string, limit: number) => readonly Cited[];
}

/** Ranks do not ask for places. */
const uncited = ({ text, start, end, file }: RankedPassage): Cited => {
  return { text, start, end, file, page: null, line: null, endLine: null };
};

const bm25Retriever = (windowWords: number): Retriever => ({
  name: `BM25, ${windowWords} words`,
  open(library, documentId) {
    const bm25 = bm25Of(library, documentId, windowWords);
    return (question, limit) => bm25.search(question, limit).map(uncited);
  },
});

export const RETRIEVERS: readonly Retriever[] = [
  bm25Retriever(60),
  bm25Retriever(180),
  {
    name: "Longleaf's search",
    open: (library, documentId) => (question, limit) =>
      library.sources.retriever.search(question, [documentId], { limit }).map(uncited),
  },
];
