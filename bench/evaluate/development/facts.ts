/**
 * Whole-document facts covered on the development sets: node bench/evaluate/development/facts.ts [--only name] [--misses]
 * A fact counts when one of its passages stands in the answer or in one citation, each citation cut to 60 words.
 * Rows: BM25 over 60-word windows (first 8, first 24), Longleaf's own search, the route to a place, and what the question
 * is answered with when nobody chooses a route; with the citations an answer has. Also where place questions go.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { answerQuestion } from "../../../engine/answering/answer.ts";
import type { Answer, AnswerRoute, DocumentId } from "../../../engine/protocol/dto.ts";
import { PlainBm25 } from "../../../engine/retrieval/baseline.ts";
import { openDirectLibrary } from "../direct.ts";
import type { DirectLibrary } from "../direct.ts";
import { plain } from "../comparing.ts";
import { readDevelopmentSets } from "./sets.ts";
import type { DevelopmentQuestion, DevelopmentSet } from "./sets.ts";

const { values } = parseArgs({
  options: { only: { type: "string" }, misses: { type: "boolean", default: false } },
});

interface Given {
  readonly answer: string;
  readonly citations: readonly string[];
  readonly ms: number;
}

interface Row {
  facts: number;
  covered: number;
  citations: number;
  questions: number;
  ms: number;
}

const rows = new Map<string, Row>();
const place = { questions: 0, gathered: 0, first3: 0, first8: 0, find3: 0, find8: 0, refused: 0 };
const none = { questions: 0, refused: 0 };
const missing: string[] = [];

const cut = (text: string): string => text.split(/\s+/u).slice(0, 60).join(" ");

function coveredBy(question: DevelopmentQuestion, { answer, citations }: Given): boolean[] {
  const texts = [answer, ...citations.map(cut)].map(plain);
  return question.evidence.map((list) =>
    list.some((passage) => texts.some((text) => text.includes(plain(passage).trimEnd()))),
  );
}

function count(name: string, question: DevelopmentQuestion, given: Given): boolean[] {
  const row = rows.get(name) ?? { facts: 0, covered: 0, citations: 0, questions: 0, ms: 0 };
  rows.set(name, row);
  const covered = coveredBy(question, given);
  row.facts += covered.length;
  row.covered += covered.filter(Boolean).length;
  row.citations += given.citations.length;
  row.questions += 1;
  row.ms += given.ms;
  return covered;
}

async function ask(
  library: DirectLibrary,
  id: DocumentId,
  question: string,
  route?: AnswerRoute,
): Promise<Answer & { readonly ms: number }> {
  const never = new AbortController().signal;
  const began = performance.now();
  const request = {
    question,
    scope: [id],
    composer: "extractive",
    memory: "off",
    seed: 0,
    ...(route === undefined ? {} : { route }),
  } as const;
  for await (const event of answerQuestion(request, library.sources, { cancel: never, stop: never }))
    if (event.type === "done") return { ...event.answer, ms: performance.now() - began };
  throw new Error(`no answer to: ${question}`);
}

const textsOf = ({ citations }: Answer): string[] => citations.map(({ text }) => text);
const given = (answer: Answer & { readonly ms: number }): Given => ({
  answer: answer.answer,
  citations: textsOf(answer),
  ms: answer.ms,
});

async function askWhole(library: DirectLibrary, id: DocumentId, bm25: PlainBm25, set: DevelopmentSet): Promise<void> {
  for (const question of set.questions.filter(({ kind }) => kind === "whole")) {
    for (const limit of [8, 24]) {
      const began = performance.now();
      const found = bm25.search(question.question, limit).map(({ text }) => text);
      count(`BM25, 60 words, first ${limit}`, question, {
        answer: "",
        citations: found,
        ms: performance.now() - began,
      });
    }
    const began = performance.now();
    const found = library.sources.retriever.search(question.question, [id], { limit: 24 }).map(({ text }) => text);
    count("search, first 24", question, { answer: "", citations: found, ms: performance.now() - began });
    count("route to a place", question, given(await ask(library, id, question.question, "find")));
    const answer = await ask(library, id, question.question);
    const own = count("as answered", question, given(answer));
    count("as answered, first 8", question, { ...given(answer), answer: "", citations: textsOf(answer).slice(0, 8) });
    count(`as answered: ${set.name}`, question, given(answer));
    const forced = answer.route === "whole" ? answer : await ask(library, id, question.question, "whole");
    count("route over the whole", question, given(forced));
    missing.push(
      `${set.name} ${question.id}: ${answer.route}, ${own.filter(Boolean).length} of ${own.length}, ${answer.citations.length} citations; missing: ${
        own.flatMap((isCovered, i) => (isCovered ? [] : [question.evidence[i]?.[0] ?? ""])).join(" | ") || "nothing"
      }`,
    );
  }
}

function rankOf(question: DevelopmentQuestion, answer: Answer): number {
  const texts = textsOf(answer).map(cut).map(plain);
  const ranks = question.evidence.map((list) => {
    const at = texts.findIndex((text) => list.some((passage) => text.includes(plain(passage).trimEnd())));
    return at < 0 ? Infinity : at + 1;
  });
  return Math.max(...ranks);
}

async function askPlaces(library: DirectLibrary, id: DocumentId, set: DevelopmentSet): Promise<void> {
  for (const question of set.questions.filter(({ kind }) => kind !== "whole")) {
    const answer = await ask(library, id, question.question);
    if (question.kind === "none") {
      none.questions += 1;
      if (!answer.answerable) none.refused += 1;
      continue;
    }
    place.questions += 1;
    if (answer.route !== "find") {
      place.gathered += 1;
      missing.push(`${set.name} ${question.id} (${question.kind}) goes to ${answer.route}: ${question.question}`);
    }
    if (!answer.answerable) place.refused += 1;
    const rank = rankOf(question, answer);
    const find = answer.route === "find" ? rank : rankOf(question, await ask(library, id, question.question, "find"));
    place.find3 += Number(find <= 3);
    place.find8 += Number(find <= 8);
    place.first3 += Number(rank <= 3);
    place.first8 += Number(rank <= 8);
  }
}

async function main(): Promise<void> {
  for (const set of readDevelopmentSets(values.only)) {
    using library = openDirectLibrary();
    const folder = mkdtempSync(join(tmpdir(), "longleaf-development-"));
    const file = join(folder, `${set.name}.md`);
    writeFileSync(file, set.text);
    const id = await library.addPath(file);
    rmSync(folder, { recursive: true, force: true });
    const bm25 = new PlainBm25(library.store.chunks, [id], { windowWords: 60 });
    await askWhole(library, id, bm25, set);
    await askPlaces(library, id, set);
  }
  print();
}

function print(): void {
  console.log("way | facts covered | citations a question | ms a question");
  for (const [name, { facts, covered, citations, questions, ms }] of rows)
    console.log(
      `${name} | ${((100 * covered) / facts).toFixed(1)} % of ${facts} | ${(citations / questions).toFixed(1)} | ${(ms / questions).toFixed(0)}`,
    );
  console.log(
    `place and two: ${place.questions} questions, ${place.gathered} not sent to a place, ${place.refused} refused; ` +
      `evidence complete in the first 3 / 8: ${place.first3} / ${place.first8}; all sent to a place: ${place.find3} / ${place.find8}`,
  );
  console.log(`none: ${none.refused} of ${none.questions} refused`);
  if (values.misses) console.log(missing.join("\n"));
}

await main();
