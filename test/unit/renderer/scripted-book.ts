/**
 * A made-up book and repository for the window's tests: pages, lines with their boxes, contents, files.
 * One description gives the text that the scripted engine answers from and, in the browser test, the PDF that is shown.
 */
import type { FileEntry, LineBox, OutlineEntry } from "../../../engine/protocol/dto.ts";

export const PAGE_WIDTH = 432;
export const PAGE_HEIGHT = 648;
const MARGIN = 60;
const LEADING = 16;
const LINES_A_PAGE = 32;
const CHARACTERS_A_LINE = 62;
const PAGES_A_CHAPTER = 9;

const SENTENCES = [
  "The lamp was lit at six, and the keeper wrote the hour in the book as he had done every evening for eleven years.",
  "Nobody on the island could say when the second boat had gone, or who had been in it.",
  "“You will see her light before you hear her,” said Marten, “and by then it is too late to row.”",
  "Three letters lay on the table, unopened, and the wind moved the uppermost a little each time the door was tried.",
  "She counted the steps again: one hundred and ninety-six, and the last one broken.",
  "Ada kept the key of the oil store on a string around her neck, and gave it to no one.",
  "There was a smell of tar and wet wool, and under it something sweeter that he could not name.",
  "The inspector asked for the log of the fourteenth of March, and it was not there.",
  "In the morning the sea was flat, as if it had never done anyone any harm.",
  "“If the glass falls below twenty-nine we stay,” she said, and that was the end of it.",
  "He had painted the gallery twice, once in white and once, against orders, in green.",
  "The dog would not go past the third landing, and after a while they stopped calling him.",
  "What the chart showed as rock was sand, and what it showed as sand had been gone since the winter.",
  "They buried the box under the pear tree, where the ground was soft and no one would look.",
  "A ship that does not answer is either empty or afraid, the old man used to say.",
];

export const CHAPTERS = [
  "The Keeper’s Book",
  "A Boat Too Many",
  "The Third Landing",
  "Oil and Paper",
  "What Marten Heard",
  "The Fourteenth of March",
  "A Green Gallery",
  "Low Water",
  "The Inspector’s Questions",
  "Under the Pear Tree",
  "Two Lights",
  "The Last Entry",
] as const;

export interface BookLine {
  readonly page: number;
  readonly start: number;
  readonly text: string;
  readonly box: readonly [number, number, number, number];
}

export interface Book {
  readonly text: string;
  readonly pages: number;
  readonly lines: readonly BookLine[];
  readonly outline: readonly OutlineEntry[];
  /** Start offset of every page, and the end of the last. */
  readonly pageStarts: readonly number[];
}

/** Sets the book: headings, paragraphs, justified by nothing but their words. */
export function setBook(): Book {
  const lines: BookLine[] = [];
  const outline: OutlineEntry[] = [];
  const pageStarts: number[] = [];
  let text = "";
  let page = 0;
  CHAPTERS.forEach((title, chapter) => {
    if (chapter % 4 === 0)
      outline.push({
        level: 1,
        title: `Part ${["I", "II", "III"][chapter / 4]}`,
        start: text.length,
        end: 0,
        page: page + 1,
        file: null,
      });
    outline.push({ level: 2, title, start: text.length, end: 0, page: page + 1, file: null });
    for (let sheet = 0; sheet < PAGES_A_CHAPTER; sheet += 1) {
      page += 1;
      pageStarts.push(text.length);
      const opens = sheet === 0;
      const closes = sheet === PAGES_A_CHAPTER - 1;
      let row = opens ? 9 : 0;
      if (opens) {
        lines.push(lineAt(page, 5, text.length, title));
        text += `${title}\n\n`;
      }
      for (let index = 0; row < (closes ? 14 : LINES_A_PAGE - 3); index += 1) {
        const wrapped = wrap(paragraph(chapter, sheet, index));
        for (const piece of wrapped.slice(0, LINES_A_PAGE - row)) {
          lines.push(lineAt(page, row, text.length, piece));
          text += `${piece} `;
          row += 1;
        }
        text = `${text.trimEnd()}\n\n`;
        row += 1;
      }
    }
  });
  pageStarts.push(text.length);
  return { text, pages: page, lines, outline: closeOutline(outline, text.length), pageStarts };
}

function paragraph(chapter: number, sheet: number, index: number): string {
  const first = (chapter * 7 + sheet * 5 + index * 3) % SENTENCES.length;
  return [0, 1, 2].map((step) => SENTENCES[(first + step * 4) % SENTENCES.length]).join(" ");
}

function lineAt(page: number, row: number, start: number, text: string): BookLine {
  const top = MARGIN + row * LEADING;
  return { page, start, text, box: [MARGIN, top, Math.min(PAGE_WIDTH - MARGIN, MARGIN + text.length * 5.1), top + 12] };
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (`${line} ${word}`.length > CHARACTERS_A_LINE && line !== "") {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** An entry ends where the next one of its level or above begins. */
function closeOutline(outline: readonly OutlineEntry[], length: number): OutlineEntry[] {
  return outline.map((entry, index) => ({
    ...entry,
    end: outline.slice(index + 1).find((next) => next.level <= entry.level)?.start ?? length,
  }));
}

export function pageOfOffset(book: Book, offset: number): number {
  return Math.max(1, book.pageStarts.findLastIndex((start) => start <= offset) + 1);
}

export function boxesOf(book: Book, start: number, end: number): LineBox[] {
  return book.lines
    .filter((line) => line.start < end && line.start + line.text.length > start)
    .map((line) => ({ page: line.page, box: [...line.box] }));
}

const FILES: Readonly<Record<string, string>> = {
  "README.md":
    "# ferry\n\nCarries jobs from one side to the other, once.\n\nA worker holds a job under a lease; a killed worker stops renewing it.\n",
  "src/lease.ts":
    'import { clock } from "./clock.ts";\n\n/** A promise with an end: past `until` it holds nothing. */\nexport interface Lease {\n  job: string;\n  holder: string;\n  until: number;\n}\n\nconst LEASE_MS = 30_000;\n\n// A killed worker cannot give its job back, so nobody waits for it:\n// the next worker to look for work takes the expired lease over.\nexport function claim(free: Lease[], holder: string, now = clock()): Lease | null {\n  const lease = free.find((one) => one.until < now);\n  if (lease === undefined) return null;\n  return { ...lease, holder, until: now + LEASE_MS };\n}\n\nexport function renew(lease: Lease, holder: string, now = clock()): boolean {\n  return lease.holder === holder && lease.until >= now;\n}\n'.repeat(
      3,
    ),
  "src/clock.ts": "export function clock(): number {\n  return Date.now();\n}\n",
  "src/worker.py":
    "import time\n\n# Renews its lease while it works.\ndef work(lease):\n    while True:\n        lease.renew()\n        time.sleep(10)\n",
  "test/kill.test.ts":
    'import { claim } from "../src/lease.ts";\n\ntest("a killed worker loses its job", () => {\n  expect(claim([], "b")).toBe(null);\n});\n',
};

export interface Repository {
  readonly text: string;
  readonly files: readonly FileEntry[];
  readonly outline: readonly OutlineEntry[];
}

export function makeRepository(): Repository {
  let text = "";
  const files: FileEntry[] = [];
  for (const [path, content] of Object.entries(FILES)) {
    const start = text.length;
    text += `${content}\n`;
    const language = path.split(".").at(-1) ?? "";
    files.push({ path, language, lines: content.split("\n").length, start, end: start + content.length });
  }
  const outline = files.map(({ path, start, end }) => ({ level: 1, title: path, start, end, page: null, file: path }));
  return { text, files, outline };
}
