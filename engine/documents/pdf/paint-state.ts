/**
 * What a page has painted so far, as far as text needs it: colours, transparency, areas under the text, pictures.
 * Answers one question: would a reader of the page see text painted here and now? Knows nothing about text itself.
 */
import { shareWithin, transformBox, type Matrix } from "./matrix.ts";
import type { Box } from "./page-model.ts";

/** The part of PDF's graphics state that is saved and restored. */
export interface GraphicsState {
  matrix: Matrix;
  isWhite: boolean;
  isClear: boolean;
  alpha: number;
  mode: number;
  fontName: string;
  size: number;
  charSpacing: number;
  wordSpacing: number;
  scale: number;
  leading: number;
  rise: number;
}

const WHITE_FROM = 0xf4;
const CLEAR_BELOW = 0.06;
const INVISIBLE_MODE = 3;
const STROKE_MODE = 1;
const MAX_AREAS = 4_000;
/** A picture of at least this part of the page is a scan. */
const SCAN_SHARE = 0.4;

export function initialState(matrix: Matrix): GraphicsState {
  return {
    matrix,
    isWhite: false,
    isClear: false,
    alpha: 1,
    mode: 0,
    fontName: "",
    size: 1,
    charSpacing: 0,
    wordSpacing: 0,
    scale: 1,
    leading: 0,
    rise: 0,
  };
}

/** "seen", "unseen", or "layer": invisible mode, which over a scan is its text layer and elsewhere is unseen. */
export type Sight = "seen" | "unseen" | "layer";

export class PaintedPage {
  readonly #areas: { readonly box: Box; readonly isWhite: boolean }[] = [];
  readonly #size: { readonly width: number; readonly height: number };
  #hasPicture = false;
  #hasScan = false;

  constructor(size: { readonly width: number; readonly height: number }) {
    this.#size = size;
  }

  get hasPicture(): boolean {
    return this.#hasPicture;
  }

  /** A picture covers a good part of the page: invisible text over it is what was recognised in it. */
  get hasScan(): boolean {
    return this.#hasScan;
  }

  /** `bounds` in the coordinates of `state.matrix`. */
  addArea(state: GraphicsState, x0: number, y0: number, x1: number, y1: number): void {
    if (!isClear(state)) this.#add(transformBox(state.matrix, x0, y0, x1, y1), state.isWhite);
  }

  /** Shades everything: what comes on top counts as visible. */
  addShading(): void {
    this.#add({ x0: 0, y0: 0, x1: this.#size.width, y1: this.#size.height }, false);
  }

  /** A picture fills the unit square of the matrix. */
  addPicture(matrix: Matrix): void {
    const box = transformBox(matrix, 0, 0, 1, 1);
    const [width, height] = [box.x1 - box.x0, box.y1 - box.y0];
    if (width < 2 || height < 2) return;
    this.#hasPicture = true;
    if (width * height > this.#size.width * this.#size.height * SCAN_SHARE) this.#hasScan = true;
    this.#add(box, false);
  }

  /** Whether text painted in this state, at this place, is seen. */
  sightOf(state: GraphicsState, place: Box): Sight {
    if (state.mode === INVISIBLE_MODE) return "layer";
    if (isClear(state)) return "unseen";
    if (!state.isWhite || state.mode === STROKE_MODE) return "seen";
    return this.#isOnColor(place) ? "seen" : "unseen";
  }

  #add(box: Box, white: boolean): void {
    if (this.#areas.length < MAX_AREAS) this.#areas.push({ box, isWhite: white });
  }

  /** What was painted last under the middle of the text decides; the paper is white. */
  #isOnColor(text: Box): boolean {
    const [x, y] = [(text.x0 + text.x1) / 2, (text.y0 + text.y1) / 2];
    const middle = { x0: x, x1: x, y0: y, y1: y };
    const under = this.#areas.findLast((area) => shareWithin(middle, area.box) > 0);
    return under !== undefined && !under.isWhite;
  }
}

/** "#ffffff" and what the eye takes for it. */
export function isWhite(color: unknown): boolean {
  const match = typeof color === "string" ? /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(color) : null;
  return match !== null && match.slice(1).every((part) => Number.parseInt(part, 16) >= WHITE_FROM);
}

function isClear(state: GraphicsState): boolean {
  return state.isClear || state.alpha < CLEAR_BELOW;
}
