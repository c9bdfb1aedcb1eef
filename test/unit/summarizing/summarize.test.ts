import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OutlineEntry, SummaryNode } from "../../../engine/protocol/dto.ts";
import { codeCandidate, proseCandidates, standingOf } from "../../../engine/summarizing/candidates.ts";
import { MOST_PARTS, partAt, planSummary } from "../../../engine/summarizing/plan.ts";
import { chooseSentences, TermCounts, termWeights } from "../../../engine/summarizing/salience.ts";
import { summarizeDocument } from "../../../engine/summarizing/summarize.ts";
import { addPages, filler, openTestLibrary } from "../answering/library.ts";
import type { TestLibrary } from "../answering/library.ts";

const entry = (level: number, title: string, start: number, end: number): OutlineEntry => ({
  level,
  title,
  start,
  end,
  page: null,
  file: null,
});

describe("planSummary", () => {
  it("nests sections in chapters and leaves lists of contents out", () => {
    const plan = planSummary(
      "Book",
      [entry(1, "Contents", 0, 10), entry(1, "One", 10, 100), entry(2, "One a", 20, 60), entry(1, "Two", 100, 200)],
      200,
    );
    expect(plan.children.map(({ title }) => title)).toEqual(["One", "Two"]);
    expect(plan.children[0]?.children.map(({ title }) => title)).toEqual(["One a"]);
    expect(partAt(plan, 30).title).toBe("One a");
    expect(partAt(plan, 70).title).toBe("One");
    expect(partAt(plan, 5).title).toBe("Book");
  });

  it("cuts a long document without chapters into even parts that cover it", () => {
    const plan = planSummary("Scroll", [entry(1, "Scroll", 0, 400_000)], 400_000);
    expect(plan.children.length).toBeGreaterThan(5);
    expect(plan.children[0]?.start).toBe(0);
    expect(plan.children.at(-1)?.end).toBe(400_000);
    for (const [i, part] of plan.children.entries()) if (i > 0) expect(part.start).toBe(plan.children[i - 1]?.end);
  });

  it("leaves the deepest level out when there are too many parts", () => {
    const outline = Array.from({ length: 50 }, (_, i) => [
      entry(1, `C${i}`, i * 100, i * 100 + 100),
      ...Array.from({ length: 20 }, (_, j) => entry(2, `S${j}`, i * 100 + j * 5, i * 100 + j * 5 + 5)),
    ]).flat();
    const plan = planSummary("Big", outline, 5000);
    expect(plan.children).toHaveLength(50);
    expect(50).toBeLessThanOrEqual(MOST_PARTS);
    expect(plan.children[0]?.children).toHaveLength(0);
  });
});

describe("chooseSentences", () => {
  const block = (text: string) =>
    proseCandidates({
      kind: "paragraph",
      level: 0,
      start: 0,
      end: text.length,
      text,
      page: null,
      file: null,
      line: null,
      endLine: null,
      continues: false,
      isHidden: false,
    });

  it("does not say the same thing twice", () => {
    const text =
      "The harbour of Lerwick was closed by ice for the whole winter. The harbour of Lerwick was closed by the ice the whole winter long. " +
      "The fishermen repaired their boats and sold wool in the market. Wool was sold in the market by fishermen who repaired boats.";
    const candidates = block(text);
    const counts = new TermCounts();
    for (const candidate of candidates) counts.add(candidate);
    const chosen = chooseSentences(candidates, termWeights(counts, { blocks: 100, blocksWith: new Map() }), 2);
    expect(chosen.filter(({ text: sentence }) => sentence.includes("ice"))).toHaveLength(1);
    expect(chosen.filter(({ text: sentence }) => /wool/iu.test(sentence))).toHaveLength(1);
  });

  it("leaves hidden text and headings out", () => {
    const hidden = {
      kind: "paragraph" as const,
      level: 0,
      start: 0,
      end: 40,
      text: "This sentence cannot be seen by anybody.",
      page: 1,
      file: null,
      line: null,
      endLine: null,
      continues: false,
    };
    expect(proseCandidates({ ...hidden, isHidden: true })).toEqual([]);
    expect(proseCandidates({ ...hidden, isHidden: false, kind: "heading" })).toEqual([]);
  });
});

describe("codeCandidate", () => {
  it.each([
    [
      "/** Holding seats before payment; see the decision. Pure. */\nexport function a() {}",
      "Holding seats before payment; see the decision.",
    ],
    [
      '"""Reads the printed timetable and writes sailings.\n\nMore.\n"""\nimport csv',
      "Reads the printed timetable and writes sailings.",
    ],
    ["# Every setting with its unit. More.\nserver: 1", "Every setting with its unit."],
    [
      "import a from 'b';\n\nexport function placeHold(request: Request): Hold {",
      "export function placeHold(request: Request): Hold {",
    ],
  ])("%j", (text, line) => {
    const found = codeCandidate(text, 500);
    expect(found?.text).toBe(line);
    expect(text.slice((found?.start ?? 0) - 500, (found?.end ?? 0) - 500)).toBe(line);
  });

  it("quotes what a package says about itself", () => {
    expect(
      codeCandidate('{\n  "name": "skerry",\n  "description": "Tickets for a small ferry company",\n', 0)?.text,
    ).toBe('"description": "Tickets for a small ferry company"');
  });

  it("has nothing to say of an empty file", () => {
    expect(codeCandidate(" \n ", 0)).toBeNull();
  });
});

describe("standingOf", () => {
  it("lets a README open, and keeps changelogs and tests behind", () => {
    const [readme, later, plain, changelog, test] = [
      standingOf("docs/README.md", 0),
      standingOf("README.md", 5),
      standingOf("src/a.ts", 0),
      standingOf("CHANGELOG.md", 0),
      standingOf("src/a.test.ts", 0),
    ];
    expect(readme).toBeGreaterThan(plain);
    expect(later).toBe(plain);
    expect(changelog).toBeLessThan(plain);
    expect(test).toBeLessThan(plain);
  });
});

describe("summarizeDocument", () => {
  let library: TestLibrary;
  beforeAll(() => void (library = openTestLibrary()));
  afterAll(() => library[Symbol.dispose]());

  const nodes = (node: SummaryNode): SummaryNode[] => [node, ...node.children.flatMap(nodes)];

  it("represents every chapter, and every line is the text at its place", async () => {
    const id = await addPages(library, "Three Chapters", [
      [
        "# First",
        ...filler(8),
        "The dragon of the mountain slept on silver. The dragon woke when the silver was taken.",
      ],
      ["# Second", ...filler(8), "The queen sent her herald to the dragon. The herald never came back to the queen."],
      ["# Third", ...filler(8), "The shepherd gave the silver back. The dragon slept again."],
    ]);
    const summary = await summarizeDocument(id, library.store, { signal: new AbortController().signal });
    expect(summary.children.map(({ title }) => title)).toEqual(["First", "Second", "Third"]);
    for (const node of nodes(summary)) {
      expect(node.citations.length, node.title).toBeGreaterThan(0);
      for (const { documentId, start, end, text, supported } of node.citations) {
        expect(supported).toBe(true);
        expect(library.store.texts.text(documentId, start, end)).toBe(text);
        expect(text.split(/\s+/u).length).toBeLessThanOrEqual(60);
      }
    }
    summary.children.forEach((child, i) => expect(child.citations.every(({ page }) => page === i + 1)).toBe(true));
  });

  it("is the same every time", async () => {
    const id = await addPages(library, "Again", [
      ["# One", ...filler(30)],
      ["# Two", ...filler(30)],
    ]);
    const signal = new AbortController().signal;
    expect(await summarizeDocument(id, library.store, { signal })).toEqual(
      await summarizeDocument(id, library.store, { signal }),
    );
  });

  it("can be cancelled", async () => {
    const id = await addPages(
      library,
      "Long",
      Array.from({ length: 20 }, () => filler(30)),
    );
    await expect(summarizeDocument(id, library.store, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "Cancelled",
    });
  });
});
