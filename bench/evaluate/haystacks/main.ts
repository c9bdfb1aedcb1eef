/**
 * `npm run evaluate -- haystacks`: answers over book-long documents made of the corpus's own questions.
 *   [--corpus FOLDER|FILE]... [--count 2] [--questions 60] [--words 75000] [--seed 1]
 *   [--only articles|stories|leaflets] [--system NAME]
 *   [--part measured|fitted|held-out|all] [--groups fairy/ [--skip 0]] [--json] [--misses] [--verbose]
 * Owns: options, and which questions a haystack is asked: its own, and as questions without an answer those that people
 * wrote to be unanswerable from their text and those about the texts of other haystacks.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { DocumentId } from "../../../engine/protocol/dto.ts";
import { holds, touches } from "../comparing.ts";
import { corpusFolders } from "../corpus-folders.ts";
import { openDirectLibrary } from "../direct.ts";
import type { DirectLibrary } from "../direct.ts";
import type { AskedQuestion, Cited } from "../marks.ts";
import { openReader } from "../reader.ts";
import { printMisses, printReport, reportOf } from "../report.ts";
import type { ImportedDocument } from "../report.ts";
import { askAll, searchAll } from "../run-systems.ts";
import type { GivenBySystem, RanksByRetriever } from "../run-systems.ts";
import { chooseSystems, RETRIEVERS } from "../systems.ts";
import type { System } from "../systems.ts";
import { KINDS, makeHaystacks } from "./make.ts";
import type { Haystack, HaystackKind } from "./make.ts";
import { isIn, partSchema, readSourceDocuments } from "./texts.ts";
import type { SourceDocument, TextQuestion } from "./texts.ts";

const FILES = ["sup-short-human.jsonl.xz", "sup-extra.jsonl.xz", "sup-long.jsonl.xz"];

/** Enough to fit on; a run of the evaluation asks fewer (--questions). */
const MOST_ANSWERED = 120;
const MOST_WITHOUT_ANSWER = 30;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      corpus: { type: "string", multiple: true, default: [] },
      count: { type: "string", default: "2" },
      /** Of one haystack with an answer; a quarter as many of each kind without one. */
      questions: { type: "string", default: "60" },
      words: { type: "string", default: "75000" },
      seed: { type: "string" },
      only: { type: "string" },
      /** measured: source documents on which nothing was trained or fitted. */
      part: { type: "string" },
      /** Instead of the usual kinds: all rows whose group begins so. */
      groups: { type: "string" },
      skip: { type: "string", default: "0" },
      system: { type: "string" },
      json: { type: "boolean", default: false },
      misses: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
  });
  const files = corpusFiles(values.corpus);
  if (files.length === 0) {
    console.log("Haystacks are made of the corpus, which is not here: name its folder with --corpus.");
    return;
  }
  const { groups } = values;
  const own: HaystackKind[] = groups === undefined ? [] : [{ name: groups, groups: [groups], fillers: [] }];
  const kinds = groups === undefined ? KINDS.filter(({ name }) => (values.only ?? name) === name) : own;
  const part = partSchema.parse(values.part ?? (groups === undefined ? "measured" : "all"));
  const seed = Number(values.seed ?? (groups === undefined ? 1 : 0));
  const options = { words: Number(values.words), count: Number(values.count), seed };
  const most = Number(values.questions);
  await using reading = await openReader();
  const { reader } = reading;
  const systems = chooseSystems({ reader: reader !== null, memory: false }, values.system);
  const given: GivenBySystem = new Map();
  const ranks: RanksByRetriever = new Map();
  const documents: ImportedDocument[] = [];
  for (const kind of kinds) {
    const all = readSourceDocuments(files, [...kind.groups, ...kind.fillers]);
    const chosen = all.filter(({ name }) => isIn(part, name)).slice(Number(values.skip));
    const haystacks = makeHaystacks(kind, chosen, options);
    const foreign = [...haystacks, leftOver(chosen, kind, haystacks)];
    for (const haystack of haystacks) {
      const questionsOf = (library: DirectLibrary, id: DocumentId): AskedQuestion[] => [
        ...ownQuestions(haystack, library, id, most),
        ...questionsWithoutAnswer(haystack, foreign, Math.ceil(most / 4)),
      ];
      using library = openDirectLibrary(reader);
      documents.push(await evaluate(haystack, questionsOf, library, systems, given, ranks));
    }
  }
  const report = reportOf(documents, given, ranks);
  if (values.json) {
    const marks = Object.fromEntries([...given].map(([name, list]) => [name, list.map((item) => item.marks)]));
    console.log(JSON.stringify({ ...options, part, files, ...report, marks }));
    return;
  }
  printReport("Haystacks", report);
  if (values.misses) printMisses(given, values.verbose);
}

/** Named files as they are; of folders, the supervised files that lie there. */
export function corpusFiles(named: readonly string[]): string[] {
  const places = named.length > 0 ? named : corpusFolders();
  return places.flatMap((place) => {
    if (existsSync(place) && !statSync(place).isDirectory()) return [place];
    return FILES.map((file) => join(place, file)).filter((file) => existsSync(file));
  });
}

async function evaluate(
  haystack: Haystack,
  questionsOf: (library: DirectLibrary, id: DocumentId) => readonly AskedQuestion[],
  library: DirectLibrary,
  systems: readonly System[],
  given: GivenBySystem,
  ranks: RanksByRetriever,
): Promise<ImportedDocument> {
  const began = performance.now();
  const id = await library.addRows(haystack.rows);
  const importMs = performance.now() - began;
  const questions = questionsOf(library, id);
  await askAll(library, id, questions, systems, new Map(), given);
  searchAll(library, id, questions, RETRIEVERS, ranks);
  return { name: haystack.name, words: haystack.words, importMs, questions: questions.length };
}

/** At most `most` questions about the haystack's own texts, spread over it. */
export function ownQuestions(
  haystack: Haystack,
  { store }: DirectLibrary,
  id: DocumentId,
  most: number = MOST_ANSWERED,
): AskedQuestion[] {
  const blocks = [...store.texts.blocks(id)];
  const asked = haystack.texts.flatMap(({ text, firstBlock, lastBlock }) => {
    const start = blocks[firstBlock]?.start ?? 0;
    const end = blocks[lastBlock]?.end ?? 0;
    return text.questions
      .filter(({ answers }) => answers.length > 0)
      .map((question) => askedIn(haystack.name, question, start, end));
  });
  return someOf(asked, most);
}

/** Evidence: a citation that lies in the question's own text and holds the answer word for word. */
function askedIn(document: string, { question, answers }: TextQuestion, start: number, end: number): AskedQuestion {
  const lies = (cited: Cited): boolean => cited.start < end && cited.end > start;
  const needed = {
    stands: (cited: Cited) => lies(cited) && answers.some((answer) => holds(cited.text, answer)),
    touched: (cited: Cited) => lies(cited) && answers.some((answer) => touches(cited.text, answer)),
    said: (text: string) => answers.some((answer) => holds(text, answer)),
  };
  return { id: `${document}/${start}/${question}`, document, kind: "place", question, answers, needed: [needed] };
}

/** Documents that found no room: questions about them have no answer in any haystack. */
function leftOver(
  documents: readonly SourceDocument[],
  { groups }: HaystackKind,
  haystacks: readonly Haystack[],
): Pick<Haystack, "texts"> {
  const laid = new Set(haystacks.flatMap((haystack) => haystack.documents));
  const left = documents.filter(({ name }) => !laid.has(name) && groups.some((group) => name.startsWith(group)));
  return { texts: left.flatMap(({ texts }) => texts.map((text) => ({ text, firstBlock: 0, lastBlock: 0 }))) };
}

/** At most `most` of each kind: made to be unanswerable, and asked about other haystacks. */
export function questionsWithoutAnswer(
  haystack: Haystack,
  all: readonly Pick<Haystack, "texts">[],
  most: number = MOST_WITHOUT_ANSWER,
): AskedQuestion[] {
  const questionsOf = ({ texts }: Pick<Haystack, "texts">, isAnswered: boolean): string[] =>
    texts.flatMap(({ text }) =>
      text.questions.filter(({ answers }) => answers.length > 0 === isAnswered).map(({ question }) => question),
    );
  const unanswerable = questionsOf(haystack, false);
  const foreign = all.filter((other) => other !== haystack).flatMap((other) => questionsOf(other, true));
  return [
    ...someOf(unanswerable, most).map((question) => ({ question, from: "unanswerable" })),
    ...someOf(foreign, most).map((question) => ({ question, from: "foreign" })),
  ].map(({ question, from }) => ({
    id: `${haystack.name}/${from}/${question}`,
    document: haystack.name,
    kind: "none",
    question,
    answers: [],
    needed: [],
  }));
}

/** At most `most` items, evenly spread. */
function someOf<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return items.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}
