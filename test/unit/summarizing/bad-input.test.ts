/** Documents that have little to say, or far too much. Nothing is left out without a line, nothing grows without bound. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StoredBlock } from "../../../engine/store/types.ts";
import { keyTermsOf } from "../../../engine/summarizing/key-terms.ts";
import { MOST_CANDIDATES, rankStretch } from "../../../engine/summarizing/rank.ts";
import { SentenceReader } from "../../../engine/summarizing/read-sentences.ts";
import { SentenceTable, termOf } from "../../../engine/summarizing/sentence-table.ts";
import { summarizeDocument } from "../../../engine/summarizing/summarize.ts";
import { proseCandidates } from "../../../engine/summarizing/candidates.ts";
import { TermRegister } from "../../../engine/summarizing/term-register.ts";
import type { SummaryNode } from "../../../engine/protocol/dto.ts";
import { addPages, filler, openTestLibrary } from "../answering/library.ts";
import type { TestLibrary } from "../answering/library.ts";

const block = (text: string, start = 0): StoredBlock => ({
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

describe("summaries of bad documents", () => {
  let library: TestLibrary;
  beforeAll(() => void (library = openTestLibrary()));
  afterAll(() => library[Symbol.dispose]());
  const summarize = async (title: string, pages: readonly (readonly string[])[]): Promise<SummaryNode> =>
    summarizeDocument(await addPages(library, title, pages), library.store, { signal: new AbortController().signal });

  it("one sentence is its own summary", async () => {
    const node = await summarize("Single", [["The bridge over the Humber was opened in 1981."]]);
    expect(node.summary).toBe("The bridge over the Humber was opened in 1981.");
    expect(node.keyTerms).toEqual([]);
  });

  it("one sentence repeated is said once", async () => {
    const page = Array.from({ length: 50 }, () => "All work and no play makes Jack a dull boy.");
    const node = await summarize("Repeated", [page, page, page]);
    expect(node.citations).toHaveLength(1);
    expect(node.summary).toBe("All work and no play makes Jack a dull boy.");
  });

  it("numbers only: quotes some of them and names no terms", async () => {
    const page = (seed: number): string[] =>
      Array.from({ length: 12 }, (_, i) => `${seed * 7 + i} ${seed * 13 + i * 3} ${i * i}.${seed} ${i + 1000}`);
    const node = await summarize("Numbers", [page(1), page(2), page(3)]);
    expect(node.citations.length).toBeGreaterThan(0);
    for (const { supported } of node.citations) expect(supported).toBe(true);
    expect(node.keyTerms).toEqual([]);
  });

  it("marks only: says nothing, without failing", async () => {
    const node = await summarize("Marks", [["* * *", "—", "..."]]);
    expect(node.summary).toBe("");
    expect(node.citations).toEqual([]);
  });

  it("an empty chapter between others stays, the others are told", async () => {
    const node = await summarize("Gap", [
      ["# One", ...filler(6)],
      ["# Two"],
      ["# Three", "* * *"],
      ["# Four", ...filler(6)],
    ]);
    expect(node.children.map(({ title }) => title)).toEqual(["One", "Two", "Three", "Four"]);
    expect(node.children.map(({ citations }) => citations.length > 0)).toEqual([true, false, false, true]);
  });

  it("a chapter without a sentence shows how it begins", async () => {
    const node = await summarize("Short", [
      ["# One", ...filler(6)],
      ["# Two", "Nothing."],
      ["# Three", ...filler(6)],
    ]);
    expect(node.children[1]?.summary).toBe("Nothing.");
    expect(node.children[1]?.citations[0]).toMatchObject({ page: 2, supported: true });
  });

  it("a chapter of one sentence without end begins with its first words", async () => {
    const endless = Array.from({ length: 400 }, (_, i) => `word${i}`).join(" ");
    const node = await summarize("Endless", [
      ["# One", ...filler(6)],
      ["# Two", endless],
      ["# Three", ...filler(6)],
    ]);
    const summary = node.children[1]?.summary ?? "";
    expect(endless.startsWith(`${summary} `)).toBe(true);
    expect(summary.split(" ").length).toBeLessThanOrEqual(60);
    expect(summary).not.toBe("");
  });

  it("Chinese has summaries too", async () => {
    const node = await summarize("中文", [
      ["# 一", "海底捞火锅店在上海开业了。这家火锅店非常受欢迎，每天都有很多客人。", "今天下雨了，没有人出门。"],
      ["# 二", "火锅店的老板来自四川。老板说四川的火锅最好吃。", "他明天回家。"],
    ]);
    expect(node.children).toHaveLength(2);
    for (const { citations } of node.children) expect(citations.length).toBeGreaterThan(0);
  });
});

describe("bounds for endless documents", () => {
  it("different terms beyond the bound are not kept", () => {
    const table = new SentenceTable(500);
    for (let i = 0; i < 400; i += 1) {
      const [found] = proseCandidates(block(`Value zq${i}x meets zr${i}y near zs${i}z.`));
      if (found !== undefined) table.add(found);
    }
    expect(table.length).toBe(400);
    expect(table.vocabulary).toBe(500);
    for (let at = 0; at < table.entries.length; at += 1) expect(termOf(table.entries.at(at))).toBeLessThan(500);
  });

  it("the register forgets what stands once and keeps what comes again", () => {
    const register = new TermRegister(200);
    for (let i = 0; i < 1_000; i += 1) {
      const name = `Q${"abcdefghij".charAt(i % 10)}${"klmnopqrst".charAt(Math.floor(i / 10) % 10)}${"uvwxyzabcd".charAt(Math.floor(i / 100))}`;
      const [found] = proseCandidates(block(`Then old ${name} met Bilbo at the gate.`, i * 100));
      if (found !== undefined) register.add(found);
    }
    expect(register.names.size).toBeLessThanOrEqual(200);
    expect(register.names.get("bilbo")?.count).toBe(1_000);
    const offsets = register.names.get("bilbo")?.offsets ?? [];
    expect(offsets.length).toBeLessThanOrEqual(48);
    expect(offsets[0]).toBeLessThan(100);
    expect(offsets.at(-1)).toBeGreaterThan(90_000);
    expect(keyTermsOf(register, "exposition").map(({ term }) => term)).toContain("Bilbo");
  });

  it("only a bounded number of candidates goes into the choice", async () => {
    const reader = new SentenceReader();
    let at = 0;
    for (let i = 0; i < MOST_CANDIDATES + 500; i += 1) {
      const text = `The engineer number ${i} measured bridge ${i * 7} in the rain.`;
      reader.add(block(text, at));
      at += text.length + 2;
    }
    const { table } = reader;
    const all = Array.from({ length: table.length }, (_, i) => i);
    const ranked = await rankStretch(table, { from: 0, to: table.length }, all, "exposition");
    expect(ranked.best).toHaveLength(MOST_CANDIDATES);
    expect(ranked.choose(Infinity, 3).length).toBeGreaterThan(0);
  });
});
