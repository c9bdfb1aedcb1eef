import { expect, test } from "vitest";
import { cleanText, shorten } from "../../../engine/documents/clean-text.ts";
import { formatCount } from "../../../engine/documents/document-errors.ts";
import { parserFlags } from "../../../engine/documents/parser-flags.ts";
import { RowWriter } from "../../../engine/documents/row-writer.ts";
import { MAX_BLOCK_CHARACTERS, parserRow, type BlockRow, type ParserRow } from "../../../engine/documents/rows.ts";
import { sniffFormat } from "../../../engine/documents/sniff-format.ts";
import { EngineError } from "../../../engine/protocol/errors.ts";
import { errorOfBytes } from "../../fixtures/read-rows.ts";

function written(draft: Parameters<RowWriter["block"]>[0]): BlockRow[] {
  const rows: ParserRow[] = [];
  new RowWriter({ write: (row) => rows.push(row) }, new AbortController().signal).block(draft);
  for (const row of rows) parserRow.parse(row);
  return rows.filter((row) => row.type === "block");
}

test("text is NFC with plain line ends and no control characters", () => {
  expect(cleanText("e\u0301\r\na\u0000b\rc\uFEFF")).toBe("é\na b\nc ");
  expect(cleanText("a\uD800b")).toBe("a\uFFFDb");
  expect(shorten("ab\u{1F600}cd", 4)).toBe("ab…");
});

test("a long block is cut at sentence ends and nothing is lost", () => {
  const text = "The lamp was lit at dusk. ".repeat(3_000).trimEnd();
  const blocks = written({ kind: "paragraph", text, page: 3 });
  expect(blocks.length).toBeGreaterThan(2);
  expect(blocks.map((block) => block.text).join("")).toBe(text);
  expect(blocks.slice(1).every((block) => block.continues && block.page === 3)).toBe(true);
  expect(blocks.slice(0, -1).every((block) => block.text.endsWith(". "))).toBe(true);
});

test("cut code keeps true line numbers", () => {
  const lines = Array.from({ length: 4_000 }, (_, index) => `line ${index + 10}`);
  const blocks = written({ kind: "code", text: lines.join("\n"), line: 10, endLine: 4_009 });
  for (const block of blocks) {
    expect(block.text.split("\n")[0]).toBe(`line ${block.line}`);
    expect(block.text.split("\n").at(-1)).toBe(`line ${block.endLine}`);
  }
  expect(blocks.map((block) => block.text).join("\n")).toBe(lines.join("\n"));
});

test("printed lines are shared out among the pieces of a cut block", () => {
  const text = "x".repeat(MAX_BLOCK_CHARACTERS + 500);
  const blocks = written({
    kind: "paragraph",
    text,
    lines: [
      [0, 10_000, 1, 2, 3, 4],
      [10_000, text.length, 1, 6, 3, 8],
    ],
  });
  expect(blocks.map((block) => block.lines.length)).toEqual([2, 1]);
  expect(blocks[1].lines[0].slice(0, 2)).toEqual([0, 500]);
});

test("a format is known by its bytes before its name", () => {
  const sniff = (text: string, name: string): string => sniffFormat(Buffer.from(text, "latin1"), name).kind;
  expect(sniff("%PDF-1.7\n", "a.txt")).toBe("pdf");
  expect(sniff("PK\u0003\u0004rest", "a.pdf")).toBe("zip");
  expect(sniff("<!DOCTYPE html><p>", "a.txt")).toBe("html");
  expect(sniff("# A heading", "a.md")).toBe("markdown");
  expect(sniff("A heading about %PDF-1.7", "a.txt")).toBe("text");
  expect(sniff("\u0000\u0001\u0002\u0003\u0000\u0001\u0002".repeat(9), "a.txt")).toBe("unknown");
});

test("formats without a reader are named", async () => {
  expect(await errorOfBytes("a.docx", Buffer.from("d0cf11e0a1b11ae1", "hex"))).toMatchObject({
    code: "UnsupportedFormat",
    message: "a.docx is an old or a protected Office file (.doc, .xls, .ppt), which Longleaf cannot read.",
  });
  expect(await errorOfBytes("a.png", Buffer.from("\u0089PNG\r\n", "latin1"))).toMatchObject({
    code: "UnsupportedFormat",
  });
});

test("sizes read like sizes", () => {
  expect([12, 2_147_483_648, 200_000_000].map((size) => formatCount(size, "bytes"))).toEqual([
    "12 bytes",
    "2.1 GB",
    "200 MB",
  ]);
  expect(formatCount(20_000, "pages")).toBe("20,000 pages");
});

test("the wall grants one source and one folder, and refuses patterns", () => {
  const flags = parserFlags({ programRoot: "/app", source: "/home/a/book.pdf", outFolder: "/lib/incoming/1" });
  expect(flags).toContain("--permission");
  expect(flags.filter((flag) => flag.startsWith("--allow-"))).toEqual([
    "--allow-fs-read=/app",
    "--allow-fs-read=/home/a/book.pdf",
    "--allow-fs-write=/lib/incoming/1",
  ]);
  expect(() => parserFlags({ programRoot: "/app", source: "/home/*", outFolder: "/lib" })).toThrow(EngineError);
});
