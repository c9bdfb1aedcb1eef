/** `evaluate memory`: where its windows lie, its arithmetic, what it says about bad input, and the line it prints. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { difference, figuresOf, type MemoryFigures } from "../../../bench/evaluate/memory/figures.ts";
import { readTokenBytes } from "../../../bench/evaluate/memory/token-bytes.ts";
import {
  cutWindows,
  leastTokens,
  segmentsBefore,
  targetOf,
  tokensBefore,
} from "../../../bench/evaluate/memory/windows.ts";
import { openModelTokenizer } from "../../../engine/tokenizer/model-tokenizer.ts";
import { goldenFolder, temporaryFolder } from "../../parity/golden.ts";

const shape = { segment: 10, past: 3, recent: 4, windows: 2 };
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("windows", () => {
  it("end where the predicted segment ends, and every past lies right before what it is shown with", () => {
    const [window, ...more] = cutWindows(upTo(200), shape);
    expect(more).toHaveLength(1);
    if (window === undefined) throw new Error("no window");
    const [first = NaN] = targetOf(window, shape);
    expect(targetOf(window, shape)).toEqual(upTo(10).map((i) => first + i));
    expect(tokensBefore(window, shape, 4)).toEqual([first - 4, first - 3, first - 2, first - 1]);
    expect(segmentsBefore(window, shape, 0).flat()).toEqual(upTo(30).map((i) => first - 30 + i));
    expect(segmentsBefore(window, shape, 4).flat()).toEqual(upTo(30).map((i) => first - 34 + i));
  });

  it("are spread over the document and stay in it", () => {
    const starts = cutWindows(upTo(1000), { ...shape, windows: 4 }).map(({ ids }) => ids[0] ?? NaN);
    expect(starts).toEqual([191, 382, 573, 764]);
    expect(cutWindows(upTo(44), shape).map(({ ids }) => ids)).toEqual([upTo(44), upTo(44)]);
  });

  it("hold fewer segments of a short document, and none of one that is too short", () => {
    expect(cutWindows(upTo(leastTokens(shape)), shape).map(({ past }) => past)).toEqual([1, 1]);
    expect(cutWindows(upTo(34 + 5), shape).map(({ past }) => past)).toEqual([2, 2]);
    expect(cutWindows(upTo(leastTokens(shape) - 1), shape)).toEqual([]);
  });
});

describe("figures", () => {
  it("are means and paired differences over documents", () => {
    const { mean, se } = difference([3, 4, 8], [2, 2, 5]);
    expect([mean, se]).toEqual([2, expect.closeTo(1 / Math.sqrt(3), 12)]);
    const bits = { none: 2, recent: 1.5, memory: 1.75, both: 1.25, wrong: 2.5, raw: 1 };
    const other = { none: 3, recent: 2.5, memory: 2.25, both: 2.5, wrong: 2.5, raw: 1 };
    const figures = figuresOf([bits, other], 8);
    expect(figures.bitsPerByte).toEqual({ none: 2.5, recent: 2, memory: 2, both: 1.875, wrong: 2.5, raw: 1 });
    expect(figures.gain.none).toEqual({ mean: 0.5, se: 0.25 });
    expect(figures.gain.wrong.mean).toBe(0.5);
    expect(figures.gain.recent).toEqual({ mean: 0.125, se: 0.125 });
  });

  it("count the bytes of tokens as the text has them", () => {
    const folder = join(import.meta.dirname, "../../../assets/models/starter");
    const [bytes, tokenizer] = [readTokenBytes(folder), openModelTokenizer(folder)];
    const text = "naïve café – “quotes” №7 你好 🙂\t\tx_1 += 0x1F;\r\n";
    const counted = tokenizer.encode(text).reduce((sum, id) => sum + (bytes.get(id) ?? NaN), 0);
    expect(counted).toBe(Buffer.byteLength(text));
    expect(bytes.get(tokenizer.specialId("<|doc|>") ?? NaN)).toBe(0);
  });
});

describe("the command", () => {
  const run = async (content: string, ...options: string[]): Promise<{ code: number; out: string; err: string }> => {
    const file = join(temporaryFolder(), "texts.jsonl");
    writeFileSync(file, content);
    const main = join(import.meta.dirname, "../../../bench/evaluate/main.ts");
    const args = [main, "memory", file, "--package", goldenFolder("tiny-llama"), "--recent", "16", ...options];
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      const failed = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() }).parse(error);
      return { code: failed.code, out: failed.stdout, err: failed.stderr };
    }
  };
  const row = (id: string, words: number, start = 0): string =>
    `${JSON.stringify({
      id,
      text: upTo(words)
        .map((i) => `word${(start + i) % 17}`)
        .join(" "),
    })}\n`;

  it("prints one line of figures for the documents that are long enough, and names the others", async () => {
    const texts = row("a", 120) + row("b", 90, 5) + "\n" + row("short", 3) + row("c", 100, 9);
    const { code, out, err } = await run(texts, "--json", "--windows", "1");
    expect(err).toMatch(/^evaluate memory: short is left out: \d+ tokens, at least 144 are needed\n$/);
    expect(code).toBe(0);
    expect(out.trim().split("\n")).toHaveLength(1);
    const figures: MemoryFigures = JSON.parse(out);
    const positive = expect.closeTo(12, -1);
    const pair = { mean: expect.any(Number), se: expect.any(Number) };
    expect(figures).toEqual({
      documents: 3,
      ratio: 8,
      bitsPerByte: {
        none: positive,
        recent: positive,
        memory: positive,
        both: positive,
        wrong: positive,
        raw: positive,
      },
      gain: { none: pair, wrong: pair, recent: pair },
    });
    const { bitsPerByte, gain } = figures;
    expect(gain.none.mean).toBeCloseTo(bitsPerByte.none - bitsPerByte.memory, 10);
    expect(gain.wrong.mean).toBeCloseTo(bitsPerByte.wrong - bitsPerByte.memory, 10);
    expect(gain.recent.mean).toBeCloseTo(bitsPerByte.recent - bitsPerByte.both, 10);
  });

  it("compares precisions in a table", async () => {
    const { out } = await run(
      row("a", 60) + row("b", 60, 5),
      ...["--windows", "1", "--precision", "float16", "--precision", "int4"],
    );
    expect(out).toMatch(/\| memory, then recent raw tokens \| \d+\.\d{4} \| [+-]\d/);
    expect(out).toMatch(/\| float16 \| \d+\.\d{5} \| \+0\.0000 \| 0\.00000 \|\n\| int4 \| \d+\.\d{5} \|/);
  });

  it.each([
    ["", [], /texts\.jsonl holds no documents/],
    ["{}\n", [], /line 1 is not an object with a text "id" and a text "text"/],
    [row("a", 60) + '{"id": "b", "te', [], /line 2 is not JSON/],
    [row("a", 60) + row("a", 60), [], /line 2: the id a is there twice/],
    [row("a", 60) + row("b", 1), [], /1 of 2 documents have the 144 tokens that are needed; at least two must/],
    [row("a", 60) + row("b", 60), ["--ratio", "0"], /--ratio is a whole number from 1 to 1024, not 0/],
    [row("a", 60) + row("b", 60), ["--past", "900"], /positions; this model has/],
    [row("a", 60) + row("b", 60), ["--precision", "int2"], /--precision is one of float16, int8, int4, not int2/],
    [row("a", 60) + row("b", 60), ["--wat"], /Unknown option '--wat'/],
  ] as const)("says in a sentence what is wrong with %j %j", async (content, options, sentence) => {
    const { code, out, err } = await run(content, ...options);
    expect(err).toMatch(sentence);
    expect(err).not.toMatch(/\n\s+at /);
    expect(out).toBe("");
    expect(code).toBe(1);
  });
});
