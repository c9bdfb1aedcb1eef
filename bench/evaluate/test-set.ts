/**
 * Whole documents and the questions that people wrote while reading them: the test set of `evaluate -- answers`.
 * Owns: the format of question files and where they lie. Does not know: how answers are made or measured.
 * Nothing is ever tuned on documents/ and questions/; development/ (development-set.ts) has the same format for that.
 */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { z } from "zod";

/** place: one place answers it; two: needs two places; none: the text does not say; whole: facts from all over. */
export const questionKind = z.enum(["place", "two", "none", "whole"]);
export type QuestionKind = z.infer<typeof questionKind>;

export const writtenQuestion = z.object({
  id: z.string(),
  kind: questionKind,
  question: z.string(),
  /** The shortest true answer; empty for `none`. */
  answer: z.string(),
  /** Other wordings that are just as right. */
  accept: z.array(z.string()),
  /** Needed places; each is a list of alternative passages, word for word from the text, any of which proves it. */
  evidence: z.array(z.array(z.string()).min(1)),
  /** Pages (from 1) on which the passages stand; empty for documents without pages. */
  pages: z.array(z.number().int()).default([]),
});
export type WrittenQuestion = z.infer<typeof writtenQuestion>;

export interface TestDocument {
  /** Short name: that of its question file. */
  readonly name: string;
  readonly path: string;
  readonly questions: readonly WrittenQuestion[];
}

const DOCUMENTS = join(import.meta.dirname, "documents");
const QUESTIONS = join(import.meta.dirname, "questions");
const READABLE = new Set([".pdf", ".html", ".md", ".txt"]);

/** Documents that have a question file, by name. */
export function readTestSet(folders = { documents: DOCUMENTS, questions: QUESTIONS }): TestDocument[] {
  const files = readdirSync(folders.documents).filter((file) => READABLE.has(extname(file)));
  const names = readdirSync(folders.questions).filter((file) => file.endsWith(".json"));
  return names.toSorted().map((file) => {
    const name = file.slice(0, -".json".length);
    const document = files.find((other) => other.slice(0, -extname(other).length) === name);
    if (document === undefined) throw new Error(`${folders.questions}/${file} has no document in ${folders.documents}`);
    const questions = z.array(writtenQuestion).parse(JSON.parse(readFileSync(join(folders.questions, file), "utf8")));
    return { name, path: join(folders.documents, document), questions };
  });
}
