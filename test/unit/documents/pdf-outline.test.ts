import { expect, test } from "vitest";
import { at, linesAt, rawPdf } from "../../fixtures/raw-pdf.ts";
import { errorOfBytes, rowsOfBytes } from "../../fixtures/read-rows.ts";
import { typesetBook } from "../../fixtures/typeset-pdf.ts";

const sentence =
  "The lamp was lit at dusk and the ships could see it from far away over the water, as they always did.";
const chapters = ["The Lamp", "The Storm", "The Morning"].map((title) => ({
  title,
  paragraphs: Array.from({ length: 12 }, () => sentence),
}));

test("the outline of a PDF points to the page and the first block of each chapter", async () => {
  const { outline, blocks, document } = await rowsOfBytes(
    "book.pdf",
    await typesetBook(chapters, { title: "The Lighthouse", author: "A. Keeper" }),
  );
  expect(document).toMatchObject({ title: "The Lighthouse", author: "A. Keeper", format: "pdf" });
  expect(outline.map((entry) => entry.title)).toEqual(["The Lamp", "The Storm", "The Morning"]);
  for (const { title, block, page } of outline) {
    expect(block).not.toBeNull();
    expect(blocks[block ?? 0]).toMatchObject({ text: title, kind: "heading", page });
  }
});

test("without an outline large print and chapter words make one", async () => {
  const large = await rowsOfBytes(
    "book.pdf",
    await typesetBook(chapters, { title: "The Lighthouse", hasOutline: false }),
  );
  expect(large.outline.map(({ title, level }) => [title, level])).toEqual([
    ["The Lamp", 1],
    ["The Storm", 1],
    ["The Morning", 1],
  ]);
  const body = Array.from({ length: 12 }, (_, index) => `line ${index} of the story goes on and on as stories do here`);
  const page = (numeral: string): { content: string } => ({
    content: at(260, 700, `CHAPTER ${numeral}`) + linesAt(50, 660, body),
  });
  const plain = await rowsOfBytes("plain.pdf", rawPdf(["I", "II", "III"].map(page)));
  expect(plain.outline.map((entry) => entry.title)).toEqual(["CHAPTER I", "CHAPTER II", "CHAPTER III"]);
});

test("a page of contents has no headings of its own", async () => {
  const entries = Array.from(
    { length: 9 },
    (_, index) => `Chapter ${index + 1}. A title of its own ........ ${index * 10 + 3}`,
  );
  const contents = entries.map((line, index) => at(50, 700 - index * 20, line)).join("");
  const { blocks } = await rowsOfBytes("contents.pdf", rawPdf([{ content: contents }]));
  expect(blocks.filter((block) => block.kind === "heading")).toEqual([]);
});

test("a number alone and the title below it are one entry", async () => {
  const body = Array.from({ length: 14 }, (_, index) => `line ${index} of the story goes on and on as stories do here`);
  const page = (number: number, title: string): { content: string } => ({
    content:
      at(280, 720, `Chapter ${number}`, { size: 16 }) + at(240, 690, title, { size: 20 }) + linesAt(50, 640, body),
  });
  const { outline } = await rowsOfBytes("numbered.pdf", rawPdf([page(1, "The Lamp"), page(2, "The Storm")]));
  expect(outline.map((entry) => entry.title)).toEqual(["Chapter 1. The Lamp", "Chapter 2. The Storm"]);
});

test("page labels are read", async () => {
  const pages = Array.from({ length: 4 }, (_, index) => ({
    content: at(50, 700, `Page of text number ${index} in words`),
  }));
  const labels = "/PageLabels << /Nums [0 << /S /r >> 2 << /S /D /St 1 >>] >>";
  const { pages: rows } = await rowsOfBytes("labels.pdf", rawPdf(pages, { catalog: labels }));
  expect(rows.map((page) => page.label)).toEqual(["i", "ii", "1", "2"]);
});

test("a password is asked for, a wrong one is told apart, the right one opens", async () => {
  const locked = await typesetBook(chapters, { title: "Locked", password: "foghorn" });
  const asked = await errorOfBytes("locked.pdf", locked);
  expect(asked).toMatchObject({ code: "PasswordRequired", message: "locked.pdf is locked with a password." });
  const wrong = await errorOfBytes("locked.pdf", locked, { password: "siren" });
  expect(wrong).toMatchObject({ code: "PasswordRequired", message: "The password does not open locked.pdf." });
  const { document } = await rowsOfBytes("locked.pdf", locked, { password: "foghorn" });
  expect(document.title).toBe("Locked");
});

test("a title that a program left behind gives way to the text", async () => {
  const content =
    at(50, 700, "The Tides of the Coast", { size: 24 }) +
    linesAt(
      50,
      650,
      Array.from({ length: 9 }, () => "ordinary text of the report goes here in body size"),
    );
  const { document } = await rowsOfBytes(
    "x.pdf",
    rawPdf([{ content }], { info: "/Title (Microsoft Word - draft7.doc)" }),
  );
  expect(document.title).toBe("The Tides of the Coast");
});
