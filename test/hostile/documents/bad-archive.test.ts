import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  docxParts,
  epubParts,
  oddZip,
  storeZip,
  textParts,
  wordParagraph,
  xhtml,
  type OddEntry,
} from "../../fixtures/archives.ts";
import { runParser, temporaryFolder, type ParserRun } from "../../fixtures/read-rows.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());

async function parse(name: string, bytes: Uint8Array | string, heapMb = 512): Promise<ParserRun> {
  const path = join(folder.path, name);
  writeFileSync(path, bytes);
  const run = await runParser(path, {}, { heapMb });
  expect({ exitCode: run.exitCode, signal: run.signal, output: run.output }).toEqual({
    exitCode: 0,
    signal: null,
    output: "",
  });
  return run;
}

function odd(parts: ReadonlyMap<string, Uint8Array>, further: readonly OddEntry[] = []): Buffer {
  return oddZip([...[...parts].map(([path, bytes]) => ({ path, bytes })), ...further]);
}

const book = epubParts({ "one.xhtml": xhtml("<p>The lamp was lit.</p>") });
const report = docxParts(wordParagraph("The pilot came aboard."));
/** 40 MB that pack into 40 KB. */
const zeros = Buffer.alloc(40_000_000, "a");

test("the harmless archives that the others are made from are read", async () => {
  expect((await parse("good.epub", odd(book))).last).toEqual({ type: "done" });
  expect((await parse("good.docx", odd(report))).last).toEqual({ type: "done" });
});

test("a zip bomb in an EPUB is refused before it is unpacked", async () => {
  const bomb = new Map(book).set("OEBPS/one.xhtml", zeros);
  const { last, tookMs } = await parse("bomb.epub", odd(bomb));
  expect(last).toMatchObject({
    code: "DocumentTooLarge",
    message: expect.stringMatching(/^bomb\.epub swells [\d,]+ times when unpacked/u),
  });
  expect(tookMs).toBeLessThan(20_000);
});

test("a zip bomb in a DOCX is refused", async () => {
  expect((await parse("bomb.docx", odd(new Map(report).set("word/document.xml", zeros)))).last).toMatchObject({
    code: "DocumentTooLarge",
  });
});

test("a bomb that lies about its size is stopped while it is unpacked", async () => {
  const entries = [...book].map(([path, bytes]) =>
    path === "OEBPS/one.xhtml" ? { path, bytes: zeros, claimedSize: 100 } : { path, bytes },
  );
  const { last } = await parse("liar.epub", oddZip(entries));
  expect(last).toMatchObject({
    type: "error",
    code: "DocumentUnreadable",
    message: expect.stringContaining("is damaged"),
  });
});

test("many parts that are large together are stopped at the limit", async () => {
  const names = Array.from({ length: 12 }, (_, index) => `p${index}.xhtml`);
  const parts = epubParts(Object.fromEntries(names.map((name) => [name, ""])));
  // Words of a small vocabulary pack some twenty times, as no ratio forbids.
  let state = 7;
  const words = Array.from({ length: 3_500_000 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % 3 === 0 ? "lantern " : "lighthouse ";
  });
  const large = Buffer.from(words.join("").slice(0, 30_000_000));
  for (const name of names) parts.set(`OEBPS/${name}`, large);
  const { last } = await parse("many.epub", odd(parts), 1_024);
  expect(last).toMatchObject({ code: "DocumentTooLarge", message: expect.stringContaining("is too large inside") });
});

test.each([
  ["a step up", "../../evil.txt"],
  ["an absolute path", "/etc/evil.txt"],
  ["a drive", "C:\\evil.txt"],
  ["a step up with backslashes", "..\\..\\evil.txt"],
])("an archive that names a place outside is refused: %s", async (_, path) => {
  for (const [name, parts] of [
    ["path.epub", book],
    ["path.docx", report],
  ] as const) {
    const { last } = await parse(name, odd(parts, [{ path, bytes: Buffer.from("x") }]));
    expect(last).toMatchObject({
      code: "DocumentUnreadable",
      message: expect.stringMatching(
        new RegExp(`^${name} was refused: its part .* leads out of the document\\.$`, "u"),
      ),
    });
  }
});

test("an archive with a link in it is refused", async () => {
  const { last } = await parse(
    "link.epub",
    odd(book, [{ path: "OEBPS/passwd", bytes: Buffer.from("/etc/passwd"), externalAttributes: (0xa1ff << 16) >>> 0 }]),
  );
  expect(last).toMatchObject({
    code: "DocumentUnreadable",
    message: "link.epub was refused: its part “OEBPS/passwd” is a link.",
  });
});

test("an EPUB whose package points outside reads nothing there", async () => {
  const opf = Buffer.from(book.get("OEBPS/book.opf") ?? [])
    .toString("utf8")
    .replace("one.xhtml", "../../../../etc/passwd");
  expect((await parse("out.epub", odd(new Map(book).set("OEBPS/book.opf", Buffer.from(opf))))).last).toMatchObject({
    code: "DocumentUnreadable",
  });
});

test("archives that are cut off or empty say so", async () => {
  const whole = storeZip(book);
  expect((await parse("cut.epub", whole.subarray(0, whole.length - 60))).last).toMatchObject({
    code: "DocumentUnreadable",
    message: expect.stringContaining("cut.epub is damaged"),
  });
  expect((await parse("some.zip", storeZip(textParts({ "a.txt": "x" })))).last).toMatchObject({
    code: "UnsupportedFormat",
    message: "some.zip is a ZIP archive, which Longleaf cannot read.",
  });
});

test("XML entities that multiply are harmless", async () => {
  const levels = Array.from({ length: 12 }, (_, index) => `<!ENTITY e${index + 1} "${`&e${index};`.repeat(12)}">`).join(
    "",
  );
  const doctype = `<!DOCTYPE x [<!ENTITY e0 "boom">${levels}]>`;
  const page = `<?xml version="1.0"?>${doctype}<html><body><p>The lamp &e12; was lit.</p></body></html>`;
  const { rows } = await parse("entities.epub", odd(epubParts({ "one.xhtml": page })));
  expect(rows?.blocks.map((block) => block.text).join(" ").length).toBeLessThan(2_000);
  const word = Buffer.from(report.get("word/document.xml") ?? [])
    .toString("utf8")
    .replace("?>", `?>${doctype}`)
    .replace("pilot", "&e12;");
  expect(
    (await parse("entities.docx", odd(new Map(report).set("word/document.xml", Buffer.from(word))))).last,
  ).toMatchObject({ code: "DocumentUnreadable", message: expect.stringContaining("declares entities") });
  const opf = Buffer.from(book.get("OEBPS/book.opf") ?? [])
    .toString("utf8")
    .replace("?>", `?>${doctype}`)
    .replace("The Lantern", "&e12;");
  expect(
    (await parse("entities2.epub", odd(new Map(book).set("OEBPS/book.opf", Buffer.from(opf))))).rows?.document.title
      .length,
  ).toBeLessThan(100);
});

test("pages and documents nested without end are read or refused, and end", async () => {
  const deep = `${"<div>".repeat(60_000)}deep down${"</div>".repeat(60_000)}`;
  const asHtml = await parse("deep.html", `<html><body><p>The lamp was lit.</p>${deep}</body></html>`);
  expect(asHtml.rows?.blocks.map((block) => block.text)).toEqual(["The lamp was lit.", "deep down"]);
  const runs = `${"<w:smartTag>".repeat(30_000)}${wordParagraph("deep")}${"</w:smartTag>".repeat(30_000)}`;
  const asWord = await parse("deep.docx", odd(docxParts(runs)));
  expect(
    asWord.last?.type === "done" || (asWord.last?.type === "error" && asWord.last.code === "DocumentUnreadable"),
  ).toBe(true);
  const asMarkdown = await parse(
    "deep.md",
    `${">".repeat(50_000)} deep down\n\n${"- ".repeat(20_000)}lower\n\n${"[".repeat(20_000)}x\n`,
  );
  expect(asMarkdown.last).toEqual({ type: "done" });
  expect(asMarkdown.rows?.blocks.map((block) => block.text).join(" ")).toContain("deep down");
});

test.each([
  ["words", "The lamp was lit.\n".repeat(1_000)],
  ["nothing but zeros", ""],
])("a text file of 2 GB that begins with %s is refused at once, with limit and size", async (_, begin) => {
  const path = join(folder.path, "huge.txt");
  writeFileSync(path, begin);
  truncateSync(path, 2_000_000_000);
  const { last, exitCode, tookMs } = await runParser(path);
  expect(exitCode).toBe(0);
  expect(last).toEqual({
    type: "error",
    code: "DocumentTooLarge",
    message: "huge.txt is too large: 2.0 GB; the limit is 200 MB.",
    hint: "Split it into parts and open those.",
  });
  expect(tookMs).toBeLessThan(20_000);
});

test("invalid UTF-8 is read with a warning", async () => {
  const bytes = Buffer.concat([
    Buffer.from("Der Wärter zündet täglich über der Küste die große Lampe an. "),
    Buffer.from([0xc3, 0x28, 0xff, 0xfe]),
    Buffer.from(" Ende."),
  ]);
  const { rows } = await parse("broken.txt", bytes);
  expect(rows?.warnings[0]).toMatch(/^\d places could not be decoded as UTF-8/u);
  expect(rows?.blocks[0].text.endsWith("Ende.")).toBe(true);
});
