/**
 * `npm run evaluate`: the sample book and the sample repository.
 *   node bench/evaluate/main.ts [--quick] [--only book|repository] [--json] [--misses]
 * Owns: options and output. What is compared stands in samples-run.ts.
 */
import { parseArgs } from "node:util";
import { evaluateSamples, SAMPLES } from "./samples-run.ts";
import type { SampleName, SampleResult } from "./samples-run.ts";
import { printLikelihoods, printSummaries } from "./table.ts";

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      /** Without reading into memory and without written answers: seconds instead of minutes. */
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      json: { type: "boolean", default: false },
      /** Also the ids of questions whose evidence was not found or that were judged wrongly. */
      misses: { type: "boolean", default: false },
    },
  });
  const names = (Object.keys(SAMPLES) as SampleName[]).filter(
    (name) => values.only === undefined || values.only === name,
  );
  const results = await evaluateSamples(names, { written: !values.quick });
  if (values.json) console.log(JSON.stringify({ results }));
  else for (const result of results) print(result, values.misses);
}

function print({ sample, summaries, likelihoods, marks }: SampleResult, withMisses: boolean): void {
  printSummaries(`Sample ${sample}`, summaries);
  if (likelihoods.length > 0) printLikelihoods(likelihoods);
  if (!withMisses) return;
  for (const [way, list] of Object.entries(marks)) {
    const missed = list.filter((mark) => mark.answerable && mark.evidenceRank === 0).map(({ id }) => id);
    const misjudged = list.filter((mark) => mark.answerable === mark.refused).map(({ id }) => id);
    console.log(
      `\n${way}\n  evidence not found: ${missed.join(" ")}\n  wrongly answered or refused: ${misjudged.join(" ")}`,
    );
  }
}
