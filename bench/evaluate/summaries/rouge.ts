/**
 * ROUGE-1, ROUGE-2 and ROUGE-L as F1 (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"), and the share
 * of a reference's names and terms that a summary holds. Words are runs of letters and digits in lower case, not stemmed,
 * nothing left out; ROUGE-L is the longest common subsequence of the two texts as wholes.
 * Pure. Does not know: which systems are compared.
 */
export interface RougeScores {
  readonly rouge1: number;
  readonly rouge2: number;
  readonly rougeL: number;
}

export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Of several references the best score of each measure counts. All 0 when a side has no words. */
export function rouge(summary: string, references: readonly string[]): RougeScores {
  const system = wordsOf(summary);
  const each = references.map((reference) => {
    const human = wordsOf(reference);
    return {
      rouge1: overlapF1(system, human, 1),
      rouge2: overlapF1(system, human, 2),
      rougeL: f1(longestCommonSubsequence(system, human), system.length, human.length),
    };
  });
  return {
    rouge1: Math.max(0, ...each.map(({ rouge1 }) => rouge1)),
    rouge2: Math.max(0, ...each.map(({ rouge2 }) => rouge2)),
    rougeL: Math.max(0, ...each.map(({ rougeL }) => rougeL)),
  };
}

function f1(shared: number, system: number, human: number): number {
  return shared === 0 ? 0 : (2 * shared) / (system + human);
}

/** Each n-gram counts as often as it stands in both. */
function overlapF1(system: readonly string[], human: readonly string[], n: number): number {
  const counts = new Map<string, number>();
  const grams = (words: readonly string[]): string[] =>
    words.slice(n - 1).map((_, i) => words.slice(i, i + n).join(" "));
  for (const gram of grams(human)) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  let shared = 0;
  for (const gram of grams(system)) {
    const left = counts.get(gram) ?? 0;
    if (left === 0) continue;
    shared += 1;
    counts.set(gram, left - 1);
  }
  return f1(shared, Math.max(0, system.length - n + 1), Math.max(0, human.length - n + 1));
}

export function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  let above = new Uint32Array(b.length + 1);
  for (const word of a) {
    const row = new Uint32Array(b.length + 1);
    for (let at = 1; at <= b.length; at += 1)
      row[at] = word === b[at - 1] ? (above[at - 1] ?? 0) + 1 : Math.max(above[at] ?? 0, row[at - 1] ?? 0);
    above = row;
  }
  return above[b.length] ?? 0;
}

const SENTENCE_START = /(?:^|[.!?:;•\n]["”’')\]]*\s+|^\s*[-*\d.)]+\s*)["“‘'(]*$/u;

/**
 * Names and terms of a text in lower case: words with a capital inside a sentence, and words of capitals anywhere.
 * "I" and words that begin a sentence do not count.
 */
export function namesOf(text: string): Set<string> {
  const names = new Set<string>();
  for (const { 0: word, index } of text.matchAll(/\p{Lu}[\p{L}\p{N}]*/gu)) {
    if (/[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, index - 1), index)) || word === "I") continue;
    const isAcronym = /^\p{Lu}[\p{Lu}\p{N}]+$/u.test(word);
    if (isAcronym || !SENTENCE_START.test(text.slice(Math.max(0, index - 12), index))) names.add(word.toLowerCase());
  }
  return names;
}

/** Share of the references' names that stand in the summary as words; null when the references name nothing. */
export function nameCoverage(summary: string, references: readonly string[]): number | null {
  const names = new Set(references.flatMap((reference) => [...namesOf(reference)]));
  if (names.size === 0) return null;
  const said = new Set(wordsOf(summary));
  return [...names].filter((name) => said.has(name)).length / names.size;
}

/** The first `most` words of a text, with what stands between them. */
export function cutToWords(text: string, most: number): string {
  let count = 0;
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    count += 1;
    if (count === most) return text.slice(0, index + word.length);
  }
  return text;
}
