import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OutlineEntry, SummaryNode } from "../../../engine/protocol/dto.ts";
import { codeCandidate, proseCandidates, standingOf } from "../../../engine/summarizing/candidates.ts";
import { MOST_PARTS, planSummary } from "../../../engine/summarizing/plan.ts";
import { rankStretch } from "../../../engine/summarizing/rank.ts";
import { SentenceReader } from "../../../engine/summarizing/read-sentences.ts";
import { summarizeDocument } from "../../../engine/summarizing/summarize.ts";
import { chooseSentences } from "../../../engine/summarizing/choose.ts";
import type { StoredBlock } from "../../../engine/store/types.ts";
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

const paragraph = (text: string, start = 0): StoredBlock => ({
  kind: "paragraph",
  level: 0,
  start,
  end: start + text.length,
  text,
  page: null,
  file: null,
  line: null,
  endLine: null,
  continues: false,
  isHidden: false,
});

/** Texts of the sentences that are chosen of some paragraphs. */
async function chosenOf(texts: readonly string[], lines: number): Promise<string[]> {
  const reader = new SentenceReader();
  const all = texts.join("\n\n");
  for (const text of texts) reader.add(paragraph(text, all.indexOf(text)));
  const { table } = reader;
  const sentences = Array.from({ length: table.length }, (_, i) => i);
  const ranked = await rankStretch(table, { from: 0, to: table.length }, sentences, "exposition");
  return ranked.choose(Infinity, lines).map((i) => all.slice(table.starts.at(i), table.ends.at(i)));
}

describe("rankStretch", () => {
  it("does not say the same thing twice", async () => {
    const chosen = await chosenOf(
      [
        "The harbour of Lerwick was closed by ice for the whole winter. The harbour of Lerwick was closed by the ice the whole winter long.",
        "The fishermen repaired their boats and sold wool in the market. Wool was sold in the market by fishermen who repaired boats.",
      ],
      2,
    );
    expect(chosen.filter((sentence) => sentence.includes("ice"))).toHaveLength(1);
    expect(chosen.filter((sentence) => /wool/iu.test(sentence))).toHaveLength(1);
  });

  it("prefers what the text is about to an aside, and statements to questions", async () => {
    const chosen = await chosenOf(
      [
        "Enzymes are proteins that speed up the chemical reactions of living cells.",
        "Why would anybody care? An enzyme binds its substrate at the active site of the protein, where the reaction takes place.",
        "It rained a little on Tuesday. The shape of the active site decides which substrate an enzyme can bind.",
        "Heat changes the shape of proteins, so that enzymes lose their active site and reactions slow down.",
      ],
      3,
    );
    expect(chosen).toHaveLength(3);
    for (const sentence of chosen) expect(sentence).toMatch(/enzyme/iu);
  });

  it("can be given other resemblances of sentences than shared words", () => {
    const reader = new SentenceReader();
    reader.add(
      paragraph("The ship left the harbour at dawn. A vessel sailed from port in the morning. Nobody slept well."),
    );
    const { table } = reader;
    const choose = (resemblance: (a: number, b: number) => number): number[] =>
      chooseSentences(table, {
        sentences: [0, 1, 2],
        worth: new Map([
          [0, 3],
          [1, 2],
          [2, 1],
        ]),
        names: new Map(),
        resemblance,
        mostResemblance: 0.8,
        words: Infinity,
        lines: 2,
      });
    expect(choose(() => 0)).toEqual([0, 1]);
    expect(choose((a, b) => (a + b === 1 ? 0.9 : 0))).toEqual([0, 2]);
  });
});

describe("proseCandidates", () => {
  it("leaves hidden text and headings out", () => {
    const text = paragraph("This sentence cannot be seen by anybody.");
    expect(proseCandidates(text)).toHaveLength(1);
    expect(proseCandidates({ ...text, isHidden: true })).toEqual([]);
    expect(proseCandidates({ ...text, kind: "heading" })).toEqual([]);
  });

  it("keeps the speakers of a conversation apart", () => {
    const talk =
      "Project Manager: We begin with the budget\nMarketing: Users want fewer buttons.\nIndustrial Designer: Then rubber it is.";
    const found = proseCandidates(paragraph(talk, 100));
    expect(found.map(({ text }) => text)).toEqual(talk.split("\n"));
    expect(found.every(({ isTurn }) => isTurn)).toBe(true);
    for (const { start, end, text } of found) expect(talk.slice(start - 100, end - 100)).toBe(text);
  });

  it("quotes of a sentence without end its beginning, up to a joint", () => {
    const clause = "the old road went over the hill and down again to the water where the boats lay";
    const text = `On that morning ${Array.from({ length: 6 }, () => clause).join("; ")}.`;
    const [first, ...others] = proseCandidates(paragraph(text));
    expect(others).toEqual([]);
    expect(first?.words).toBeLessThanOrEqual(60);
    expect(first?.words).toBeGreaterThan(40);
    expect(text.startsWith(first?.text ?? "-")).toBe(true);
    expect(text.charAt(first?.end ?? 0)).toBe(";");
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

  it("makes the whole as long as it is asked to", async () => {
    const id = await addPages(library, "Length", [["# One", ...filler(60)]]);
    const signal = new AbortController().signal;
    const words = async (least: number): Promise<number> => {
      const { citations } = await summarizeDocument(id, library.store, { signal, words: least });
      return citations.reduce((sum, { text }) => sum + text.split(/\s+/u).length, 0);
    };
    const [short, long] = [await words(12), await words(50)];
    expect(short).toBeGreaterThanOrEqual(12);
    expect(short).toBeLessThan(12 + 20);
    expect(long).toBeGreaterThanOrEqual(50);
    expect(long).toBeLessThan(50 + 20);
  });

  it("names people, places and terms with the pages where they stand", async () => {
    const id = await addPages(library, "Letters", [
      ["# One", '"We must go," said Retief. The ambassador looked at Retief for a while.', ...filler(4)],
      ["# Two", "They met in Lovenbroy. It was cold in Lovenbroy, and the trade agreement was late.", ...filler(4)],
      ["# Three", '"The trade agreement," said Retief, "is signed." Nobody read the trade agreement.', ...filler(4)],
    ]);
    const { keyTerms = [] } = await summarizeDocument(id, library.store, { signal: new AbortController().signal });
    const pagesOf = (term: string): unknown =>
      keyTerms.find((found) => found.term === term)?.places.map(({ page }) => page);
    expect(keyTerms.find(({ term }) => term === "Retief")).toMatchObject({ kind: "person", count: 3 });
    expect(pagesOf("Retief")).toEqual([1, 3]);
    expect(keyTerms.find(({ term }) => term === "Lovenbroy")).toMatchObject({ kind: "place", count: 2 });
    expect(pagesOf("Lovenbroy")).toEqual([2]);
    expect(keyTerms.find(({ term }) => term === "trade agreement")).toMatchObject({ kind: "term", count: 3 });
    expect(pagesOf("trade agreement")).toEqual([2, 3]);
    for (const { term, places } of keyTerms)
      for (const { documentId, start } of places)
        expect(library.store.texts.text(documentId, start, start + 30).toLowerCase()).toContain(
          term.toLowerCase().split(" ")[0],
        );
  });

  it("says a list's entry without its mark, and cites it with it", async () => {
    const id = await addPages(library, "List", [["• Tickets are sold until ten minutes before the boat leaves."]]);
    const { summary, citations } = await summarizeDocument(id, library.store, { signal: new AbortController().signal });
    expect(summary).toBe("Tickets are sold until ten minutes before the boat leaves.");
    expect(citations.map(({ text }) => text)).toEqual(["• Tickets are sold until ten minutes before the boat leaves."]);
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
