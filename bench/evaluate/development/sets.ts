/**
 * The development sets: questions about documents of the corpus (novels, a memoir, chapters of textbooks, a manual, a
 * specification), on which routes, weights and thresholds are tuned; the test set (bench/evaluate/questions) never is.
 * All of them serve the fit of fusion (bench/evaluate/fusion) but two, sign-of-four and great-war, which hold
 * whole-document questions only: these were looked at while the route over the whole was made, and no weight is fitted
 * on them. Some are held out from every training (`HELD_OUT`).
 * Owns: their shape, how they are read, and how a document of the corpus becomes a file that Longleaf can parse.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { corpusFolders } from "../corpus-folders.ts";

/** Sets over documents that no model was trained on (training/corpus.py, TUNED_ON). */
export const HELD_OUT: readonly string[] = [
  "celtic-twilight",
  "khyber-rifles",
  "nodejs-stream",
  "sleeper-awakes",
  "the-pit",
  "tupper",
  "typhoon",
  "world-history",
];

export const developmentQuestion = z.object({
  id: z.string(),
  /** One place, two places, none in the document, or facts spread over all of it. */
  kind: z.enum(["place", "two", "none", "whole"]),
  question: z.string(),
  answer: z.string(),
  accept: z.array(z.string()),
  /** Needed places; of each, any one of the passages proves it. */
  evidence: z.array(z.array(z.string())),
  pages: z.array(z.number().int()),
});
export type DevelopmentQuestion = z.infer<typeof developmentQuestion>;

const developmentSet = z.object({
  document: z.object({ corpusFile: z.string(), id: z.string() }),
  questions: z.array(developmentQuestion),
});

export interface DevelopmentSet {
  readonly name: string;
  /** A book: told, not set out under headings. Rules may not hold for the one kind at the cost of the other. */
  readonly isBook: boolean;
  /** Markdown: the title, then the corpus row's text. */
  readonly text: string;
  readonly questions: readonly DevelopmentQuestion[];
}

/** Every set in this folder with its text. Throws when a corpus file is not there; needs `xz` on the path. */
export function readDevelopmentSets(only?: string): DevelopmentSet[] {
  const names = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -5));
  const sets = names
    .filter((name) => only === undefined || name.includes(only))
    .map((name) => {
      const json: unknown = JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), "utf8"));
      return { name, ...developmentSet.parse(json) };
    });
  // Unpacking a corpus file takes longer than all else here: each is unpacked once.
  const texts = new Map<string, string>();
  for (const [corpusFile, own] of Map.groupBy(sets, ({ document }) => document.corpusFile)) {
    const ids = own.map(({ document }) => document.id);
    for (const [id, text] of corpusTexts(corpusFile, ids)) texts.set(id, text);
  }
  return sets.map(({ name, document, questions }) => {
    const text = texts.get(document.id);
    if (text === undefined) throw new Error(`${document.id} is not in ${document.corpusFile}`);
    return { name, isBook: document.corpusFile.startsWith("books"), text, questions };
  });
}

const corpusRow = z.object({ id: z.string(), title: z.string(), text: z.string() });

function corpusTexts(corpusFile: string, ids: readonly string[]): Map<string, string> {
  const folder = corpusFolders().find((path) => existsSync(join(path, corpusFile)));
  if (folder === undefined) throw new Error(`${corpusFile} is in none of the corpus folders (set LONGLEAF_CORPUS)`);
  const all = execFileSync("xz", ["-dc", join(folder, corpusFile)], { encoding: "utf8", maxBuffer: 1 << 30 });
  const texts = new Map<string, string>();
  for (const line of all.split("\n")) {
    // Other rows are not worth parsing; the id is the first thing in a row.
    const id = ids.find((one) => line.slice(0, one.length + 40).includes(JSON.stringify(one)));
    if (id === undefined) continue;
    const row = corpusRow.parse(JSON.parse(line));
    if (row.id === id) texts.set(id, `# ${row.title}\n\n${row.text}\n`);
  }
  return texts;
}
