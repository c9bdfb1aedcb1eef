/**
 * What a dense retriever is measured on: windows of 60 words with half overlap, the passages that lexical search finds
 * with their scores, and which of all these are evidence, so that training/retriever/measure.py needs vectors only.
 *   node bench/retrieval/dense-windows.ts OUT.jsonl [HAYSTACKS.json…] [--questions 30] [--fitted] [--development]
 * HAYSTACKS come from make-haystacks.py --part check; --fitted adds haystacks of the fitted part of held-out documents
 * (bench/evaluate/haystacks) without those of --part check; --development adds bench/evaluate/development.
 * Writes one line a document. Owns: that file's form. Does not know: vectors.
 */
import { createWriteStream, type WriteStream } from "node:fs";
import { parseArgs } from "node:util";
import { crc32 } from "node:zlib";
import type { DocumentId } from "../../engine/protocol/dto.ts";
import type { LibraryStore } from "../../engine/store/types.ts";
import { createRetriever } from "../../engine/retrieval/retriever.ts";
import type { RankedPassage } from "../../engine/retrieval/types.ts";
import { layDownDevelopmentSet } from "../evaluate/development-set.ts";
import { openDirectLibrary } from "../evaluate/direct.ts";
import { corpusFiles, ownQuestions } from "../evaluate/haystacks/main.ts";
import { KINDS, makeHaystacks } from "../evaluate/haystacks/make.ts";
import { isIn, readSourceDocuments } from "../evaluate/haystacks/texts.ts";
import { askedOf, type AskedQuestion, type Cited } from "../evaluate/marks.ts";
import { isEvidence, loadHaystack, readHaystacks } from "./haystacks.ts";

const WINDOW_WORDS = 60;
const STEP_WORDS = 30;
/** Lexical passages of a question; the first fifty become candidates, all count for recall. */
const MOST = 100;
/** As many as there are texts for. */
const FITTED = { words: 75_000, count: 1, seed: 7 };
const FITTED_QUESTIONS = 120;
const FITTED_KINDS = new Set(["articles", "stories"]);
/** What make-haystacks.py asks about, and its rule for --part check (its name for a document is ours). */
const IN_HAYSTACKS = ["squad", "qed", "fairy"];
const isChecked = (name: string): boolean =>
  IN_HAYSTACKS.some((beginning) => name.startsWith(beginning)) && crc32(name) % 2 === 1;

type Stretch = Pick<Cited, "start" | "end" | "text">;

interface Question {
  readonly question: string;
  /** Needed places: whether a stretch shows it. */
  readonly places: readonly ((stretch: Stretch) => boolean)[];
}

interface Document {
  readonly name: string;
  /** "check", "fitted", "book", "other". */
  readonly group: string;
  readonly questions: readonly Question[];
}

/** Windows over the document's words between white space; the last one ends with the text. */
function windowsOf({ chunks }: Pick<LibraryStore, "chunks">, id: DocumentId): Stretch[] {
  const words: { start: number; end: number }[] = [];
  for (const chunk of chunks.scan([id])) {
    for (const { index, 0: word } of chunk.text.matchAll(/\S+/gu)) {
      words.push({ start: chunk.start + index, end: chunk.start + index + word.length });
    }
  }
  const windows: Stretch[] = [];
  for (let from = 0; from < words.length; from += STEP_WORDS) {
    const own = words.slice(from, from + WINDOW_WORDS);
    const [start, end] = [own[0]?.start ?? 0, own.at(-1)?.end ?? 0];
    windows.push({ start, end, text: chunks.text(id, start, end) });
    if (from + WINDOW_WORDS >= words.length) break;
  }
  return windows;
}

/** A score in units of the question's own weight, so that one weight can hold for all questions (as in fit.ts). */
function weighed(found: readonly RankedPassage[]): number[] {
  const [first] = found;
  const total = first?.features === null || first === undefined ? 0 : first.features.coverage / first.matched;
  return found.map(({ score }) => (total > 0 ? score / total : 0));
}

/** Texts are the windows, then the passages that search found for any question; `lexical` and `evidence` number them. */
function writeDocument(
  out: WriteStream,
  store: LibraryStore,
  id: DocumentId,
  { name, group, questions }: Document,
): void {
  const retriever = createRetriever(store.chunks);
  const windows = windowsOf(store, id);
  const texts: Stretch[] = [...windows];
  const numbers = new Map<string, number>();
  const numberOf = ({ start, end, text }: Stretch): number => {
    const key = `${start} ${end}`;
    const number = numbers.get(key) ?? texts.push({ start, end, text }) - 1;
    numbers.set(key, number);
    return number;
  };
  const searched = questions.map(({ question }) => {
    const began = performance.now();
    const found = retriever.search(question, [id], { limit: MOST });
    const ms = performance.now() - began;
    const scores = weighed(found);
    return { ms, lexical: found.map((passage, at): [number, number] => [numberOf(passage), scores[at] ?? 0]) };
  });
  const asked = questions.map(({ question, places }, at) => ({
    question,
    ...searched[at],
    evidence: places.map((shows) => texts.flatMap((stretch, number) => (shows(stretch) ? [number] : []))),
  }));
  const spans = texts.map(({ start, end }) => [start, end]);
  const line = { name, group, windows: windows.length, spans, texts: texts.map(({ text }) => text), questions: asked };
  out.write(`${JSON.stringify(line)}\n`);
  console.log(`${group} ${name}: ${windows.length} windows, ${texts.length} texts, ${questions.length} questions`);
}

const questionOf = ({ question, needed }: AskedQuestion): Question => ({
  question,
  places: needed.map(
    (place) => (stretch) => place.stands({ ...stretch, page: null, file: null, line: null, endLine: null }),
  ),
});

async function writeChecked(out: WriteStream, path: string, most: number): Promise<void> {
  for (const hay of readHaystacks(path)) {
    using library = openDirectLibrary();
    const { id, name, questions } = await loadHaystack(library.store, hay);
    const asked = questions.slice(0, most).map((one): Question => {
      return { question: one.question, places: [(stretch) => isEvidence(stretch, one)] };
    });
    writeDocument(out, library.store, id, { name: `${path} ${name}`, group: "check", questions: asked });
  }
}

async function writeFitted(out: WriteStream): Promise<void> {
  for (const kind of KINDS.filter((one) => FITTED_KINDS.has(one.name))) {
    const documents = readSourceDocuments(corpusFiles([]), [...kind.groups, ...kind.fillers]);
    const own = documents.filter(({ name }) => isIn("fitted", name) && !isChecked(name));
    for (const haystack of makeHaystacks(kind, own, FITTED)) {
      using library = openDirectLibrary();
      const id = await library.addRows(haystack.rows);
      const questions = ownQuestions(haystack, library, id, FITTED_QUESTIONS).map(questionOf);
      writeDocument(out, library.store, id, { name: haystack.name, group: "fitted", questions });
    }
  }
}

async function writeDevelopment(out: WriteStream): Promise<void> {
  using set = layDownDevelopmentSet();
  for (const { name, isBook, path, questions } of set.documents) {
    const asked = questions.filter(({ kind }) => kind === "place" || kind === "two");
    if (asked.length === 0) continue;
    using library = openDirectLibrary();
    const id = await library.addPath(path);
    const own = asked.map((written) => questionOf(askedOf(name, written)));
    writeDocument(out, library.store, id, { name, group: isBook ? "book" : "other", questions: own });
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      questions: { type: "string", default: "1000" },
      fitted: { type: "boolean", default: false },
      development: { type: "boolean", default: false },
    },
  });
  const [target, ...haystacks] = positionals;
  if (target === undefined) throw new Error("usage: node bench/retrieval/dense-windows.ts OUT.jsonl [HAYSTACKS.json…]");
  const out = createWriteStream(target);
  for (const path of haystacks) await writeChecked(out, path, Number(values.questions));
  if (values.fitted) await writeFitted(out);
  if (values.development) await writeDevelopment(out);
  await new Promise((resolve) => out.end(resolve));
}

await main();
