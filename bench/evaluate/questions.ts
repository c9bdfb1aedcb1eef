/**
 * The evaluation's questions: what was asked, the words an answer has to contain, where the evidence stands.
 * Owns: their shape and how they are read. Written by reading the samples; nothing was ever tuned on them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

export const question = z.object({
  id: z.string(),
  question: z.string(),
  /** Each has to stand in the answer. Empty without an answer. */
  answers: z.array(z.string()),
  /** Passages of the text, word for word; all of them are needed. */
  evidence: z.array(z.string()),
  /** Any one of these is as good as all of the evidence. */
  alternatives: z.array(z.string()),
  /** Pages (from 1) on which evidence or an alternative stands. */
  pages: z.array(z.number().int()).default([]),
  /** Files and lines where it begins. */
  places: z.array(z.object({ file: z.string(), line: z.number().int() })).default([]),
  answerable: z.boolean(),
});
export type EvaluationQuestion = z.infer<typeof question>;

export function readQuestions(name: "book" | "repository"): EvaluationQuestion[] {
  const file = join(import.meta.dirname, `questions-${name}.json`);
  return z.array(question).parse(JSON.parse(readFileSync(file, "utf8")));
}
