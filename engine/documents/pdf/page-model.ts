/**
 * What the stages of the PDF reader hand to each other. Coordinates: points, y downwards, after the page's own rotation
 * and crop; a *frame* is the page turned so that its text stands upright, the *page box* is where a reader sees it.
 * Plain data; knows nothing about pdf.js or rows.
 */
import type { Matrix } from "./matrix.ts";

export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** What one operator of a page prints, or one text item of pdf.js, before lines are known. */
export interface PrintedText {
  /** As printed, white space included. */
  readonly text: string;
  /** From a glyph's unit square, baseline at 0, to the page box: holds place, direction and size. */
  readonly matrix: Matrix;
  /** Along its direction, in points. */
  readonly length: number;
  readonly isBold: boolean;
  readonly isMono: boolean;
  readonly isVertical: boolean;
  readonly isRightToLeft: boolean;
  /** Painted so that nobody sees it. */
  readonly isHidden: boolean;
}

/** A stretch of text set in one go: one font, no wide gap. Box in the frame of its direction. */
export interface Run extends Box {
  readonly text: string;
  readonly baseline: number;
  /** Of its largest glyphs, in points. */
  readonly size: number;
  readonly isBold: boolean;
  readonly isMono: boolean;
  readonly isHidden: boolean;
  readonly isRightToLeft: boolean;
  /** White space was set before it. */
  readonly spaceBefore: boolean;
  /** Place in the page's content stream: the order in which its maker wrote it. */
  readonly order: number;
}

/** One printed line of one column, its runs joined. Box in the frame. */
export interface TextLine extends Box {
  readonly text: string;
  readonly pageBox: Box;
  readonly baseline: number;
  /** Size of most of its characters, in points. */
  readonly size: number;
  readonly isBold: boolean;
  readonly isMono: boolean;
  readonly isHidden: boolean;
  /** Lines with the same number stand in one column; numbers count up along the reading order of the page. */
  readonly column: number;
  /** Not in the page's main direction: a stamp at the margin, a mark across the page. */
  readonly isAside: boolean;
}

/** A page's text in reading order. */
export interface PageLayout {
  readonly page: number;
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** From the PDF's own coordinates to the page box. */
  readonly base: Matrix;
  readonly lines: readonly TextLine[];
  /** Painted images but no text. */
  readonly isPicture: boolean;
}
