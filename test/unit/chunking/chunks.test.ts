import { expect, test } from "vitest";
import { chunkBlocks, endOfWords, type ChunkableBlock, type ChunkRange } from "../../../engine/chunking/chunks.ts";
import { countWords } from "../../../engine/retrieval/search-tokenizer.ts";
import { prose } from "../store/temporary-store.ts";

interface Made {
  readonly text: string;
  readonly chunks: ChunkRange[];
}

function chunk(blocks: readonly (Partial<ChunkableBlock> & { text: string })[]): Made {
  let text = "";
  const made: ChunkableBlock[] = [];
  for (const block of blocks) {
    const start = text === "" ? 0 : text.length + 2;
    text = text === "" ? block.text : `${text}\n\n${block.text}`;
    const plain = { isHeading: false, isLines: false, isCode: false, isHidden: false, division: 0, section: 0 };
    made.push({ ...plain, ...block, start });
  }
  return { text, chunks: [...chunkBlocks(made)] };
}

/** Every visible character is in exactly one chunk. */
function expectCovered({ text, chunks }: Made): void {
  let last = 0;
  for (const { start, end } of chunks) {
    expect(text.slice(last, start).trim()).toBe("");
    expect(end).toBeGreaterThan(start);
    last = end;
  }
  expect(text.slice(last).trim()).toBe("");
}

const paragraphs = prose(20_000)
  .split("\n\n")
  .map((text) => ({ text }));

test("prose becomes chunks of about 180 words that end with a sentence", () => {
  const made = chunk(paragraphs);
  expectCovered(made);
  for (const { start, end, words } of made.chunks) {
    expect(words).toBeLessThanOrEqual(220);
    expect(words).toBe(countWords(made.text.slice(start, end)));
    expect(made.text.slice(start, end)).toMatch(/(?:\.|Chapter \d+)$/u);
  }
  const average = made.chunks.reduce((sum, { words }) => sum + words, 0) / made.chunks.length;
  expect(average).toBeGreaterThan(120);
});

test("chunks never cross divisions, and hidden text stands alone", () => {
  const made = chunk([
    { text: "One short paragraph.", division: 0 },
    { text: "Another chapter.", division: 1, section: 1 },
    { text: "White on white.", division: 1, section: 1, isHidden: true },
    { text: "Back again.", division: 1, section: 1 },
  ]);
  expect(made.chunks.map(({ start, end }) => made.text.slice(start, end))).toEqual([
    "One short paragraph.",
    "Another chapter.",
    "White on white.",
    "Back again.",
  ]);
  expect(made.chunks.map(({ isHidden }) => isHidden)).toEqual([false, false, true, false]);
});

test("a heading begins a chunk, unless the one before is very short", () => {
  const long = {
    text: paragraphs
      .slice(1, 3)
      .map(({ text }) => text)
      .join(" "),
    section: 0,
  };
  const made = chunk([long, { text: "A heading", isHeading: true, section: 1 }, { text: "Its text.", section: 1 }]);
  const last = made.chunks.at(-1);
  expect(made.text.slice(last?.start, last?.end)).toBe("A heading\n\nIts text.");
  const short = chunk([{ text: "Tiny." }, { text: "A heading", isHeading: true }, { text: "Its text." }]);
  expect(short.chunks).toHaveLength(1);
});

test("code becomes runs of at most 60 lines that begin where a function begins", () => {
  const functions = Array.from({ length: 40 }, (_, at) => {
    const body = Array.from({ length: 7 }, (_line, n) => `  const value${n} = compute(${at}, ${n});`).join("\n");
    return `export function task${at}() {\n${body}\n}\n`;
  });
  const made = chunk([{ text: functions.join("\n"), isCode: true }]);
  expectCovered(made);
  for (const { start, end } of made.chunks) {
    const text = made.text.slice(start, end);
    expect(text.split("\n").length).toBeLessThanOrEqual(60);
    expect(text).toMatch(/^export function/u);
  }
});

test("a sentence longer than a chunk is cut between words, a run without spaces between characters", () => {
  expectCovered(chunk([{ text: "word ".repeat(2_000).trim() }]));
  const chinese = chunk([{ text: "漢".repeat(5_000) }]);
  expectCovered(chinese);
  expect(chinese.chunks.length).toBeGreaterThan(10);
  expectCovered(chunk([{ text: "x".repeat(19_000) }]));
  expectCovered(chunk([{ text: "𠀀".repeat(3_000) }]));
});

test("nothing visible gives no chunk", () => {
  expect(chunk([{ text: "  \n \n", isCode: true }, { text: "   " }]).chunks).toEqual([]);
});

test("endOfWords counts words and never splits a surrogate pair", () => {
  expect("one two three".slice(0, endOfWords("one two three", 0, 2))).toBe("one two");
  expect(endOfWords("𠀀".repeat(10), 0, 1) % 2).toBe(0);
  expect(endOfWords("one", 0, 5)).toBe(3);
});
