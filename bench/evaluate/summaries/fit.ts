/**
 * Fits the weights of engine/summarizing on the tuning half of the people's summaries, and writes weights.ts there.
 *   node bench/evaluate/summaries/fit.ts [--corpus <file> ...]
 * Terms: does the summary hold the term (logistic). Sentences: how much of the sentence stands in the summary: share of its
 * pairs of words, and a little of its words and of the longest common subsequence (linear). One set for each kind of text.
 * No document of the test is read.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { tokenizeForSearch } from "../../../engine/retrieval/search-tokenizer.ts";
import { countTerms, termFeatures, TERM_FEATURES, termImportance } from "../../../engine/summarizing/importance.ts";
import type { SentenceTable } from "../../../engine/summarizing/sentence-table.ts";
import { textKindOf, type TextKind } from "../../../engine/summarizing/text-kind.ts";
import { SENTENCE_FEATURES, SentenceWorth } from "../../../engine/summarizing/worth.ts";
import { withDocument } from "./documents.ts";
import { readHumanSummaries } from "./human-summaries.ts";
import { fitLinear, fitLogistic, type Sample } from "./regression.ts";
import { longestCommonSubsequence, wordsOf } from "./rouge.ts";

/** Every document counts the same, however many terms and sentences it has. */
const TERM_WEIGHT = 1_000;
const SENTENCE_WEIGHT = 100;
const RIDGE = 1;
const TARGET = { pairs: 1, words: 0.2, sequence: 0.2 };
const KINDS: readonly TextKind[] = ["talk", "story", "exposition"];

interface TuningDocument {
  readonly kind: TextKind;
  readonly table: SentenceTable;
  readonly sentences: readonly string[];
  readonly references: readonly string[];
}

const { values } = parseArgs({
  options: {
    corpus: {
      type: "string",
      multiple: true,
      default: ["/work/shared/corpus/sup-long.jsonl.xz", "/work/shared/corpus-more/sup-more.jsonl.xz"],
    },
  },
});

async function load(): Promise<TuningDocument[]> {
  const documents: TuningDocument[] = [];
  for (const document of readHumanSummaries(values.corpus)) {
    if (document.split !== "tuning") continue;
    documents.push(
      await withDocument(document, ({ reader: { table }, sentences }) => ({
        kind: textKindOf(table),
        table,
        sentences,
        references: document.references,
      })),
    );
  }
  return documents;
}

async function fitTerms(documents: readonly TuningDocument[]): Promise<number[]> {
  const samples: Sample[] = [];
  for (const { table, references } of documents) {
    const stretch = await countTerms(table, 0, table.length);
    const said = new Set(tokenizeForSearch(references.join(" ")).map(({ term }) => term));
    for (const count of stretch.counts.values()) {
      const target = said.has(table.term(count.id)) ? 1 : 0;
      samples.push({
        features: termFeatures(table, stretch, count),
        target,
        weight: TERM_WEIGHT / stretch.counts.size,
      });
    }
  }
  return fitLogistic(samples, RIDGE);
}

async function fitSentences(documents: readonly TuningDocument[], termWeights: readonly number[]): Promise<number[]> {
  const samples: Sample[] = [];
  for (const { table, sentences, references } of documents) {
    const stretch = await countTerms(table, 0, table.length);
    const worth = new SentenceWorth(table, stretch, termImportance(table, stretch, termWeights));
    const said = wordsOf(references.join(" "));
    sentences.forEach((sentence, i) => {
      // Short sentences hit or miss by chance.
      const weight = (SENTENCE_WEIGHT / table.length) * Math.min(1, table.words.at(i) / 20);
      samples.push({ features: worth.features(i), target: shareSaid(wordsOf(sentence), said), weight });
    });
  }
  return fitLinear(samples, RIDGE);
}

function shareSaid(words: readonly string[], said: readonly string[]): number {
  const pairsOf = (list: readonly string[]): string[] => list.slice(1).map((word, i) => `${list[i] ?? ""} ${word}`);
  const share = (items: readonly string[], of: readonly string[]): number => {
    const set = new Set(of);
    return items.filter((item) => set.has(item)).length / Math.max(1, items.length);
  };
  return (
    TARGET.pairs * share(pairsOf(words), pairsOf(said)) +
    TARGET.words * share(words, said) +
    (TARGET.sequence * longestCommonSubsequence(words, said)) / Math.max(1, words.length)
  );
}

const documents = await load();
const list = (names: readonly string[], weights: readonly number[]): string[] =>
  names.map((name, i) => `      ${(weights[i] ?? 0).toFixed(4)}, // ${name}`);
const lines: string[] = [];
for (const kind of KINDS) {
  const own = documents.filter((document) => document.kind === kind);
  const terms = await fitTerms(own);
  const sentences = await fitSentences(own, terms);
  lines.push(`  // ${own.length} documents`, `  ${kind}: {`);
  lines.push("    terms: [", ...list(TERM_FEATURES, terms), "    ],");
  lines.push("    sentences: [", ...list(SENTENCE_FEATURES, sentences), "    ],", "  },");
}
writeFileSync(
  "engine/summarizing/weights.ts",
  [
    "/**",
    " * What a summary mentions, as weights of features: by TERM_FEATURES (importance.ts) and SENTENCE_FEATURES (worth.ts).",
    " * Written by bench/evaluate/summaries/fit.ts from summaries by people; do not edit.",
    " */",
    'import type { StretchWeights } from "./rank.ts";',
    'import type { TextKind } from "./text-kind.ts";',
    "",
    "export const WEIGHTS: Readonly<Record<TextKind, StretchWeights>> = {",
    ...lines,
    "};",
    "",
  ].join("\n"),
);
