/**
 * From printed texts to runs: what was set in one go is one run, in the frame of its own direction, so that text set
 * sideways is laid out like any other. Judges what is tiny or off the page.
 * Knows nothing about pdf.js, columns, lines or paragraphs.
 */
import { cleanText } from "../clean-text.ts";
import type { Box, PrintedText, Run } from "./page-model.ts";

/** Runs that share a direction. `angle` in degrees, clockwise on the page, a multiple of five. */
export interface DirectedRuns {
  readonly angle: number;
  readonly runs: Run[];
  readonly characters: number;
}

/** Smaller text cannot be read on paper. In points. */
const TINY = 1.6;
/** A gap wider than this ends a run, in ems: wider than a stretched space, narrower than a gutter. */
const RUN_GAP = 0.9;
/** A gap wider than this is a space, in ems. */
const SPACE_GAP = 0.17;
/** Height of letters above and below the baseline, in ems: fonts lie about theirs, and pdf.js hides them. */
const ASCENT = 0.78;
const DESCENT = 0.22;

/** Runs in content order, grouped by direction, the group with most characters first. `page`: its size in points. */
export function makeRuns(
  texts: readonly PrintedText[],
  page: { readonly width: number; readonly height: number },
): DirectedRuns[] {
  const groups = new Map<number, { angle: number; runs: Run[]; characters: number }>();
  let spaceBefore = false;
  for (const [order, printed] of texts.entries()) {
    if (printed.text.trim() === "") {
      spaceBefore = true;
      continue;
    }
    const placed = place(printed, page, spaceBefore || /^\s/u.test(printed.text), order);
    spaceBefore = /\s$/u.test(printed.text);
    if (placed === null) continue;
    const { angle, run } = placed;
    const group = groups.get(angle) ?? { angle, runs: [], characters: 0 };
    groups.set(angle, group);
    group.characters += run.text.length;
    const last = group.runs.at(-1);
    if (last !== undefined && areOne(last, run)) group.runs[group.runs.length - 1] = joinRuns(last, run);
    else group.runs.push(run);
  }
  return [...groups.values()].toSorted((one, other) => other.characters - one.characters);
}

/** The text of two neighbours on one line, with a space where one was set or where the gap shows one. */
export function joinTexts(left: Run, right: Run): string {
  // Beside each other in either direction.
  const gap = Math.max(right.x0 - left.x1, left.x0 - right.x1);
  // Right-to-left text is written in another order than it is read: there only the gap tells.
  const isSpaced = (right.spaceBefore && !right.isRightToLeft) || gap > Math.max(left.size, right.size) * SPACE_GAP;
  return isSpaced ? `${left.text} ${right.text}` : left.text + right.text;
}

/** The box of a frame at `angle`, back on the page. */
export function fromFrame(box: Box, angle: number): Box {
  if (angle === 0) return box;
  const { cos, sin } = turn(angle);
  const xs = [box.x0, box.x1].flatMap((u) => [box.y0, box.y1].map((v) => u * cos - v * sin));
  const ys = [box.x0, box.x1].flatMap((u) => [box.y0, box.y1].map((v) => u * sin + v * cos));
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
}

function turn(angle: number): { cos: number; sin: number } {
  const radians = (angle * Math.PI) / 180;
  return { cos: Math.cos(radians), sin: Math.sin(radians) };
}

function place(
  printed: PrintedText,
  page: { readonly width: number; readonly height: number },
  spaceBefore: boolean,
  order: number,
): { angle: number; run: Run } | null {
  const { matrix, length, isBold, isMono, isRightToLeft } = printed;
  const size = Math.hypot(matrix[2], matrix[3]);
  const degrees = (Math.atan2(matrix[1], matrix[0]) * 180) / Math.PI;
  const angle = Math.round(degrees / 5) * 5 + 0; // + 0 turns -0 into 0: one key for one direction
  const { cos, sin } = turn(angle);
  const x = matrix[4] * cos + matrix[5] * sin;
  const y = -matrix[4] * sin + matrix[5] * cos;
  // A column of vertical writing is laid out as one narrow run.
  const box = printed.isVertical
    ? { x0: x - size / 2, x1: x + size / 2, y0: y, y1: y + length }
    : { x0: x, x1: x + length, y0: y - ASCENT * size, y1: y + DESCENT * size };
  const text = cleanText(printed.text).replace(/\s+/gu, " ").trim();
  if (text === "" || ![box.x0, box.x1, box.y0, box.y1].every(Number.isFinite)) return null;
  const isHidden = printed.isHidden || size < TINY || isOff(fromFrame(box, angle), page);
  return {
    angle,
    run: { ...box, text, baseline: y, size, isBold, isMono, isHidden, isRightToLeft, spaceBefore, order },
  };
}

function isOff(box: Box, { width, height }: { readonly width: number; readonly height: number }): boolean {
  return box.x1 < 0 || box.y1 < 0 || box.x0 > width || box.y0 > height;
}

/** Two neighbours of the content stream that stand on one line without a gap, in one style. */
function areOne(last: Run, next: Run): boolean {
  if (last.isHidden !== next.isHidden || last.isBold !== next.isBold || last.isMono !== next.isMono) return false;
  if (last.isRightToLeft || next.isRightToLeft) return false;
  const size = Math.max(last.size, next.size);
  const drop = Math.abs(next.baseline - last.baseline);
  const isRaised = Math.min(last.size, next.size) < size * 0.85 && drop < size * 0.6;
  if (drop > size * 0.2 && !isRaised) return false;
  if (Math.abs(last.size - next.size) > size * 0.25 && !isRaised) return false;
  const gap = next.x0 - last.x1;
  return gap <= size * RUN_GAP && gap >= -size * 0.5;
}

function joinRuns(last: Run, next: Run): Run {
  const main = next.text.length > last.text.length ? next : last;
  return {
    ...last,
    text: joinTexts(last, next),
    baseline: main.baseline,
    size: main.size,
    x1: Math.max(last.x1, next.x1),
    y0: Math.min(last.y0, next.y0),
    y1: Math.max(last.y1, next.y1),
  };
}
