import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { at, linesAt, rawPdf } from "../../fixtures/raw-pdf.ts";
import { runParser, temporaryFolder, type ParserRun } from "../../fixtures/read-rows.ts";
import { typesetBook } from "../../fixtures/typeset-pdf.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** The real parser on these bytes; it must have ended by itself, saying nothing but messages. */
async function parse(name: string, bytes: Uint8Array, password?: string): Promise<ParserRun> {
  const path = join(folder.path, name);
  writeFileSync(path, bytes);
  const run = await runParser(path, password === undefined ? {} : { password });
  expect({ exitCode: run.exitCode, signal: run.signal, output: run.output }).toEqual({
    exitCode: 0,
    signal: null,
    output: "",
  });
  return run;
}

const body = Array.from({ length: 20 }, (_, index) => `line ${index} of the story of the lamp goes on and on`);
const pages = (count: number): { content: string }[] =>
  Array.from({ length: count }, (_, index) => ({
    content: (index % 10 === 0 ? at(50, 730, `Chapter ${index / 10 + 1}`) : "") + linesAt(50, 700, body),
  }));

test("an encrypted PDF asks for its password", async () => {
  const locked = await typesetBook([{ title: "A", paragraphs: body }], { title: "Locked", password: "foghorn" });
  expect((await parse("locked.pdf", locked)).last).toEqual({
    type: "error",
    code: "PasswordRequired",
    message: "locked.pdf is locked with a password.",
    hint: "Enter the password that opens this document. Longleaf uses it once and does not keep it.",
  });
  expect((await parse("locked.pdf", locked, "siren")).last).toMatchObject({
    code: "PasswordRequired",
    message: "The password does not open locked.pdf.",
  });
  expect((await parse("locked.pdf", locked, "foghorn")).rows?.document.title).toBe("Locked");
});

test("an empty PDF says that it has 0 bytes", async () => {
  expect((await parse("empty.pdf", Buffer.alloc(0))).last).toMatchObject({
    code: "DocumentUnreadable",
    message: "empty.pdf is empty: it has 0 bytes.",
  });
});

test("a truncated PDF whose list of pages is lost says that it is cut off", async () => {
  const whole = rawPdf(pages(30));
  const { last } = await parse("cut.pdf", whole.subarray(0, Math.floor(whole.length * 0.6)));
  expect(last).toMatchObject({
    code: "DocumentUnreadable",
    message: "cut.pdf is cut off: its end, which lists its pages, is missing.",
  });
});

test("a PDF damaged from a page on is read up to there", async () => {
  const whole = rawPdf(pages(10)).toString("latin1");
  // Pages 7 to 10 lose their dictionaries: the list of pages still names them.
  let damaged = whole;
  for (let page = 7; page <= 10; page += 1) {
    const object = 4 + page * 2;
    damaged = damaged.replace(new RegExp(`(\\n${object} 0 obj\\n)<< /Type /Page `, "u"), "$1(( /Type /Page ");
  }
  const { rows } = await parse("tail.pdf", Buffer.from(damaged, "latin1"));
  expect(rows?.warnings).toContain("This file is damaged from page 7 on. Pages 1 to 6 were read.");
  // The list of pages ends where it breaks: pdf.js counts up to the first page that is gone.
  expect(rows?.document.pages).toBe(7);
  expect(rows?.blocks.at(-1)?.page).toBe(6);
});

test("a PDF whose xref is broken is read all the same", async () => {
  const whole = rawPdf(pages(5)).toString("latin1");
  const broken = whole
    .replace(/startxref\n\d+/u, "startxref\n99999999")
    .replace(/\n\d{10} 00000 n /gu, "\n0000000007 00000 n ");
  const { rows } = await parse("xref.pdf", Buffer.from(broken, "latin1"));
  expect(rows?.pages).toHaveLength(5);
  expect(rows?.blocks.some((block) => block.text.includes("line 19"))).toBe(true);
});

test("a PDF whose font is broken is read, or says what is wrong", async () => {
  const whole = rawPdf(pages(3)).toString("latin1");
  const font = "<< /Type /Font /Subtype /Type0 /BaseFont /Broken /Encoding /Identity-H /DescendantFonts [99 0 R] >>";
  const broken = whole.replace(/<< \/Type \/Font \/Subtype \/Type1 \/BaseFont \/Times-Roman [^>]*>>/u, font);
  const { last, rows } = await parse("font.pdf", Buffer.from(broken, "latin1"));
  if (rows === null) expect(last).toMatchObject({ type: "error", code: "DocumentUnreadable" });
  else expect(rows.pages).toHaveLength(3);
});

test("a PDF without pages says so", async () => {
  expect((await parse("none.pdf", rawPdf([]))).last).toMatchObject({
    code: "DocumentUnreadable",
    message: "none.pdf has no pages.",
  });
});

test("a PDF of pictures says so and what to do", async () => {
  const scan = { content: "q 600 0 0 800 0 0 cm /Im1 Do Q\n", pictures: ["Im1"] };
  const { last } = await parse("scan.pdf", rawPdf([scan, scan, scan]));
  expect(last).toMatchObject({
    code: "DocumentUnreadable",
    message: "scan.pdf is pictures of text: 3 of its 3 pages hold a picture, none a text layer.",
  });
  expect(last).toHaveProperty("hint", expect.stringContaining("OCR"));
});

test("a PDF of 3,000 pages is read whole, with progress", async () => {
  const { rows, messages, tookMs } = await parse("long.pdf", rawPdf(pages(3_000)));
  expect(rows?.pages).toHaveLength(3_000);
  expect(rows?.outline).toHaveLength(300);
  expect(rows?.blocks.at(-1)?.page).toBe(3_000);
  const progress = messages.filter((message) => message.type === "progress");
  expect(progress.length).toBeLessThan(tookMs / 100 + 3);
  expect(progress.at(-1)).toMatchObject({ done: 3_000, total: 3_000, unit: "pages" });
});

test("random bytes, and a PDF with random bytes in it, end in a sentence or a reading", async () => {
  const noise = Buffer.from(
    Array.from({ length: 20_000 }, (_, index) => (index * 7919 + (index >> 3) * 104_729) & 255),
  );
  expect((await parse("noise.pdf", noise)).last).toMatchObject({ type: "error", code: "DocumentUnreadable" });
  const whole = rawPdf(pages(20));
  for (const [index, byte] of noise.subarray(0, 200).entries()) whole[(index * 977 + byte * 31) % whole.length] = byte;
  const { last } = await parse("bitten.pdf", whole);
  expect(last?.type === "done" || (last?.type === "error" && last.code === "DocumentUnreadable")).toBe(true);
});

test("page trees and outlines that run in circles end", async () => {
  const whole = rawPdf(pages(3)).toString("latin1");
  const parent = /\/Parent (\d+) 0 R/u.exec(whole)?.[1] ?? "";
  const circle = whole.replace(/\/Kids \[(\d+) 0 R/u, `/Kids [${parent} 0 R $1 0 R`);
  const { last } = await parse("circle.pdf", Buffer.from(circle, "latin1"));
  expect(["done", "error"]).toContain(last?.type);
  if (last?.type === "error") expect(last.code).toBe("DocumentUnreadable");
});
