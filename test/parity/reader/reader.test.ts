/**
 * The shipped reader against the numbers that PyTorch computed from the same package (training/reader/export.py):
 * the same rows token by token, scores within what 8-bit activations may differ, the same answers.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ReaderSession } from "../../../engine/reading/session.ts";
import { RowEncoder } from "../../../engine/reading/rows.ts";
import { openModelTokenizer } from "../../../engine/tokenizer/model-tokenizer.ts";

const FOLDER = join(import.meta.dirname, "../../../assets/models/reader");
const numbers = z.array(z.number());
const golden = z.object({
  cases: z.array(
    z.object({
      question: z.string(),
      passage: z.string(),
      ids: numbers,
      marks: numbers,
      first: z.number(),
      spans: z.array(z.tuple([z.number(), z.number()])),
      begin: numbers,
      end: numbers,
      relevance: z.number(),
      answer: z.string(),
      answerScore: z.number(),
    }),
  ),
});
const { cases } = golden.parse(JSON.parse(readFileSync(join(FOLDER, "golden.json"), "utf8")));
/** Share of the largest score by which 8-bit activations may differ. */
const TOLERANCE = 0.08;

describe("the shipped reader", () => {
  const cache = mkdtempSync(join(tmpdir(), "longleaf-test-"));
  let session: ReaderSession;
  beforeAll(async () => {
    session = await ReaderSession.open({ folder: FOLDER, cacheFolder: cache, threads: 1 });
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    rmSync(cache, { recursive: true });
  });

  test.each(cases)("makes the same row of “$question”", ({ question, passage, ids, marks, first, spans }) => {
    const tokenizer = openModelTokenizer(FOLDER);
    const encoder = new RowEncoder((text) => tokenizer.encode(text), { user: 1, passage: 5, end: 3 });
    const row = encoder.row(question, passage);
    expect({ ids: row.ids, marks: row.marks, first: row.first }).toEqual({ ids, marks, first });
    expect(row.spans).toEqual(spans);
  });

  test("gives the same relevance and answers, alone and in one batch", async () => {
    const signal = new AbortController().signal;
    for (const { question, passage, relevance, answer, answerScore, begin, end } of cases) {
      const others = cases.map((one) => one.passage);
      const [alone] = await session.read(question, [passage], signal);
      const together = (await session.read(question, [...others, passage], signal)).at(-1);
      for (const found of [alone, together]) {
        const largest = Math.max(...[...begin, ...end].map(Math.abs), Math.abs(relevance));
        expect(Math.abs((found?.relevance ?? NaN) - relevance)).toBeLessThan(TOLERANCE * largest + 0.25);
        expect(Math.abs((found?.score ?? NaN) - answerScore)).toBeLessThan(2 * TOLERANCE * largest + 0.25);
      }
      // Where PyTorch's best answer is well ahead, it is the engine's too.
      if (answerScore > 4) expect(passage.slice(alone?.start, alone?.end).trim()).toBe(answer);
    }
  });
});
