/**
 * `npm run evaluate`: how good are the answers? Prints tables (or JSON) for the sample book and the sample repository,
 * and with --corpus for books that nobody has seen.
 *   node bench/evaluate/main.ts [--quick] [--only book|repository] [--json] [--misses]
 *   node bench/evaluate/main.ts --corpus <sup-long.jsonl.xz> [--groups fairy/] [--words 65000] [--count 4] [--skip 0]
 * Owns: options and output. What is compared stands in samples-run.ts and corpus-run.ts.
 */
import { parseArgs } from "node:util";
import { evaluateCorpus } from "./corpus-run.ts";
import { evaluateSamples, SAMPLES } from "./samples-run.ts";
import type { SampleName, SampleResult } from "./samples-run.ts";
import { printLikelihoods, printSummaries } from "./table.ts";

const { values } = parseArgs({
  options: {
    /** Without reading into memory and without written answers: seconds instead of minutes. */
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    /** Also the ids of questions whose evidence was not found or that were judged wrongly. */
    misses: { type: "boolean", default: false },
    corpus: { type: "string" },
    groups: { type: "string", default: "fairy/" },
    words: { type: "string", default: "65000" },
    count: { type: "string", default: "4" },
    skip: { type: "string", default: "0" },
  },
});

async function main(): Promise<void> {
  if (values.corpus !== undefined) {
    const { groups } = values;
    const options = { groups, words: Number(values.words), count: Number(values.count), skip: Number(values.skip) };
    const summaries = await evaluateCorpus(values.corpus, options);
    if (values.json) console.log(JSON.stringify({ corpus: values.corpus, ...options, summaries }));
    else printSummaries(`Unseen texts: ${options.count} books of ${options.words} words from ${groups}`, summaries);
    return;
  }
  const names = (Object.keys(SAMPLES) as SampleName[]).filter(
    (name) => values.only === undefined || values.only === name,
  );
  const results = await evaluateSamples(names, { written: !values.quick });
  if (values.json) console.log(JSON.stringify({ results }));
  else for (const result of results) print(result);
}

function print({ sample, summaries, likelihoods, marks }: SampleResult): void {
  printSummaries(`Sample ${sample}`, summaries);
  if (likelihoods.length > 0) printLikelihoods(likelihoods);
  if (!values.misses) return;
  for (const [way, list] of Object.entries(marks)) {
    const missed = list.filter((mark) => mark.answerable && mark.evidenceRank === 0).map(({ id }) => id);
    const misjudged = list.filter((mark) => mark.answerable === mark.refused).map(({ id }) => id);
    console.log(
      `\n${way}\n  evidence not found: ${missed.join(" ")}\n  wrongly answered or refused: ${misjudged.join(" ")}`,
    );
  }
}

await main();
