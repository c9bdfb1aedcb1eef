/**
 * Writes engine/summarizing/common-words.ts: the commonest English word stems by how often they stand in general text.
 *   node bench/evaluate/summaries/common-words.ts [--books <books.jsonl.xz>] [--docs <docs.jsonl.xz>]
 * Counts half novels and essays, half manuals and standards, of the shared corpus. Textbooks are left out: their section
 * summaries are part of what summaries are measured with.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { visitTokens } from "../../../engine/retrieval/search-tokenizer.ts";
import { readPackedLines } from "./read-packed.ts";

const CHARACTERS_PER_TEXT = 400_000;
const KEPT = 4_000;

const { values } = parseArgs({
  options: {
    books: { type: "string", default: "/work/shared/corpus/books.jsonl.xz" },
    docs: { type: "string", default: "/work/shared/corpus/docs.jsonl.xz" },
  },
});

/** Share of each stem among the words of a corpus file; a single text counts with its beginning. */
function shares(file: string): Map<string, number> {
  const counts = new Map<string, number>();
  let total = 0;
  for (const line of readPackedLines(file)) {
    const row: { readonly source: string; readonly text: string } = JSON.parse(line);
    if (row.source.startsWith("openstax/")) continue;
    visitTokens(row.text.slice(0, CHARACTERS_PER_TEXT), (term, _form, _start, _end, _position, kind) => {
      if (kind !== "word" || !/^[a-z]+$/u.test(term)) return;
      counts.set(term, (counts.get(term) ?? 0) + 1);
      total += 1;
    });
  }
  return new Map([...counts].map(([term, count]) => [term, count / total]));
}

const files = [shares(values.books), shares(values.docs)];
const mean = new Map<string, number>();
for (const part of files)
  for (const [term, share] of part) mean.set(term, (mean.get(term) ?? 0) + share / files.length);
const common = [...mean].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, KEPT);

/** Words of about the same share, halved with every bucket. */
const buckets = new Map<number, string[]>();
for (const [term, share] of common) {
  const bucket = Math.floor(-Math.log2(share));
  buckets.set(bucket, [...(buckets.get(bucket) ?? []), term]);
}
const lines = [...buckets].map(([bucket, terms]) => `  [${bucket}, "${terms.toSorted().join(" ")}"],`);
writeFileSync(
  "engine/summarizing/common-words.ts",
  [
    "/**",
    ` * The ${KEPT.toLocaleString("en")} commonest English stems by their share of general text (novels, essays, manuals, standards).`,
    " * Written by bench/evaluate/summaries/common-words.ts; do not edit. A bucket n holds shares from 2^-n-1 to 2^-n.",
    " */",
    "export const COMMON_WORDS: readonly (readonly [number, string])[] = [",
    ...lines,
    "];",
    "",
  ].join("\n"),
);
