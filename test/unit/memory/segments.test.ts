import { describe, expect, it } from "vitest";
import { planSegments } from "../../../engine/memory/segments.ts";
import { segmentKey } from "../../../engine/memory/segment-key.ts";
import { splitLongText } from "../../../engine/memory/split-text.ts";
import type { MemoryUnit, Segment } from "../../../engine/memory/types.ts";
import { openModelTokenizer } from "../../../engine/tokenizer/model-tokenizer.ts";
import { goldenFolder, loadGolden } from "../../parity/golden.ts";

/** One token per byte: lengths are easy to see. */
const tokenizer = openModelTokenizer(goldenFolder("tiny-llama"));
const LENGTH = 512;

function unitsOf(texts: readonly string[], opensPart: (text: string) => boolean = () => false): MemoryUnit[] {
  let start = 0;
  return texts.map((text) => {
    const unit = { text, start, joiner: "\n\n", opensPart: opensPart(text) };
    start += text.length + 2;
    return unit;
  });
}

function plan(units: readonly MemoryUnit[], length = LENGTH): Segment[] {
  return [...planSegments(units, tokenizer, length)];
}

function paragraphs(count: number, seed = 1): string[] {
  const words = ["page", "leaf", "winter", "letter", "market", "river", "quiet", "ledger", "stone", "answer"];
  return Array.from({ length: count }, (_, i) => {
    const length = 6 + ((i * 7919 + seed * 31) % 14);
    return (
      Array.from({ length }, (_, n) => words[(i * 13 + n * n * 7 + seed) % words.length]).join(" ") +
      `, said number ${i}.`
    );
  });
}

const keysOf = (segments: readonly Segment[]): string[] => segments.map((one) => one.tokenIds.join(" "));

describe("segments", () => {
  it("hold every token of every block once, in order, with the characters they came from", () => {
    const units = unitsOf(paragraphs(120));
    const text = units.map((unit) => unit.text + unit.joiner).join("");
    const segments = plan(units);
    expect(segments.flatMap((one) => one.tokenIds)).toEqual(
      units.flatMap((unit) => tokenizer.encode(unit.text + unit.joiner)),
    );
    expect(segments.map((one) => text.slice(one.start, one.end)).join("")).toBe(text);
    for (const one of segments) {
      expect(tokenizer.decode(one.tokenIds)).toBe(text.slice(one.start, one.end));
      expect(one.tokenIds.length).toBeLessThanOrEqual(LENGTH);
    }
  });

  it("are more than half full unless a part ends", () => {
    const segments = plan(unitsOf(paragraphs(200)));
    for (const one of segments.slice(0, -1)) expect(one.tokenIds.length).toBeGreaterThanOrEqual(LENGTH / 2);
    const mean = segments.reduce((sum, one) => sum + one.tokenIds.length, 0) / segments.length;
    expect(mean).toBeGreaterThan(0.6 * LENGTH);
  });

  it("never span the start of a part", () => {
    const units = unitsOf(paragraphs(60), (text) => /number (10|11|40)\./.test(text));
    const starts = units.filter((unit) => unit.opensPart).map((unit) => unit.start);
    const segments = plan(units);
    for (const start of starts) expect(segments.map((one) => one.start)).toContain(start);
  });

  it.each(["changed", "inserted", "removed"])("fall into step again after one block is %s", (what) => {
    const before = paragraphs(400);
    const after = [...before];
    if (what === "changed") after[50] = "Something else entirely stands here now.";
    if (what === "inserted") after.splice(50, 0, "A new paragraph, which was not there before, of some length.");
    if (what === "removed") after.splice(50, 1);
    const [old, fresh] = [keysOf(plan(unitsOf(before))), keysOf(plan(unitsOf(after)))];
    const known = new Set(old);
    const again = fresh.filter((key) => !known.has(key)).length;
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThanOrEqual(6);
    expect(fresh.at(-1)).toBe(old.at(-1));
  });

  it("of one file of a repository do not change when another file does", () => {
    const file = (name: string, seed: number): string[] => [`# ${name}`, ...paragraphs(30, seed)];
    const isName = (text: string): boolean => text.startsWith("# ");
    const old = keysOf(plan(unitsOf([...file("a", 1), ...file("b", 2), ...file("c", 3)], isName)));
    const fresh = keysOf(plan(unitsOf([...file("a", 1), "# b", "short now", ...file("c", 3)], isName)));
    const ofB = keysOf(plan(unitsOf(["# b", "short now"], isName)));
    expect(fresh.filter((key) => !old.includes(key))).toEqual(ofB);
  });

  it("cut a block that is too long at lines, sentences, words, at last anywhere", () => {
    const long = {
      lines: Array.from({ length: 80 }, (_, i) => `line ${i} of a listing`).join("\n"),
      sentences: Array.from({ length: 60 }, (_, i) => `This is sentence ${i}, and it ends here.`).join(" "),
      words: "word ".repeat(500),
      nothing: "x".repeat(3000),
      emoji: "🙂".repeat(400),
    };
    for (const text of Object.values(long)) {
      const units = unitsOf(["before", text, "after"]);
      const segments = plan(units);
      const whole = units.map((unit) => unit.text + unit.joiner).join("");
      expect(segments.map((one) => whole.slice(one.start, one.end)).join("")).toBe(whole);
      for (const one of segments) {
        expect(one.tokenIds.length).toBeLessThanOrEqual(LENGTH);
        expect(tokenizer.decode(one.tokenIds)).toBe(whole.slice(one.start, one.end));
      }
    }
    const cuts = plan(unitsOf([long.sentences]))
      .slice(0, -1)
      .map((one) => long.sentences.slice(0, one.end).trimEnd().at(-1));
    expect(new Set(cuts)).toEqual(new Set(["."]));
  });

  it("of nothing are none", () => {
    expect(plan([])).toEqual([]);
    expect(plan([{ text: "", start: 0, joiner: "", opensPart: true }])).toEqual([]);
  });

  it("of a hostile page of spaces are planned in reasonable time", () => {
    const before = performance.now();
    const units = unitsOf(["a. " + " ".repeat(20_000) + "b"]);
    expect(plan(units).length).toBeGreaterThan(30);
    expect(performance.now() - before).toBeLessThan(3000);
  });
});

describe("splitting a long text", () => {
  it("loses nothing", () => {
    const text = "One. Two! “Three?” 四。五。\n\nSix; seven   eight\n" + "y".repeat(40);
    const parts = [...splitLongText(text, (part) => part.length <= 10)];
    expect(parts.join("")).toBe(text);
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(10);
  });
});

describe("a segment's key", () => {
  it("changes with everything its memory depends on, and with nothing else", async () => {
    const { info } = await loadGolden("tiny-llama");
    const ids = [1, 2, 3];
    const key = segmentKey(ids, info);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(segmentKey([1, 2, 3], { ...info, name: "renamed", providerReason: "other" })).toBe(key);
    const others = [
      segmentKey([1, 2, 4], info),
      segmentKey([1, 2, 3, 4], info),
      segmentKey([513], info),
      segmentKey(ids, info, 16),
      segmentKey(ids, { ...info, graphVersion: "0" }),
      segmentKey(ids, { ...info, hashes: { ...info.hashes, weights: "x" } }),
      segmentKey(ids, { ...info, hashes: { ...info.hashes, tokenizer: "x" } }),
      segmentKey(ids, { ...info, hashes: { ...info.hashes, adapter: "x" } }),
      segmentKey(ids, { ...info, memory: { ...info.memory, segmentLength: 128 } }),
      segmentKey(ids, { ...info, memory: { ...info.memory, kind: "stride" } }),
      segmentKey(ids, { ...info, memory: { ...info.memory, precision: "int4" } }),
    ];
    expect(new Set([key, ...others]).size).toBe(others.length + 1);
  });
});
