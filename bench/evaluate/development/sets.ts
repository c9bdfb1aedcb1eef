/**
 * The development sets: questions about four documents of the corpus (two stories, a chapter of a textbook, a
 * specification), on which routes and weights may be tuned; the test set (bench/evaluate/questions) never is. Two more
 * (sign-of-four, great-war) hold whole-document questions only; no weight was chosen on them.
 * Owns: their shape, how they are read, and how a document of the corpus becomes a file that Longleaf can parse.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { corpusFolders } from "../corpus-folders.ts";

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
  /** Markdown: the title, then the corpus row's text. */
  readonly text: string;
  readonly questions: readonly DevelopmentQuestion[];
}

/** Every set in this folder with its text. Throws when a corpus file is not there; needs `xz` on the path. */
export function readDevelopmentSets(only?: string): DevelopmentSet[] {
  const names = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -5));
  return names
    .filter((name) => only === undefined || name.includes(only))
    .map((name) => {
      const json: unknown = JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), "utf8"));
      const { document, questions } = developmentSet.parse(json);
      return { name, text: corpusText(document.corpusFile, document.id), questions };
    });
}

const corpusRow = z.object({ id: z.string(), title: z.string(), text: z.string() });

function corpusText(corpusFile: string, id: string): string {
  const folder = corpusFolders().find((path) => existsSync(join(path, corpusFile)));
  if (folder === undefined) throw new Error(`${corpusFile} is in none of the corpus folders (set LONGLEAF_CORPUS)`);
  const all = execFileSync("xz", ["-dc", join(folder, corpusFile)], { encoding: "utf8", maxBuffer: 1 << 30 });
  for (const line of all.split("\n")) {
    // Other rows are not worth parsing; the id is the first thing in a row.
    if (!line.slice(0, id.length + 40).includes(JSON.stringify(id))) continue;
    const row = corpusRow.parse(JSON.parse(line));
    if (row.id === id) return `# ${row.title}\n\n${row.text}\n`;
  }
  throw new Error(`${id} is not in ${corpusFile}`);
}
