import iconv from "iconv-lite";
import { expect, test } from "vitest";
import { detectEncoding, TextStream } from "../../../engine/documents/text/decode-text.ts";
import { TextBlocks, type TextBlock } from "../../../engine/documents/text/text-blocks.ts";
import { errorOfBytes, rowsOfBytes } from "../../fixtures/read-rows.ts";

function blocksOf(text: string): TextBlock[] {
  const found: TextBlock[] = [];
  const blocks = new TextBlocks((block) => found.push(block));
  for (const line of text.split("\n")) blocks.add(line);
  blocks.end();
  return found;
}

const wrapped = [
  "The keeper of the light had not slept for three nights, and when the",
  "storm at last went over the hills he sat down on the stairs and was",
  "asleep before the lamp had burned down.",
];

test("hard-wrapped lines are one paragraph that knows its lines", () => {
  expect(blocksOf(["", ...wrapped, ""].join("\n"))).toEqual([
    { kind: "paragraph", text: wrapped.join(" "), level: 0, line: 2, endLine: 4, rank: 0 },
  ]);
});

test("verse keeps its lines", () => {
  const verse = "By the deep sea,\nand music in its roar:\nI love not man the less,\nbut Nature more";
  expect(blocksOf(verse)[0].text).toBe(verse);
});

test("chapters are found by their words, lines of the contents are not", () => {
  const contents = "CHAPTER I\n\nCHAPTER II\n\nCHAPTER III\n\n";
  const body = ["I", "II", "III"].map((numeral) => `CHAPTER ${numeral}\n\n${wrapped.join("\n")}\n\n`).join("");
  const headings = blocksOf(contents + body).filter((block) => block.kind === "heading");
  expect(headings.map((block) => block.text)).toEqual(
    ["CHAPTER III", "CHAPTER I", "CHAPTER II", "CHAPTER III"].slice(1),
  );
});

test("parts stand above chapters", () => {
  const text = `PART ONE\n\nCHAPTER I\n\n${wrapped.join("\n")}\n\nCHAPTER II\n\n${wrapped.join("\n")}\n`;
  expect(
    blocksOf(text)
      .filter((block) => block.kind === "heading")
      .map((block) => block.level),
  ).toEqual([1, 2, 2]);
});

test.each([
  ["utf-8", "Grüße vom Leuchtturm – “ja”"],
  ["utf-16le", "Grüße vom Leuchtturm und der See"],
  [
    "windows-1252",
    "Les élèves étaient fatigués; le gardien répète: “déjà vu”, garçon! À bientôt, chère amie de la forêt.",
  ],
  ["shift_jis", "灯台守は三晩眠らなかった。嵐が丘を越えて行ったとき、彼は階段に座って眠った。海は静かだった。"],
  ["gb18030", "灯塔看守人三夜未眠。暴风雨终于过去，他坐在楼梯上睡着了。大海很平静，船只都安全了。"],
  ["windows-1251", "Смотритель маяка не спал три ночи, и когда буря наконец ушла за холмы, он уснул."],
  ["euc-kr", "등대지기는 사흘 밤을 자지 못했다. 마침내 폭풍이 언덕을 넘어가자 그는 계단에 앉아 잠이 들었다."],
])("text in %s is read", async (encoding, text) => {
  const { blocks } = await rowsOfBytes("letter.txt", iconv.encode(text, encoding));
  expect(blocks.map((block) => block.text).join(" ")).toBe(text);
});

test("a byte order mark decides and is not part of the text", async () => {
  for (const encoding of ["utf-8", "utf-16le", "utf-16be", "utf-32le"]) {
    const { blocks, document } = await rowsOfBytes(
      "marked.txt",
      iconv.encode("Licht über dem Meer", encoding, { addBOM: true }),
    );
    expect(blocks[0].text).toBe("Licht über dem Meer");
    expect(document.metadata.Encoding).toBe(encoding);
  }
});

test("invalid UTF-8 is kept as marks and counted", async () => {
  const bytes = Buffer.concat([
    Buffer.from("Grüße, schöne Küste, überall Möwen "),
    Buffer.from([0xff]),
    Buffer.from(" Ende"),
  ]);
  const { blocks, warnings } = await rowsOfBytes("broken.txt", bytes);
  expect(blocks[0].text).toBe("Grüße, schöne Küste, überall Möwen \uFFFD Ende");
  expect(warnings).toEqual(["1 place could not be decoded as UTF-8 and show as “\uFFFD”."]);
});

test("a character cut between two pieces is put together", () => {
  const bytes = Buffer.from("a€b");
  const stream = new TextStream(detectEncoding(bytes));
  expect(stream.write(bytes.subarray(0, 2)) + stream.write(bytes.subarray(2)) + stream.end()).toBe("a€b");
  expect(stream.replaced).toBe(0);
});

test("a file of one endless line is read in parts", async () => {
  const text = "lamp ".repeat(600_000);
  const { blocks } = await rowsOfBytes("line.txt", text);
  expect(blocks.every((block) => block.line === 1 && block.endLine === 1)).toBe(true);
  expect(blocks.map((block) => block.text.trim()).join(" ").length).toBe(text.trim().length);
});

test("old editions say who and what in their first lines", async () => {
  const { document } = await rowsOfBytes("pg1.txt", `Title: The Light\nAuthor: A. Keeper\n\n${wrapped.join("\n")}\n`);
  expect(document).toMatchObject({ title: "The Light", author: "A. Keeper" });
});

test("white space is not a text", async () => {
  expect(await errorOfBytes("blank.txt", " \n\n\t\n")).toMatchObject({
    code: "DocumentUnreadable",
    message: "blank.txt has no text in it.",
  });
});
