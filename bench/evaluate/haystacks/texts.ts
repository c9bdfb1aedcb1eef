/**
 * Source documents of the corpus with the questions that people asked about them, and which of them no part of
 * Longleaf was trained on.
 * Owns: reading corpus rows, what counts as the same document, which questions can be checked word for word.
 * Does not know: haystacks, systems.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { splitSentences } from "../../../engine/chunking/sentences.ts";
import { holds, wordsIn } from "../comparing.ts";
import { readPackedLines } from "../summaries/read-packed.ts";

export interface TextQuestion {
  readonly question: string;
  /** Right wordings; each stands word for word in the text. Empty: the text does not say. */
  readonly answers: readonly string[];
}

/** A stretch that was shown to the people who asked. */
export interface AskedText {
  readonly context: string;
  readonly words: number;
  readonly questions: readonly TextQuestion[];
}

export interface SourceDocument {
  /** "squad/1973_oil_crisis", "fairy/Snow-man". */
  readonly name: string;
  readonly words: number;
  readonly texts: readonly AskedText[];
}

const corpusRow = z.object({
  group: z.string(),
  context: z.string(),
  qa: z.array(z.object({ task: z.string(), question: z.string(), answer: z.string() })),
});
type CorpusRow = z.infer<typeof corpusRow>;

/**
 * The unit of the split between training and evaluation; the same rule as `source_document` in
 * training/reader/questions.py.
 */
export function sourceDocument(group: string): string {
  const parts = group.split("/");
  const [kind = ""] = parts;
  if (kind === "book" || kind === "docs") return parts.slice(0, 4).join("/");
  return parts.slice(0, kind === "openstax" ? 3 : 2).join("/");
}

/** One source document in five is never trained on; the same rule as `is_test` there. */
export function isHeldOut(group: string): boolean {
  const digest = createHash("sha1").update(sourceDocument(group)).digest("hex");
  return Number.parseInt(digest.slice(0, 8), 16) % 5 === 0;
}

export const partSchema = z.enum(["measured", "fitted", "held-out", "all"]);
export type Part = z.infer<typeof partSchema>;

/**
 * Held-out documents are halved once more: on one half the weights of fusion are fitted, figures are about the other.
 * `name` is that of a `SourceDocument`.
 */
export function isIn(part: Part, name: string): boolean {
  if (part === "all") return true;
  if (!isHeldOut(name)) return false;
  if (part === "held-out") return true;
  const digest = createHash("sha1").update(name).digest("hex");
  const isMeasured = Number.parseInt(digest.slice(8, 16), 16) % 2 === 1;
  return isMeasured === (part === "measured");
}

/** What lies together in a haystack: a story, an article, a leaflet. Finer than the split for leaflets. */
function documentOf(group: string): string {
  return group.startsWith("medquad/") ? group : sourceDocument(group);
}

const SPAN_TASKS = new Set(["squad", "natural_question", "fairytale_qa", "fairytale_qa_whole", "policy_qa"]);
const PASSAGE_TASKS = new Set(["leaflet_qa"]);
const NO_ANSWER_TASKS = new Set(["squad_unanswerable"]);
const MOST_ANSWER_WORDS = 12;
const PASSAGE_WORDS = { least: 6, most: 40 } as const;

/** Documents in the order of the files, those whose group begins with one of `groups`. */
export function readSourceDocuments(files: readonly string[], groups: readonly string[]): SourceDocument[] {
  const documents = new Map<string, Map<string, CorpusRow>>();
  for (const file of files) {
    for (const line of readPackedLines(file)) {
      if (!groups.some((group) => line.includes(`"${group}`))) continue;
      const row = corpusRow.parse(JSON.parse(line));
      if (groups.some((group) => row.group.startsWith(group))) add(documents, row);
    }
  }
  return [...documents].map(([name, rows]) => {
    const texts = [...rows.values()].map(askedText);
    return { name, texts, words: texts.reduce((sum, { words }) => sum + words, 0) };
  });
}

/** Of a story that is there as a whole and in parts, the whole is kept with the questions of the parts. */
function add(documents: Map<string, Map<string, CorpusRow>>, row: CorpusRow): void {
  const name = documentOf(row.group);
  let rows = documents.get(name);
  if (rows === undefined) documents.set(name, (rows = new Map()));
  const key = row.group.startsWith("fairy/") ? "whole" : row.context.slice(0, 80);
  const known = rows.get(key);
  const longer = known === undefined || known.context.length < row.context.length ? row : known;
  rows.set(key, { ...longer, qa: [...(known?.qa ?? []), ...row.qa] });
}

function askedText({ context, qa }: CorpusRow): AskedText {
  const questions = new Map<string, TextQuestion>();
  for (const { task, question, answer } of qa) {
    const answers = answersOf(task, answer, context);
    if (answers !== null && !questions.has(question)) questions.set(question, { question, answers });
  }
  return { context, words: wordsIn(context), questions: [...questions.values()] };
}

/** Wordings that stand in the text; null for a question that cannot be checked so. */
function answersOf(task: string, answer: string, context: string): string[] | null {
  if (NO_ANSWER_TASKS.has(task)) return [];
  if (SPAN_TASKS.has(task)) {
    const short = answer.trim().replace(/[.!?]+$/u, "");
    return wordsIn(short) <= MOST_ANSWER_WORDS && holds(context, short) ? [short] : null;
  }
  if (!PASSAGE_TASKS.has(task)) return null;
  const sentences = splitSentences(answer)
    .map(({ start, end }) => answer.slice(start, end))
    .filter((sentence) => {
      const words = wordsIn(sentence);
      return words >= PASSAGE_WORDS.least && words <= PASSAGE_WORDS.most && holds(context, sentence);
    });
  return sentences.length === 0 ? null : sentences;
}
