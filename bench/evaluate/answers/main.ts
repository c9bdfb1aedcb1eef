/**
 * `npm run evaluate -- answers`: true answers over whole documents that nothing was tuned on.
 *   [--only DOCUMENT] [--kind place|two|none|whole] [--system NAME] [--json] [--misses] [--verbose]
 *   [--development]  the documents that rules may be tuned on instead of the test set; LONGLEAF_CORPUS names the corpus
 *   [--no-memory]    nothing is read into memory: quicker, without the row that says what the memory adds
 * Owns: options and output of this run.
 */
import { parseArgs } from "node:util";
import { wordsIn } from "../comparing.ts";
import { corpusFolders } from "../corpus-folders.ts";
import { layDownDevelopmentSet } from "../development-set.ts";
import { type DirectLibrary, openDirectLibrary } from "../direct.ts";
import { NO_MODEL, openModel } from "../language-model.ts";
import { askedOf } from "../marks.ts";
import { openReader } from "../reader.ts";
import { printMisses, printReport, reportOf } from "../report.ts";
import type { ImportedDocument } from "../report.ts";
import { askAll, searchAll } from "../run-systems.ts";
import type { GivenBySystem, RanksByRetriever } from "../run-systems.ts";
import { sourcePages } from "../source-pages.ts";
import { chooseSystems, RETRIEVERS } from "../systems.ts";
import type { System } from "../systems.ts";
import { questionKind, readTestSet } from "../test-set.ts";
import type { TestDocument } from "../test-set.ts";

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      kind: { type: "string" },
      /** Beside the peer, only systems whose name contains this. */
      system: { type: "string" },
      json: { type: "boolean", default: false },
      misses: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      development: { type: "boolean", default: false },
      "no-memory": { type: "boolean", default: false },
    },
  });
  if (values.development && corpusFolders().length === 0) {
    console.log("The development documents lie in the corpus, which is not here: set LONGLEAF_CORPUS to its folder.");
    return;
  }
  using development = values.development ? layDownDevelopmentSet() : null;
  const all = development?.documents ?? readTestSet();
  const kind = values.kind === undefined ? null : questionKind.parse(values.kind);
  const chosen = all
    .filter(({ name }) => values.only === undefined || values.only === name)
    .map((document) => ({
      ...document,
      questions: document.questions.filter((question) => kind === null || question.kind === kind),
    }));
  if (chosen.length === 0) throw new Error(`no such document; there are: ${all.map(({ name }) => name).join(", ")}`);
  await using reading = await openReader();
  await using language = values["no-memory"] ? NO_MODEL : await openModel();
  const [{ reader }, { model }] = [reading, language];
  const systems = chooseSystems({ reader: reader !== null, memory: model !== null }, values.system);
  const given: GivenBySystem = new Map();
  const ranks: RanksByRetriever = new Map();
  using library = openDirectLibrary(reader, model);
  const documents = await evaluate(chosen, library, systems, given, ranks);
  const report = reportOf(documents, given, ranks);
  const title = values.development ? "Development" : "Answers";
  if (values.json) {
    const marks = Object.fromEntries([...given].map(([name, list]) => [name, list.map((item) => item.marks)]));
    console.log(JSON.stringify({ ...report, marks }));
    return;
  }
  printReport(title, report);
  if (values.misses) printMisses(given, values.verbose);
}

async function evaluate(
  chosen: readonly TestDocument[],
  library: DirectLibrary,
  systems: readonly System[],
  given: GivenBySystem,
  ranks: RanksByRetriever,
): Promise<ImportedDocument[]> {
  const documents: ImportedDocument[] = [];
  for (const { name, path, questions } of chosen) {
    const began = performance.now();
    const id = await library.addPath(path);
    const importMs = performance.now() - began;
    await library.remember(id);
    const words = [...library.store.texts.parts(id)].reduce((sum, { text }) => sum + wordsIn(text), 0);
    documents.push({ name, words, importMs, questions: questions.length });
    const asked = questions.map((question) => askedOf(name, question));
    await askAll(library, id, asked, systems, await sourcePages(path), given);
    searchAll(library, id, asked, RETRIEVERS, ranks);
  }
  return documents;
}
