/**
 * The figures of the evaluation, each with its 95 % interval over questions, and the difference to the peer.
 * Owns: which questions a figure is about and how marks become one number. Does not know: how marks or tables are made.
 */
import type { QuestionMarks } from "./marks.ts";
import { auroc, aurocWithin, bootstrap, mean, quantile, share } from "./statistics.ts";
import type { Interval } from "./statistics.ts";
import type { QuestionKind } from "./test-set.ts";

type Kinds = readonly QuestionKind[];
const FOUND: Kinds = ["place", "two"];
const JUDGED: Kinds = ["place", "two", "none"];

export interface Figure {
  readonly key: string;
  readonly label: string;
  /** Kinds of questions that it is about. */
  readonly kinds: Kinds;
  /** "count" figures are numbers, all others shares. */
  readonly unit: "share" | "count";
  readonly of: (marks: readonly QuestionMarks[]) => number;
}

const within = (k: number) => (marks: readonly QuestionMarks[]) => share(marks, (mark) => mark.evidenceRank <= k);

/** Of the refused, the share that has no answer; of those without one, the share refused. */
function refusals(marks: readonly QuestionMarks[]): { precision: number; recall: number; f1: number } {
  const refused = marks.filter((mark) => mark.refused);
  const none = marks.filter((mark) => mark.kind === "none");
  const right = refused.filter((mark) => mark.kind === "none").length;
  const both = refused.length + none.length;
  return {
    precision: refused.length === 0 ? NaN : right / refused.length,
    recall: none.length === 0 ? NaN : right / none.length,
    f1: none.length === 0 ? NaN : (2 * right) / both,
  };
}

function supportArea(marks: readonly QuestionMarks[]): number {
  const scored = marks.flatMap(({ support, kind }) =>
    support === null ? [] : [{ score: support, isPositive: kind !== "none" }],
  );
  return scored.length < marks.length ? NaN : auroc(scored);
}

/** Words by which questions count as equally long. */
const LENGTH_STEP = 3;

/** Only questions of about one length beside each other: unanswerable ones are shorter, as people write them. */
function supportAreaWithin(marks: readonly QuestionMarks[]): number {
  const scored = marks.flatMap(({ support, kind, questionWords }) =>
    support === null
      ? []
      : [{ score: support, isPositive: kind !== "none", length: Math.round(questionWords / LENGTH_STEP) }],
  );
  return scored.length < marks.length ? NaN : aurocWithin(scored, ({ length }) => length);
}

/** What is missing counts 0, unless the system never gives it. */
function meanOrNone(marks: readonly QuestionMarks[], part: (mark: QuestionMarks) => number | null): number {
  return marks.every((mark) => part(mark) === null) ? NaN : mean(marks.map((mark) => part(mark) ?? 0));
}

function rightPlaces(marks: readonly QuestionMarks[]): number {
  const places = marks.reduce((sum, mark) => sum + mark.places, 0);
  return places === 0 ? NaN : marks.reduce((sum, mark) => sum + mark.rightPlaces, 0) / places;
}

export const FIGURES: readonly Figure[] = [
  { key: "evidence1", label: "evidence @1", kinds: FOUND, unit: "share", of: within(1) },
  { key: "evidence3", label: "@3", kinds: FOUND, unit: "share", of: within(3) },
  { key: "evidence8", label: "@8", kinds: FOUND, unit: "share", of: within(8) },
  {
    key: "touched8",
    label: "touched @8",
    kinds: FOUND,
    unit: "share",
    of: (marks) => share(marks, ({ touchedRank }) => touchedRank <= 8),
  },
  {
    key: "precision3",
    label: "precision of first 3",
    kinds: FOUND,
    unit: "share",
    of: (marks) => mean(marks.map(({ precision }) => precision)),
  },
  {
    key: "precisionApart",
    label: "of first 3 apart",
    kinds: FOUND,
    unit: "share",
    of: (marks) => mean(marks.map(({ precisionApart }) => precisionApart)),
  },
  {
    key: "precisionQuoted",
    label: "of those quoted in the answer",
    kinds: FOUND,
    unit: "share",
    of: (marks) => meanOrNone(marks, ({ precisionQuoted }) => precisionQuoted),
  },
  {
    key: "quoted",
    label: "quoted",
    kinds: FOUND,
    unit: "count",
    of: (marks) => meanOrNone(marks, ({ precisionQuoted, quoted }) => (precisionQuoted === null ? null : quoted)),
  },
  {
    key: "answerFound",
    label: "answer found",
    kinds: FOUND,
    unit: "share",
    of: (marks) => share(marks, ({ answerFound }) => answerFound),
  },
  {
    key: "spanF1",
    label: "span F1",
    kinds: ["place"],
    unit: "share",
    of: (marks) => meanOrNone(marks, ({ spanF1 }) => spanF1),
  },
  {
    key: "spanExact",
    label: "span exact",
    kinds: ["place"],
    unit: "share",
    of: (marks) => meanOrNone(marks, ({ spanExact }) => spanExact),
  },
  { key: "rightPlace", label: "right page", kinds: ["place", "two", "none", "whole"], unit: "share", of: rightPlaces },
  {
    key: "refusalPrecision",
    label: "refusal precision",
    kinds: JUDGED,
    unit: "share",
    of: (marks) => refusals(marks).precision,
  },
  { key: "refusalRecall", label: "recall", kinds: JUDGED, unit: "share", of: (marks) => refusals(marks).recall },
  { key: "refusalF1", label: "F1", kinds: JUDGED, unit: "share", of: (marks) => refusals(marks).f1 },
  { key: "auroc", label: "AUROC", kinds: JUDGED, unit: "share", of: supportArea },
  { key: "aurocWithin", label: "AUROC, same length", kinds: JUDGED, unit: "share", of: supportAreaWithin },
  {
    key: "facts",
    label: "facts covered",
    kinds: ["whole"],
    unit: "share",
    of: (marks) => mean(marks.map(({ facts }) => facts)),
  },
  {
    key: "wholeRefused",
    label: "refused",
    kinds: ["whole"],
    unit: "share",
    of: (marks) => share(marks, ({ refused }) => refused),
  },
  {
    key: "wholeCitations",
    label: "citations",
    kinds: ["whole"],
    unit: "count",
    of: (marks) => mean(marks.map(({ citations }) => citations)),
  },
  {
    key: "wholeCitedWords",
    label: "words cited",
    kinds: ["whole"],
    unit: "count",
    of: (marks) => mean(marks.map(({ citedWords }) => citedWords)),
  },
];

/** One way of answering over one group of questions (all, or those of one document). */
export interface Row {
  readonly system: string;
  readonly group: string;
  readonly questions: number;
  readonly figures: Readonly<Record<string, Interval>>;
  /** To the peer, question by question; null for the peer itself and where it was not asked. */
  readonly differences: Readonly<Record<string, Interval>> | null;
  readonly meanMs: number;
  readonly p95Ms: number;
}

export function rowOf(
  system: string,
  group: string,
  marks: readonly QuestionMarks[],
  peer: readonly QuestionMarks[] | null,
): Row {
  const figures: Record<string, Interval> = {};
  const differences: Record<string, Interval> = {};
  const pairs = pair(marks, peer ?? []);
  for (const figure of FIGURES) {
    const about = marks.filter(({ kind }) => figure.kinds.includes(kind));
    if (about.length === 0) continue;
    figures[figure.key] = bootstrap(about, figure.of);
    const both = pairs.filter(([{ kind }]) => figure.kinds.includes(kind));
    if (both.length === about.length) differences[figure.key] = differenceOf(both, figure);
  }
  const times = marks.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return {
    system,
    group,
    questions: marks.length,
    figures,
    differences: peer === null ? null : differences,
    meanMs: mean(times),
    p95Ms: quantile(times, 0.95),
  };
}

type Pair = readonly [own: QuestionMarks, peer: QuestionMarks];

function pair(own: readonly QuestionMarks[], peer: readonly QuestionMarks[]): Pair[] {
  const byId = new Map(peer.map((mark) => [mark.id, mark]));
  return own.flatMap((mark) => {
    const other = byId.get(mark.id);
    return other === undefined ? [] : [[mark, other] as const];
  });
}

function differenceOf(pairs: readonly Pair[], figure: Figure): Interval {
  return bootstrap(pairs, (drawn) => figure.of(drawn.map(([own]) => own)) - figure.of(drawn.map(([, other]) => other)));
}
