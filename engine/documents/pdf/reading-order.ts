/**
 * The reading order of a page: which runs make a line, and which lines a column.
 * A gutter is a stretch of x that runs leave free beside each other on many lines. Between lines that cross it, the
 * page falls into bands; in a band the left column is read before the right one. Cells of a table look like columns:
 * they are told apart by how full the lines are and by the order in which the maker wrote them.
 * Pure geometry in one frame. Knows nothing about paragraphs.
 */
import type { Run } from "./page-model.ts";
import { joinTexts } from "./page-runs.ts";
import { inReadingOrder } from "./right-to-left.ts";

/** One line of a column, before it is placed on the page. */
export interface RunLine {
  readonly runs: readonly Run[];
  readonly text: string;
  readonly column: number;
}

const MIN_COLUMN_LINES = 3;
const MAX_DEPTH = 4;
/** A page of more runs (a map, a hostile file) is read row by row: comparing neighbours would take too long. */
const MAX_RUNS = 6_000;
const MAX_INITIALS = 20;

/** Lines in reading order; `firstColumn` numbers the first column. */
export function orderRuns(runs: readonly Run[], firstColumn = 0): RunLine[] {
  const lines: RunLine[] = [];
  let column = firstColumn;
  for (const group of splitColumns(withDropCaps(withoutDoubles(runs)), 0)) {
    for (const row of group) lines.push({ runs: row, text: rowText(row), column });
    column += 1;
  }
  return lines;
}

type Row = Run[];

/** Groups of rows, one group a column, in reading order. */
function splitColumns(runs: readonly Run[], depth: number): Row[][] {
  const rows = toRows(runs);
  const gutter = depth < MAX_DEPTH ? findGutter(runs) : null;
  if (gutter === null) return rows.length === 0 ? [] : [rows];
  const groups: Row[][] = [];
  let wide: Row[] = [];
  const closeWide = (): void => {
    if (wide.length > 0) groups.push(wide);
    wide = [];
  };
  for (const band of toBands(rows, gutter)) {
    const left = band.rows.flat().filter((run) => middle(run) < gutter);
    const right = band.rows.flat().filter((run) => middle(run) >= gutter);
    if (band.isCrossing || !areColumns(left, right)) {
      wide.push(...band.rows);
      continue;
    }
    closeWide();
    groups.push(...splitColumns(left, depth + 1), ...splitColumns(right, depth + 1));
  }
  closeWide();
  return groups;
}

function middle(run: Run): number {
  return (run.x0 + run.x1) / 2;
}

/** Runs on one baseline, give or take half a line, make a row; rows from top to bottom, each from left to right. */
function toRows(runs: readonly Run[]): Row[] {
  const rows: Row[] = [];
  let row: Row = [];
  let baseline = 0;
  let size = 0;
  for (const run of runs.toSorted((one, other) => one.baseline - other.baseline || one.x0 - other.x0)) {
    if (row.length > 0 && run.baseline - baseline > 0.5 * Math.max(size, Math.min(run.size, size * 1.5))) {
      rows.push(row);
      row = [];
    }
    if (row.length === 0) {
      baseline = run.baseline;
      size = run.size;
    }
    size = Math.max(size, run.size);
    row.push(run);
  }
  if (row.length > 0) rows.push(row);
  for (const one of rows) one.sort((a, b) => a.x0 - b.x0);
  return rows;
}

/** The x at which most neighbours leave a gap, or null where too few do. */
function findGutter(runs: readonly Run[]): number | null {
  if (runs.length < 2 * MIN_COLUMN_LINES || runs.length > MAX_RUNS) return null;
  const sorted = runs.toSorted((one, other) => one.baseline - other.baseline);
  const start = Math.floor(Math.min(...runs.map((run) => run.x0)));
  const end = Math.ceil(Math.max(...runs.map((run) => run.x1)));
  if (!(end - start > 20) || end - start > 20_000) return null;
  const votes = new Uint32Array(end - start + 1);
  for (const [index, run] of sorted.entries()) {
    const next = nextToTheRight(sorted, index, run);
    if (next === null || next.x0 - run.x1 < Math.min(run.size, next.size) * 0.8) continue;
    for (let x = Math.ceil(run.x1) - start; x <= Math.floor(next.x0) - start; x += 1) votes[x] += 1;
  }
  const best = votes.reduce((most, count) => Math.max(most, count), 0);
  if (best < MIN_COLUMN_LINES) return null;
  const near = Math.max(MIN_COLUMN_LINES, best * 0.85);
  const from = votes.findIndex((count) => count >= near);
  let to = from;
  while (to + 1 < votes.length && votes[to + 1] >= near) to += 1;
  return start + (from + to) / 2;
}

/** The nearest run beside this one: it overlaps in height and begins further right. */
function nextToTheRight(sorted: readonly Run[], index: number, run: Run): Run | null {
  let nearest: Run | null = null;
  for (const step of [-1, 1]) {
    for (let at = index + step; at >= 0 && at < sorted.length; at += step) {
      const other = sorted[at];
      if (Math.abs(other.baseline - run.baseline) > run.size * 0.75) break;
      if (other.x0 >= run.x1 - 1 && (nearest === null || other.x0 < nearest.x0)) nearest = other;
    }
  }
  return nearest;
}

interface Band {
  readonly rows: Row[];
  readonly isCrossing: boolean;
}

/** Consecutive rows that all cross the gutter, or all do not. Short rows far below the columns leave the band. */
function toBands(rows: readonly Row[], gutter: number): Band[] {
  const bands: Band[] = [];
  for (const row of rows) {
    const isCrossing = row.some((run) => run.x0 < gutter - 1 && run.x1 > gutter + 1);
    const last = bands.at(-1);
    if (last === undefined || last.isCrossing !== isCrossing) bands.push({ rows: [row], isCrossing });
    else last.rows.push(row);
  }
  return bands.flatMap((band) => (band.isCrossing ? [band] : splitTail(band, gutter)));
}

function splitTail(band: Band, gutter: number): Band[] {
  const lastRight = band.rows.findLastIndex((row) => row.some((run) => middle(run) >= gutter));
  for (let at = lastRight + 1; at > 0 && at < band.rows.length; at += 1) {
    const [above, row] = [band.rows[at - 1][0], band.rows[at][0]];
    if (row.baseline - above.baseline > row.size * 2.2) {
      return [
        { rows: band.rows.slice(0, at), isCrossing: false },
        { rows: band.rows.slice(at), isCrossing: true },
      ];
    }
  }
  return [band];
}

/** Columns of prose, not cells of a table. */
function areColumns(left: readonly Run[], right: readonly Run[]): boolean {
  const sides = [toRows(left), toRows(right)];
  if (sides.some((rows) => rows.length < MIN_COLUMN_LINES)) return false;
  const [one, other] = [extent(left), extent(right)];
  const whole = Math.max(one.x1, other.x1) - Math.min(one.x0, other.x0);
  if (Math.min(one.x1 - one.x0, other.x1 - other.x0) < whole * 0.15) return false;
  const lengths = sides.map((rows) => median(rows.map((row) => rowText(row).length)));
  const fills = sides.map((rows, side) => {
    const { x0, x1 } = side === 0 ? one : other;
    return rows.reduce((sum, row) => sum + (extent(row).x1 - extent(row).x0), 0) / (rows.length * Math.max(1, x1 - x0));
  });
  if (isWrittenByColumn(left, right)) return Math.min(...lengths) >= 5;
  return Math.min(...lengths) >= 16 && Math.min(...fills) >= 0.6;
}

/** The content stream seldom changes sides; a head and a foot over both columns may change it three times. */
function isWrittenByColumn(left: readonly Run[], right: readonly Run[]): boolean {
  const sides = [
    ...left.map((run) => ({ order: run.order, side: 0 })),
    ...right.map((run) => ({ order: run.order, side: 1 })),
  ];
  sides.sort((one, other) => one.order - other.order);
  const switches = sides.filter((entry, index) => index > 0 && entry.side !== sides[index - 1].side).length;
  return switches <= 3 + Math.min(left.length, right.length) * 0.1;
}

function extent(runs: readonly Run[]): { x0: number; x1: number } {
  let [x0, x1] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const run of runs) {
    x0 = Math.min(x0, run.x0);
    x1 = Math.max(x1, run.x1);
  }
  return { x0, x1 };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

function rowText(row: Row): string {
  const runs = inReadingOrder(row);
  let text = runs[0]?.text ?? "";
  for (let at = 1; at < runs.length; at += 1) text += joinTexts({ ...runs[at - 1], text: "" }, runs[at]);
  return text;
}

/** Some programs print bold by printing twice, a hair apart: the second copy goes. */
function withoutDoubles(runs: readonly Run[]): Run[] {
  const kept: Run[] = [];
  const seen = new Map<string, Run[]>();
  for (const run of runs) {
    const twins = seen.get(run.text) ?? [];
    seen.set(run.text, twins);
    const near = run.size * 0.2;
    if (twins.some((twin) => Math.abs(twin.x0 - run.x0) < near && Math.abs(twin.baseline - run.baseline) < near))
      continue;
    twins.push(run);
    kept.push(run);
  }
  return kept;
}

/** A large initial that spans lines belongs before the first line beside it. */
function withDropCaps(runs: readonly Run[]): Run[] {
  const usual = median(runs.map((run) => run.size));
  const isInitial = (run: Run): boolean => run.size > usual * 1.8 && /^["“‘'«]?\p{Lu}$/u.test(run.text);
  const initials = runs.filter(isInitial);
  const result = [...runs];
  if (initials.length > MAX_INITIALS) return result;
  for (const initial of initials) {
    const beside = result.filter(
      (run) =>
        run !== initial &&
        run.size < initial.size * 0.7 &&
        run.x0 >= initial.x1 - usual * 0.5 &&
        run.x0 - initial.x1 < usual &&
        run.baseline <= initial.baseline + usual * 0.3 &&
        run.baseline > initial.y0,
    );
    const first = beside.toSorted((one, other) => one.baseline - other.baseline)[0];
    if (first === undefined || beside.length < 2) continue;
    result[result.indexOf(first)] = { ...first, text: initial.text + first.text, x0: initial.x0 };
    result.splice(result.indexOf(initial), 1);
  }
  return result;
}
