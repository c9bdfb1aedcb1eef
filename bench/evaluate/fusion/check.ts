/**
 * What a fit is worth on documents that it has not seen: each fourth of the documents is checked with the fit of the
 * other three. Tables by document and by step, each step with what it adds to the one before.
 * Owns: folds, figures, tables. Does not know: how fits are made.
 */
import { supportOdds } from "../../../engine/answering/decide.ts";
import { chanceOfAny, placesWorthCiting, placesWorthQuoting } from "../../../engine/answering/find.ts";
import { probabilityOf } from "../../../engine/answering/ranking/regression.ts";
import { auroc, aurocWithin, bootstrap, mean, type Interval } from "../statistics.ts";
import type { Collected, Group } from "./collect.ts";
import { fitAll, isAnswered, lengthOf, order, thresholdsOf, type Fit, type SeenWay, type Thresholds } from "./fit.ts";

const FOLDS = 4;

export const WAYS: Readonly<Record<SeenWay, string>> = {
  ordered: "Search's own order",
  searched: "+ its parts, and the sentences (what is used without the reader)",
  read: "+ the reader",
};

export interface Checked {
  readonly document: string;
  readonly group: Group;
  readonly answered: boolean;
  readonly holds: readonly boolean[];
  readonly probabilities: readonly number[];
  readonly support: number;
  /** Of the question, in words of substance. */
  readonly length: number;
  /** With the thresholds of the same fit: it is refused; it is sure that the text answers. */
  readonly refused: boolean;
  readonly sure: boolean;
}

/** All questions in one order, whatever the way, so that two ways can be compared question by question. */
export function checkFolds(all: readonly Collected[], way: SeenWay, balanced = true): Checked[] {
  const documents = [...new Set(all.map(({ document }) => document))];
  const foldOf = ({ document }: Collected): number => documents.indexOf(document) % FOLDS;
  const fits = Array.from({ length: FOLDS }, (_, fold) => {
    const others = all.filter((one) => foldOf(one) !== fold);
    const fit = fitAll(others, way, balanced);
    return { fit, thresholds: thresholdsOf(others, fit, way, balanced) };
  });
  return all.flatMap((one) => {
    const fitted = fits[foldOf(one)];
    return fitted === undefined ? [] : [checkedOf(one, fitted, way)];
  });
}

function checkedOf(
  one: Collected,
  { fit, thresholds }: { readonly fit: Fit; readonly thresholds: Thresholds },
  way: SeenWay,
): Checked {
  const { holds, probabilities, support } = order(one, fit, way);
  const logOdds = supportOdds(fit.support, support);
  return {
    document: one.document,
    group: one.group,
    answered: isAnswered(one),
    holds,
    probabilities,
    support: logOdds,
    length: lengthOf(one),
    refused: probabilityOf(logOdds) < thresholds.leastSupport,
    sure: probabilityOf(logOdds) >= thresholds.statedSupport,
  };
}

type Figure = (checked: readonly Checked[]) => number;

const within =
  (k: number): Figure =>
  (checked) =>
    mean(checked.filter(({ answered }) => answered).map(({ holds }) => (holds.slice(0, k).includes(true) ? 1 : 0)));

const precise: Figure = (checked) =>
  mean(checked.filter(({ answered }) => answered).map(({ holds }) => holds.slice(0, 3).filter(Boolean).length / 3));

/** Among questions of one length: that shorter questions have no answer is a habit of those who write them. */
const areaWithin: Figure = (checked) =>
  aurocWithin(
    checked.map(({ support, answered, length }) => ({ score: support, isPositive: answered, length })),
    ({ length }) => length,
  );

const area: Figure = (checked) =>
  auroc(checked.map(({ support, answered }) => ({ score: support, isPositive: answered })));

const figuresOf = (checked: readonly Checked[]): string[] => [
  String(checked.length),
  ...[within(1), within(3), within(8), precise, area, areaWithin].map((figure) => figure(checked).toFixed(3)),
];

const differenceOf = (before: readonly Checked[], after: readonly Checked[], figure: Figure): Interval => {
  const pairs = after.flatMap((one, at) => {
    const other = before[at];
    return other === undefined ? [] : [{ one, other }];
  });
  return bootstrap(pairs, (drawn) => figure(drawn.map(({ one }) => one)) - figure(drawn.map(({ other }) => other)));
};

const interval = ({ value, low, high }: Interval): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
const signed = (difference: Interval): string => `${difference.value >= 0 ? "+" : ""}${interval(difference)}`;

export function printDocuments(checked: readonly Checked[], way: SeenWay): void {
  console.log(`\n## ${WAYS[way]}\n`);
  console.log("| fitted on others, checked on | questions | @1 | @3 | @8 | first three | AUROC | same length |");
  console.log("|---|---|---|---|---|---|---|---|");
  for (const [document, own] of Map.groupBy(checked, (one) => one.document))
    console.log(`| ${document} | ${figuresOf(own).join(" | ")} |`);
}

/** What each step adds to the one before it, with 95 % intervals over questions; steps by the names that they are shown under. */
export function printSteps(title: string, checked: Steps): void {
  console.log(`\n## ${title}\n`);
  console.log(
    "| | questions | @1 | @3 | @8 | first three | AUROC | same length | @1 over the row before | @8 | same length |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|---|");
  let before: readonly Checked[] | null = null;
  for (const [name, list] of checked) {
    const last = before;
    const cells = [within(1), within(8), areaWithin].map((figure) =>
      last === null ? "" : signed(differenceOf(last, list, figure)),
    );
    console.log(`| ${name} | ${[...figuresOf(list), ...cells].join(" | ")} |`);
    before = list;
  }
}

export type Steps = ReadonlyMap<string, readonly Checked[]>;

export const only = (checked: Steps, isWanted: (one: Checked) => boolean): Steps =>
  new Map([...checked].map(([name, list]) => [name, list.filter(isWanted)]));

/** Words of substance of a short question. */
const SHORT = 4;

/** How many are refused, of questions with an answer and without one, by kind of document; and of short ones. */
export function printRefusals(title: string, checked: readonly Checked[]): void {
  console.log(`\n## ${title}\n`);
  console.log(
    "| | with an answer | refused | without | refused | AUROC | same length |\n|---|---|---|---|---|---|---|",
  );
  const groups = new Map<string, readonly Checked[]>(Map.groupBy(checked, ({ group }) => group));
  const short = [...groups].map(([group, own]): [string, readonly Checked[]] => [
    `${group}, at most ${SHORT} words`,
    own.filter(({ length }) => length <= SHORT),
  ]);
  for (const [group, own] of [...groups, ...short]) {
    const cells = [true, false].flatMap((answered) => {
      const list = own.filter((one) => one.answered === answered);
      return [
        String(list.length),
        interval(bootstrap(list, (drawn) => mean(drawn.map(({ refused }) => Number(refused))))),
      ];
    });
    for (const figure of [area, areaWithin]) cells.push(interval(bootstrap(own, figure)));
    console.log(`| ${group} | ${cells.join(" | ")} |`);
  }
}

/** What is lost and won when places stop being cited once the evidence is likely to be among those before. */
export function printCitationCounts(checked: readonly Checked[]): void {
  console.log("\n## How many places to cite: until one of them is likely enough to hold the evidence\n");
  console.log("| left to chance | places | @8 | of the first three shown, to the point |");
  console.log("|---|---|---|---|");
  for (const left of [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5]) {
    const shown = checked
      .filter(({ answered }) => answered)
      .map(({ holds, probabilities }) => holds.slice(0, placesWorthCiting(probabilities, left)));
    const places = mean(shown.map(({ length }) => length));
    const found = mean(shown.map((holds) => (holds.includes(true) ? 1 : 0)));
    const right = mean(
      shown.map((holds) => holds.slice(0, 3).filter(Boolean).length / Math.max(1, Math.min(3, holds.length))),
    );
    console.log(`| ${left} | ${[places, found, right].map((value) => value.toFixed(3)).join(" | ")} |`);
  }
}

/** How many of the cited places stand in the answer itself: those nearly as likely as the best one. */
export function printQuotedCounts(checked: readonly Checked[]): void {
  console.log("\n## How many places to quote: those with at least this share of the best one's probability\n");
  console.log("| share | places | the evidence among them | to the point |");
  console.log("|---|---|---|---|");
  for (const share of [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1]) {
    const quoted = checked
      .filter(({ answered }) => answered)
      .map(({ holds, probabilities }) => holds.slice(0, placesWorthQuoting(probabilities, share)));
    const places = mean(quoted.map(({ length }) => length));
    const found = mean(quoted.map((holds) => (holds.includes(true) ? 1 : 0)));
    const right = mean(quoted.map((holds) => holds.filter(Boolean).length / Math.max(1, holds.length)));
    console.log(`| ${share} | ${[places, found, right].map((value) => value.toFixed(3)).join(" | ")} |`);
  }
}

/** When "stated" is said: the text surely answers, and the quoted places are at least this likely to hold it. */
export function printStatedCounts(checked: readonly Checked[]): void {
  console.log(
    "\n## When an answer is called stated: surely answered, and the quoted places at least so likely to hold it\n",
  );
  console.log("| likely | called stated | answerable | the evidence is quoted |");
  console.log("|---|---|---|---|");
  for (const least of [0, 0.5, 0.6, 0.7, 0.75, 0.8]) {
    const stated = checked.flatMap(({ sure, answered, holds, probabilities }) => {
      const places = placesWorthQuoting(probabilities);
      if (!sure || chanceOfAny(probabilities.slice(0, places)) < least) return [];
      return [{ answered, isQuoted: answered && holds.slice(0, places).includes(true) }];
    });
    const answerable = mean(stated.map(({ answered }) => Number(answered)));
    const quoted = mean(stated.map(({ isQuoted }) => Number(isQuoted)));
    const share = stated.length / Math.max(1, checked.length);
    console.log(`| ${least} | ${[share, answerable, quoted].map((value) => value.toFixed(3)).join(" | ")} |`);
  }
}
