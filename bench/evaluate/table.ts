/** Prints the evaluation as tables that the README can quote. Knows nothing about how figures came about. */
import type { Summary } from "./measure.ts";

const percent = (value: number): string => (value * 100).toFixed(1);

export function printSummaries(title: string, summaries: readonly Summary[]): void {
  console.log(`\n## ${title}\n`);
  console.log(
    "| | questions | evidence @1 | @3 | @8 | precision of first 3 | answer contains | right place | refusals: precision | recall | answered | longest citation | ms |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
  for (const row of summaries) {
    const cells = [
      row.evidence1,
      row.evidence3,
      row.evidence8,
      row.precision3,
      row.contains,
      row.rightPlace,
      row.refusalPrecision,
      row.refusalRecall,
      row.answeredShare,
    ].map(percent);
    console.log(
      `| ${row.name} | ${row.questions} | ${cells.join(" | ")} | ${row.longest} words | ${row.ms.toFixed(0)} |`,
    );
  }
}

export interface LikelihoodRow {
  readonly name: string;
  readonly questions: number;
  readonly nll: number;
  readonly memorySlots: number;
}

export function printLikelihoods(rows: readonly LikelihoodRow[]): void {
  console.log("\n## What the memory is worth to the model\n");
  console.log("Mean nats per token of the expected answer after the view; lower is better.\n");
  console.log("| view | questions | nats per token | memory slots |\n|---|---|---|---|");
  for (const row of rows)
    console.log(`| ${row.name} | ${row.questions} | ${row.nll.toFixed(4)} | ${row.memorySlots.toFixed(0)} |`);
}
