/** Every passage that the evaluation calls evidence really stands in the samples, on the page or line it names. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { plain } from "../../../bench/evaluate/measure.ts";
import { readQuestions } from "../../../bench/evaluate/questions.ts";
import { SAMPLES } from "../../../bench/evaluate/samples-run.ts";
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
