/** Haystacks: documents stay whole and apart, the same seed lays them the same way, the split is that of the training. */
import { describe, expect, it } from "vitest";
import { makeHaystacks } from "../../../bench/evaluate/haystacks/make.ts";
import type { Haystack } from "../../../bench/evaluate/haystacks/make.ts";
import { isHeldOut, sourceDocument } from "../../../bench/evaluate/haystacks/texts.ts";
import type { SourceDocument } from "../../../bench/evaluate/haystacks/texts.ts";

function document(name: string, words: number): SourceDocument {
  const half = words / 2;
  const text = (part: number) => ({
    context: `${name} part ${part}. ${"word ".repeat(half)}`.trim(),
    words: half,
    questions: [{ question: `${name}?`, answers: [name] }],
  });
  return { name, words, texts: [text(1), text(2)] };
}

const kind = { name: "tales", groups: ["tale/", "policy:"], fillers: ["fill/"], single: ["policy:"] };
const documents = [
  ...Array.from({ length: 12 }, (_, i) => document(`tale/${i}`, 100)),
  ...Array.from({ length: 3 }, (_, i) => document(`policy:${i}`, 100)),
  ...Array.from({ length: 40 }, (_, i) => document(`fill/${i}`, 50)),
  document("other/1", 100),
];
const options = { words: 600, count: 2, seed: 5 };

const contents = ({ texts }: Haystack): string[] => texts.map(({ text }) => text.context);
const namesOf = (haystack: Haystack): string[] => contents(haystack).map((context) => context.split(" ")[0] ?? "");

describe("makeHaystacks", () => {
  const haystacks = makeHaystacks(kind, documents, options);

  it("lays whole documents, each in one haystack only", () => {
    expect(haystacks.map(({ name }) => name)).toEqual(["tales 1", "tales 2"]);
    const all = haystacks.flatMap(namesOf);
    const counts = Map.groupBy(all, (name) => name);
    for (const [name, parts] of counts) expect(parts.length, name).toBe(2);
    for (const haystack of haystacks) expect(haystack.words).toBeGreaterThanOrEqual(600);
    expect(all.some((name) => name.startsWith("other/"))).toBe(false);
    expect(all.some((name) => name.startsWith("fill/"))).toBe(true);
  });

  it("lays a group whose questions do not name their text only once", () => {
    for (const haystack of haystacks)
      expect(new Set(namesOf(haystack).filter((name) => name.startsWith("policy:"))).size).toBeLessThanOrEqual(1);
  });

  it("names the blocks in which a text stands", () => {
    for (const { rows, texts } of haystacks) {
      const blocks = rows.filter((row) => row.type === "block");
      for (const { text, firstBlock, lastBlock } of texts)
        expect(blocks.slice(firstBlock, lastBlock + 1).map((row) => row.text)).toEqual([text.context]);
      expect(rows.at(-1)).toEqual({ type: "end", blocks: blocks.length });
    }
  });

  it("depends on the seed only; 0 keeps the order of the corpus", () => {
    expect(makeHaystacks(kind, documents, options)).toEqual(haystacks);
    expect(makeHaystacks(kind, documents, { ...options, seed: 6 }).map(contents)).not.toEqual(haystacks.map(contents));
    const [plain] = makeHaystacks(kind, documents, { words: 300, count: 1, seed: 0 });
    expect(plain === undefined ? [] : namesOf(plain).slice(0, 4)).toEqual(["tale/0", "tale/0", "tale/1", "tale/1"]);
  });

  it("leaves out what would be too short", () => {
    expect(makeHaystacks(kind, documents.slice(0, 2), { ...options, count: 1 })).toEqual([]);
  });
});

describe("the split", () => {
  it("is by source document, as in training/reader/questions.py", () => {
    expect(sourceDocument("squad/1973_oil_crisis/0")).toBe("squad/1973_oil_crisis");
    expect(sourceDocument("openstax/american-government/m90378")).toBe("openstax/american-government/m90378");
    // Printed by is_test of that file.
    expect(isHeldOut("squad/1973_oil_crisis/0")).toBe(false);
    expect(isHeldOut("squad/Fresno,_California/0")).toBe(true);
    expect(isHeldOut("fairy/Snow-man/0-1")).toBe(false);
    expect(isHeldOut("fairy/a-legend-of-knockmany/0-1")).toBe(true);
    expect(isHeldOut("squad-train:Beyoncé")).toBe(true);
    expect(isHeldOut("policyqa:ted.com")).toBe(false);
  });
});
