/**
 * Every passage that the evaluation calls evidence really stands in its document, on the page or line it names: the
 * samples, and the whole documents of the test set.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { plain } from "../../../bench/evaluate/comparing.ts";
import { readQuestions } from "../../../bench/evaluate/questions.ts";
import { SAMPLES } from "../../../bench/evaluate/samples-run.ts";
import { readTestSet } from "../../../bench/evaluate/test-set.ts";
import { readDocument } from "../../../engine/documents/read-document.ts";
import type { ParserRow } from "../../../engine/documents/rows.ts";

const book = readQuestions("book");
const repository = readQuestions("repository");

describe("the questions", () => {
  it("are enough, and some have no answer", () => {
    expect(book.length + repository.length).toBeGreaterThanOrEqual(40);
    expect(book.filter(({ answerable }) => !answerable).length).toBeGreaterThanOrEqual(6);
    expect(repository.filter(({ answerable }) => !answerable).length).toBeGreaterThanOrEqual(3);
    expect(new Set([...book, ...repository].map(({ id }) => id)).size).toBe(book.length + repository.length);
  });

  it("have evidence exactly when they have an answer", () => {
    for (const { id, answerable, answers, evidence } of [...book, ...repository]) {
      expect(answers.length > 0, id).toBe(answerable);
      expect(evidence.length > 0, id).toBe(answerable);
    }
  });
});

describe("the book", () => {
  const pages = new Map<number, string>();
  beforeAll(async () => {
    const sink = (row: ParserRow): void => {
      if (row.type === "block" && row.page !== null) pages.set(row.page, `${pages.get(row.page) ?? ""} ${row.text}`);
    };
    await readDocument({ source: SAMPLES.book.path }, { write: sink }, () => {}, new AbortController().signal);
  });

  it.each(book.filter(({ answerable }) => answerable))("$id", ({ evidence, alternatives, pages: named, answers }) => {
    const texts = named.map((page) => plain(pages.get(page) ?? ""));
    for (const passage of [...evidence, ...alternatives])
      expect(
        texts.some((text) => text.includes(plain(passage).trimEnd())),
        passage,
      ).toBe(true);
    // The words that an answer needs stand in the evidence or beside it.
    for (const words of answers)
      expect(
        texts.some((text) => text.includes(plain(words).trimEnd())),
        words,
      ).toBe(true);
  });

  it("is laid out as its source says: roman front matter, 16 chapters", () => {
    expect(pages.size).toBeGreaterThan(240);
    expect(readFileSync(join(SAMPLES.book.path, "..", "SOURCE.md"), "utf8")).toContain("public domain");
  });
});

describe("the repository", () => {
  it.each(repository.filter(({ answerable }) => answerable))("$id", ({ evidence, alternatives, places }) => {
    for (const passage of [...evidence, ...alternatives]) {
      const stands = places.some(({ file, line }) => {
        const lines = readFileSync(join(SAMPLES.repository.path, file), "utf8").split("\n");
        return plain(lines.slice(line - 1, line + 3).join("\n")).includes(plain(passage).trimEnd());
      });
      expect(stands, passage).toBe(true);
    }
  });
});

const documents = readTestSet();
const all = documents.flatMap((document) => document.questions);
const shareOf = (kind: string): number => {
  const ofPlaces = all.filter((question) => question.kind !== "whole");
  return ofPlaces.filter((question) => question.kind === kind).length / ofPlaces.length;
};

describe("the test set of whole documents", () => {
  it("is large enough, with a fifth without an answer and a fifth in two places", () => {
    expect(all.length).toBeGreaterThanOrEqual(150);
    expect(documents.length).toBeGreaterThanOrEqual(6);
    expect(shareOf("none")).toBeGreaterThanOrEqual(0.2);
    expect(shareOf("two")).toBeGreaterThanOrEqual(0.2);
    expect(all.filter(({ kind }) => kind === "whole").length).toBeGreaterThanOrEqual(30);
    expect(all.filter(({ question }) => /\p{Script=Han}{4}/u.test(question)).length).toBeGreaterThanOrEqual(5);
  });

  it.each(documents)("$name: every question has its own name and the evidence that its kind needs", ({ questions }) => {
    const places = { place: [1, 1], two: [2, 3], none: [0, 0], whole: [3, 8] } as const;
    expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
    expect(new Set(questions.map(({ question }) => question)).size).toBe(questions.length);
    for (const { id, kind, answer, accept, evidence, pages } of questions) {
      const [least, most] = places[kind];
      expect(evidence.length, id).toBeGreaterThanOrEqual(least);
      expect(evidence.length, id).toBeLessThanOrEqual(most);
      expect(answer !== "", id).toBe(kind !== "none");
      if (kind === "none") expect([...accept, ...pages], id).toEqual([]);
    }
  });

  it.each(documents)("$name: every passage stands in it, on one of the pages that are named", async (document) => {
    const blocks = new Map<number, string[]>();
    const sink = (row: ParserRow): void => {
      if (row.type !== "block") return;
      const page = row.page ?? 0;
      const known = blocks.get(page);
      if (known === undefined) blocks.set(page, [row.text]);
      else known.push(row.text);
    };
    await readDocument({ source: document.path }, { write: sink }, () => {}, new AbortController().signal);
    const pages = new Map([...blocks].map(([page, texts]) => [page, plain(texts.join("\n"))]));
    for (const { id, evidence, pages: named } of document.questions) {
      const where = pages.has(0) ? [0] : named;
      for (const passage of evidence.flat())
        expect(
          where.some((page) => (pages.get(page) ?? "").includes(plain(passage))),
          `${id}: ${passage}`,
        ).toBe(true);
    }
  });
});
