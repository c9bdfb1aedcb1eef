/**
 * Books that nobody has seen: many short texts of a corpus file put together into one long document, with the questions
 * that people asked about the short texts. Evidence for a question is its answer, word for word, inside its own text.
 * Owns: how a haystack is made. The corpus stays where it is; nothing of it is written anywhere but a temporary library.
 */
import { execFileSync } from "node:child_process";
import type { ParserRow } from "../../engine/documents/rows.ts";
import { sha256 } from "../../engine/base/hash.ts";

export interface HaystackQuestion {
  readonly question: string;
  readonly answer: string;
  /** Title of the text that the question is about; it is an entry of the outline. */
  readonly title: string;
}

export interface Haystack {
  readonly name: string;
  readonly rows: readonly ParserRow[];
  readonly words: number;
  readonly questions: readonly HaystackQuestion[];
}

interface CorpusRow {
  readonly group: string;
  readonly words: number;
  readonly context: string;
  readonly qa: readonly { readonly question: string; readonly answer: string }[];
}

export interface HaystackOptions {
  /** Rows whose group begins so: "fairy/", "squad/". */
  readonly groups: string;
  readonly words: number;
  readonly count: number;
  /** Rows that are passed over first: keeps the texts used for tuning apart from those for measuring. */
  readonly skip?: number;
}

const NOT_SAID = /^(?:the text does not|this is not|not (?:said|stated)|no answer)/iu;

/** Haystacks from a packed corpus file (`xz` must be on the path). */
export function makeHaystacks(corpusFile: string, options: HaystackOptions): Haystack[] {
  const rows = readRows(corpusFile, options.groups).slice(options.skip ?? 0);
  const haystacks: Haystack[] = [];
  let next = 0;
  for (let number = 1; number <= options.count && next < rows.length; number += 1) {
    const chosen: CorpusRow[] = [];
    for (let words = 0; words < options.words && next < rows.length; next += 1) {
      const row = rows[next];
      if (row === undefined) break;
      chosen.push(row);
      words += row.words;
    }
    haystacks.push(assemble(`${options.groups}${number}`, chosen));
  }
  return haystacks;
}

/** One row for each text: parts of a text that is there as a whole are left out, their questions are kept. */
function readRows(corpusFile: string, groups: string): CorpusRow[] {
  const lines = execFileSync("xz", ["-dc", corpusFile], { encoding: "utf8", maxBuffer: 1 << 30 }).split("\n");
  const byText = new Map<string, CorpusRow>();
  for (const line of lines) {
    if (!line.includes(`"${groups}`)) continue;
    const row: CorpusRow = JSON.parse(line);
    if (!row.group.startsWith(groups)) continue;
    const key = groups.endsWith("fairy/") ? (row.group.split("/")[1] ?? row.group) : row.context.slice(0, 80);
    const known = byText.get(key);
    if (known === undefined || known.words < row.words)
      byText.set(key, { ...row, qa: [...row.qa, ...(known?.qa ?? [])] });
    else byText.set(key, { ...known, qa: [...known.qa, ...row.qa] });
  }
  return [...byText.values()];
}

function assemble(name: string, texts: readonly CorpusRow[]): Haystack {
  const rows: ParserRow[] = [];
  const questions: HaystackQuestion[] = [];
  let words = 0;
  texts.forEach((text, i) => {
    const title = `Text ${i + 1}`;
    rows.push(block("heading", title, 1));
    for (const paragraph of paragraphs(text.context)) rows.push(block("paragraph", paragraph, 0));
    words += text.words;
    const seen = new Set<string>();
    for (const { question, answer } of text.qa) {
      const short = answer.trim().replace(/[.!?]+$/u, "");
      const isVerbatim = text.context.includes(short) && short.split(/\s+/u).length <= 12;
      if (!isVerbatim || short === "" || NOT_SAID.test(answer) || seen.has(question)) continue;
      seen.add(question);
      questions.push({ question, answer: short, title });
    }
  });
  const first: ParserRow = {
    type: "document",
    format: "text",
    title: name,
    author: "",
    metadata: {},
    sha256: sha256(name + String(words)),
    sizeBytes: 0,
    pages: 0,
  };
  return { name, rows: [first, ...rows, { type: "end", blocks: rows.length }], words, questions };
}

function paragraphs(context: string): string[] {
  const parts = context
    .split(/\n+/u)
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return parts.flatMap((part) => part.match(/[\s\S]{1,15000}/gu) ?? []);
}

function block(kind: "heading" | "paragraph", text: string, level: number): ParserRow {
  return {
    type: "block",
    kind,
    text,
    level,
    page: null,
    line: null,
    endLine: null,
    continues: false,
    hidden: false,
    lines: [],
  };
}
