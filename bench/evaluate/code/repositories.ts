/**
 * Repositories made of the corpus's code files (one source each), and questions whose answer is a file of them: those
 * that the corpus derived from doc comments, and those that were written by reading (questions.json).
 * Owns: reading and shaping. A description is a function's own doc comment: that comment is cut out of the file, or the
 * search would only have to find the same words again.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { findDefinitions } from "../../../engine/retrieval/definitions.ts";
import type { SourceFile } from "../../retrieval/rows-of-text.ts";

const codeRow = z.object({ id: z.string(), path: z.string(), lang: z.string(), source: z.string(), text: z.string() });
const supervisedRow = z.object({
  group: z.string(),
  source: z.string(),
  qa: z.array(z.object({ task: z.string(), question: z.string(), answer: z.string() })),
});
const writtenQuestions = z.array(z.object({ source: z.string(), question: z.string(), files: z.array(z.string()) }));

export type TaskName = "find" | "where" | "explain" | "summary" | "asked";

export interface CodeQuestion {
  readonly task: TaskName;
  readonly question: string;
  /** Paths, any one of which answers. */
  readonly files: readonly string[];
}

export interface CodeRepository {
  readonly name: string;
  readonly files: SourceFile[];
  readonly questions: CodeQuestion[];
}

const CODE_FILES = ["code.jsonl.xz", "../corpus-more/code-more.jsonl.xz"];
const SUPERVISED_FILES = ["sup-short-derived.jsonl.xz", "../corpus-more/sup-more.jsonl.xz"];
const TASKS: Readonly<Record<string, TaskName>> = {
  code_find: "find",
  code_where: "where",
  code_explain: "explain",
  code_summary: "summary",
};
/** A shorter description fits anything: "Creates a new instance." */
const LEAST_DESCRIPTION_WORDS = 6;
/** A name that is defined in more files than this ("add", "toString") asks for no file. */
const MOST_DEFINING_FILES = 3;

function* linesOf(path: string): Generator<string> {
  const text = execFileSync("xz", ["-dc", path], { encoding: "utf8", maxBuffer: 1 << 30 });
  for (const line of text.split("\n")) if (line !== "") yield line;
}

/** Repositories of the given sources ("redis-7.0.15"), at most `most` derived questions of each kind. */
export function readRepositories(corpus: string, sources: readonly string[], most: number): CodeRepository[] {
  const byName = new Map(
    sources.map((name) => [name, { name, files: [] as SourceFile[], questions: [] as CodeQuestion[] }]),
  );
  const pathOf = new Map<string, string>();
  for (const file of CODE_FILES) {
    for (const line of linesOf(join(corpus, file))) {
      const { id, path, lang, source, text } = codeRow.parse(JSON.parse(line));
      pathOf.set(id, path);
      byName.get(source)?.files.push({ path, language: lang, text: text.replace(/^File: .*\n+/u, "") });
    }
  }
  const derived = new Map<string, DerivedQuestion[]>();
  for (const file of SUPERVISED_FILES) {
    for (const line of linesOf(join(corpus, file))) {
      if (!line.includes('"task": "code_') && !line.includes('"task":"code_')) continue;
      const row = supervisedRow.parse(JSON.parse(line));
      if (!byName.has(row.source)) continue;
      for (const question of questionsOf(row, pathOf)) {
        const key = `${row.source} ${question.task}`;
        derived.set(key, [...(derived.get(key) ?? []), question]);
      }
    }
  }
  for (const repository of byName.values()) addQuestions(repository, derived, most);
  return [...byName.values()];
}

/** A question must have its answer in the repository, and not in half of it. */
function addQuestions(repository: CodeRepository, derived: ReadonlyMap<string, DerivedQuestion[]>, most: number): void {
  const { files, questions, name } = repository;
  const known = new Set(files.map(({ path }) => path));
  const words = files.map(({ text }) => ` ${wordsOf(text).join(" ")} `);
  const defining = definingFiles(files);
  const cuts: { paths: readonly string[]; description: string }[] = [];
  for (const task of new Set(Object.values(TASKS))) {
    const asked = (derived.get(`${name} ${task}`) ?? []).flatMap((question): DerivedQuestion[] => {
      if (!question.files.every((path) => known.has(path))) return [];
      const { symbol, description } = question;
      if (symbol !== null) {
        const all = new Set([...question.files, ...(defining.get(symbol) ?? [])]);
        return all.size > MOST_DEFINING_FILES ? [] : [{ ...question, files: [...all] }];
      }
      // The same comment over functions of several files.
      const wanted = ` ${comparedWords(description ?? "").join(" ")} `;
      return words.filter((text) => text.includes(wanted)).length > 1 ? [] : [question];
    });
    for (const { question, files: paths, description } of spread(asked, most)) {
      questions.push({ task, question, files: paths });
      if (description !== null) cuts.push({ paths, description });
    }
  }
  for (const { paths, description } of cuts) cutDescription(files, paths, description);
  for (const { source, question, files: right } of writtenQuestions.parse(JSON.parse(readFileSync(WRITTEN, "utf8"))))
    if (source === name) questions.push({ task: "asked", question, files: right });
}

function definingFiles(files: readonly SourceFile[]): Map<string, Set<string>> {
  const defining = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    for (const { name } of findDefinitions(text)) {
      const paths = defining.get(name) ?? new Set();
      defining.set(name, paths.add(path));
    }
  }
  return defining;
}

const WRITTEN = new URL("questions.json", import.meta.url);

interface DerivedQuestion extends CodeQuestion {
  /** The doc comment that the question was made of; null when it asks for a name. */
  readonly description: string | null;
  /** The name that is asked for; null when it is asked for by description. */
  readonly symbol: string | null;
}

function questionsOf(
  { group, qa }: z.infer<typeof supervisedRow>,
  pathOf: ReadonlyMap<string, string>,
): DerivedQuestion[] {
  const [kind = "", source = "", ...rest] = group.split("/");
  // code/SOURCE/PATH/NUMBER, codefn/SOURCE/PATH/FUNCTION; codefiles/SOURCE/NUMBER shows several files.
  const own = kind === "codefiles" ? undefined : pathOf.get(`${source}/${rest.slice(0, -1).join("/")}`);
  return qa.flatMap(({ task: name, question, answer }): DerivedQuestion[] => {
    const task = TASKS[name];
    if (task === undefined) return [];
    const symbol = /`([\w$]+)`/u.exec(question)?.[1] ?? null;
    if (task === "where") {
      const path = /^[^\s(]+/u.exec(answer)?.[0];
      const description = question.includes(":") ? question.slice(question.indexOf(":") + 1).trim() : null;
      if (path === undefined || (description === null ? symbol === null : !enough(description))) return [];
      return [{ task, question, files: [path], description, symbol: description === null ? symbol : null }];
    }
    if (own === undefined) return [];
    if (task === "explain") {
      // Some are asked of "this function": they name nothing.
      return symbol === null ? [] : [{ task, question, files: [own], description: answer, symbol }];
    }
    const description = task === "summary" ? answer : question.slice(question.search(/[:?] /u) + 2).trim();
    if (!enough(description)) return [];
    // "Which function in this file …": the file is what is looked for.
    return [{ task, question: description, files: [own], description, symbol: null }];
  });
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
const enough = (description: string): boolean => wordsOf(description).length >= LEAST_DESCRIPTION_WORDS;

/** Evenly over the list, which is in the order of files. */
function spread<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return items.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step));
}

function cutDescription(files: SourceFile[], paths: readonly string[], description: string): void {
  for (const [at, file] of files.entries())
    if (paths.includes(file.path)) files[at] = { ...file, text: withoutDescription(file.text, description) };
}

/** Words that must stand there in a row; the first one is left out, for the corpus inflects it ("Return" > "Returns"). */
const MOST_COMPARED = 7;

const comparedWords = (description: string): string[] => wordsOf(description).slice(1, 1 + MOST_COMPARED);

export function withoutDescription(text: string, description: string): string {
  const wanted = comparedWords(description);
  let rest = text;
  for (let round = 0; round < 8; round += 1) {
    const found = placeOf(rest, wanted);
    if (found === null) return rest;
    const [from, to] = commentAround(rest, found);
    rest = `${rest.slice(0, from)}${rest.slice(to)}`;
  }
  return rest;
}

function placeOf(text: string, wanted: readonly string[]): [number, number] | null {
  const words = [...text.matchAll(/[\p{L}\p{N}_]+/gu)];
  for (let at = 0; at + wanted.length <= words.length; at += 1) {
    if (!wanted.every((word, k) => words[at + k]?.[0].toLowerCase() === word)) continue;
    const last = words[at + wanted.length - 1];
    return [words[at]?.index ?? 0, (last?.index ?? 0) + (last?.[0].length ?? 0)];
  }
  return null;
}

/** The whole block comment, docstring or run of comment lines in which a place lies. */
function commentAround(text: string, [from, to]: readonly [number, number]): [number, number] {
  const open = text.lastIndexOf("/*", from);
  const close = text.indexOf("*/", to);
  if (open > text.lastIndexOf("*/", from) && close >= 0) return [open, close + 2];
  for (const quotes of ['"""', "'''"]) {
    const before = text.slice(0, from).split(quotes).length - 1;
    const end = text.indexOf(quotes, to);
    if (before % 2 === 1 && end >= 0) return [text.lastIndexOf(quotes, from), end + 3];
  }
  const isComment = (line: string): boolean => /^\s*(?:\/\/|#|\*|--|;)/u.test(line);
  let start = text.lastIndexOf("\n", from) + 1;
  let end = text.indexOf("\n", to);
  if (end < 0) end = text.length;
  if (!isComment(text.slice(start, end))) return [from, to];
  for (;;) {
    const before = text.lastIndexOf("\n", start - 2) + 1;
    if (start === 0 || !isComment(text.slice(before, start))) break;
    start = before;
  }
  for (;;) {
    const next = text.indexOf("\n", end + 1) < 0 ? text.length : text.indexOf("\n", end + 1);
    if (end >= text.length || !isComment(text.slice(end + 1, next))) break;
    end = next;
  }
  return [start, end];
}
