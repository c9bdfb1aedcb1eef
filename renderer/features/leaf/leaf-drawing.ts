/**
 * Draws a leaf on a canvas, in whole device pixels. Colours come from the page's tokens at the time of drawing.
 * Knows nothing about React or documents.
 */
import { PICTURE, READ, resample, slotOfBar, type LeafBars } from "./leaf-model.ts";

export interface LeafMarks {
  /** Bars with evidence: a tick wider than the strip. */
  readonly cited: readonly number[];
  /** The evidence in hand, or the page being read: lamp, outlined. */
  readonly inHand: number | null;
  /** Bars that the answer draws on: strong; with any, the rest is at half tone. */
  readonly view: ReadonlySet<number> | null;
  /** Bars in the reader: a bracket at the reader's side. */
  readonly position: readonly [number, number] | null;
  /** Numerals at the spine side, by bar. */
  readonly parts: readonly { readonly bar: number; readonly label: string }[];
}

export const NO_MARKS: LeafMarks = { cited: [], inHand: null, view: null, position: null, parts: [] };

interface Colours {
  readonly read: string;
  readonly strong: string;
  readonly soft: string;
  readonly unread: string;
  readonly lamp: string;
  readonly lampLine: string;
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
}

/** Geometry of the upright leaf between the two sides, in CSS px, as in the mock: spine at 42, full length 22. */
export const DOWN = { top: 20, bottom: 20, spine: 42, length: 22, tickFrom: 33, tickTo: 68, handFrom: 30, handTo: 74 };

function coloursOf(canvas: HTMLCanvasElement): Colours {
  const style = getComputedStyle(canvas);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  if (window.matchMedia("(forced-colors: active)").matches) {
    return {
      read: "CanvasText",
      strong: "CanvasText",
      soft: "CanvasText",
      unread: "GrayText",
      lamp: "Highlight",
      lampLine: "Highlight",
      ink: "CanvasText",
      quiet: "CanvasText",
      line: "CanvasText",
    };
  }
  return {
    read: token("--leaf-read"),
    strong: token("--pine"),
    soft: token("--leaf-soft"),
    unread: token("--unread"),
    lamp: token("--lamp-strong"),
    lampLine: token("--lamp-line"),
    ink: token("--ink"),
    quiet: token("--ink-2"),
    line: token("--line-strong"),
  };
}

/** Gives the canvas its size in device pixels; returns its context scaled to CSS px, or null without one. */
function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  const wide = Math.round(width * ratio);
  const high = Math.round(height * ratio);
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Rounds to whole device pixels. */
function snap(value: number): number {
  const ratio = window.devicePixelRatio || 1;
  return Math.round(value * ratio) / ratio;
}

export interface AcrossShape {
  readonly width: number;
  readonly height: number;
  /** Room above and below for marks that stand out. */
  readonly overhang: number;
  /** Distance of two bars, px. */
  readonly pitch: number;
}

/** A lying leaf: bars stand from top to bottom, side by side. */
export function drawAcross(canvas: HTMLCanvasElement, bars: LeafBars, marks: LeafMarks, shape: AcrossShape): void {
  const context = prepare(canvas, shape.width, shape.height + 2 * shape.overhang);
  if (context === null) return;
  const colours = coloursOf(canvas);
  const slots = Math.max(1, Math.floor(shape.width / shape.pitch));
  const drawn = resample(bars, slots);
  const pitch = bars.count >= slots ? shape.width / slots : shape.pitch;
  const thick = Math.max(2, Math.round(pitch * 0.56));
  const top = shape.overhang;
  for (let slot = 0; slot < drawn.count; slot += 1) {
    const x = snap(slot * pitch);
    const from = top + (drawn.begin[slot] ?? 0) * shape.height;
    const length = Math.max(2, ((drawn.end[slot] ?? 0) - (drawn.begin[slot] ?? 0)) * shape.height);
    const isRead = drawn.state[slot] === READ;
    context.fillStyle = isRead ? toneOf(slot, drawn.count, bars.count, marks, colours) : colours.unread;
    if (drawn.state[slot] === PICTURE) dashed(context, x, from, length);
    else context.fillRect(x, snap(from), isRead ? thick : 1, snap(length));
  }
  for (const bar of marks.cited) {
    const x = snap(slotOfBar(bar, bars.count, drawn.count) * pitch);
    outlined(context, colours, x, top - 2, Math.max(3, thick), shape.height + 4);
  }
  if (marks.inHand !== null) {
    const x = snap(slotOfBar(marks.inHand, bars.count, drawn.count) * pitch);
    outlined(context, colours, x - 0.5, Math.max(0, top - 4), thick + 2, shape.height + 2 * Math.min(4, top));
  }
}

function toneOf(slot: number, slots: number, count: number, marks: LeafMarks, colours: Colours): string {
  if (marks.view === null) return colours.read;
  const from = Math.floor((slot * count) / slots);
  const to = Math.max(from + 1, Math.floor(((slot + 1) * count) / slots));
  for (let bar = from; bar < to; bar += 1) if (marks.view.has(bar)) return colours.strong;
  return colours.soft;
}

/** A picture of text: hairline with gaps. */
function dashed(context: CanvasRenderingContext2D, x: number, from: number, length: number): void {
  for (let y = from; y < from + length; y += 4) context.fillRect(x, snap(y), 1, Math.min(2, from + length - y));
}

function outlined(
  context: CanvasRenderingContext2D,
  colours: Colours,
  x: number,
  y: number,
  w: number,
  h: number,
): void {
  context.fillStyle = colours.lamp;
  context.fillRect(x, y, w, h);
  context.strokeStyle = colours.lampLine;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
}

/** A short text does not stretch over the whole height: its bars stay within sight of each other, px. */
const WIDEST_PITCH = 24;

/** Where a bar stands on an upright leaf: the middle of its line, px from the top. */
export function downY(bar: number, count: number, height: number): number {
  const room = height - DOWN.top - DOWN.bottom;
  const pitch = Math.min(room / Math.max(1, count), WIDEST_PITCH);
  return DOWN.top + (bar + 0.5) * pitch;
}

/** The bar at a height of an upright leaf. */
export function barAtY(y: number, count: number, height: number): number {
  const room = height - DOWN.top - DOWN.bottom;
  const pitch = Math.min(room / Math.max(1, count), WIDEST_PITCH);
  return Math.max(0, Math.min(count - 1, Math.floor((y - DOWN.top) / pitch)));
}

/** The upright leaf between conversation and reader: bars lie, one below the other. */
export function drawDown(
  canvas: HTMLCanvasElement,
  bars: LeafBars,
  marks: LeafMarks,
  shape: { readonly width: number; readonly height: number; readonly showsParts: boolean },
): void {
  const context = prepare(canvas, shape.width, shape.height);
  if (context === null || bars.count === 0) return;
  const colours = coloursOf(canvas);
  // A narrow leaf (48 px) has no room for numerals: everything moves towards the spine.
  const shift = shape.width < 80 ? 32 : 0;
  const slots = Math.floor((shape.height - DOWN.top - DOWN.bottom) / 2);
  const drawn = resample(bars, slots);
  for (let slot = 0; slot < drawn.count; slot += 1) {
    const y = downY(slot, drawn.count, shape.height);
    const begin = DOWN.spine - shift + (drawn.begin[slot] ?? 0) * DOWN.length;
    const length = Math.max(3, ((drawn.end[slot] ?? 0) - (drawn.begin[slot] ?? 0)) * DOWN.length);
    const isRead = drawn.state[slot] === READ;
    const tone = isRead ? toneOf(slot, drawn.count, bars.count, marks, colours) : colours.unread;
    const isStrong = isRead && (marks.view === null || tone === colours.strong);
    context.fillStyle = tone;
    const pitch = Math.min((shape.height - DOWN.top - DOWN.bottom) / drawn.count, WIDEST_PITCH);
    const wide = Math.max(1, Math.min(5, Math.round(pitch * 0.3 + 0.6)));
    const thick = isStrong && pitch >= 2.6 ? Math.max(2, wide) : isRead ? Math.max(1, wide - 1) : 1;
    context.fillRect(snap(begin), snap(y - thick / 2), snap(length), thick);
  }
  for (const bar of marks.cited) {
    const y = downY(bar, bars.count, shape.height);
    context.fillStyle = colours.lampLine;
    context.fillRect(DOWN.tickFrom - shift, snap(y - 1), DOWN.tickTo - DOWN.tickFrom, 2);
  }
  if (marks.inHand !== null) {
    const y = downY(marks.inHand, bars.count, shape.height);
    outlined(context, colours, DOWN.handFrom - shift, snap(y - 3.5), DOWN.handTo - DOWN.handFrom, 7);
  }
  if (shape.showsParts) drawParts(context, bars.count, marks, colours, shape.height, getComputedStyle(canvas));
  if (marks.position !== null) drawBracket(context, bars.count, marks.position, colours, shape.height, shift);
}

function drawParts(
  context: CanvasRenderingContext2D,
  count: number,
  marks: LeafMarks,
  colours: Colours,
  height: number,
  style: CSSStyleDeclaration,
): void {
  const isNumeral = marks.parts.every((part) => /^([IVXLC]+|\d+)$/.test(part.label));
  context.font = isNumeral
    ? `500 12px ${style.getPropertyValue("--font-text")}`
    : `500 11px ${style.getPropertyValue("--font-voice")}`;
  context.textBaseline = "middle";
  context.textAlign = isNumeral ? "left" : "right";
  let lastY = -Infinity;
  for (const part of marks.parts) {
    const y = downY(part.bar, count, height);
    if (y - lastY < 14) continue;
    lastY = y;
    context.fillStyle = colours.quiet;
    context.fillText(shorten(context, part.label, isNumeral ? 26 : 36), isNumeral ? 6 : 37, y);
    context.fillStyle = colours.line;
    if (isNumeral) context.fillRect(30, snap(y), 8, 1);
  }
}

/** The end of a label that fits; folder names keep their beginning. */
function shorten(context: CanvasRenderingContext2D, label: string, room: number): string {
  if (context.measureText(label).width <= room) return label;
  let text = label;
  while (text.length > 1 && context.measureText(`${text}…`).width > room) text = text.slice(0, -1);
  return `${text}…`;
}

function drawBracket(
  context: CanvasRenderingContext2D,
  count: number,
  position: readonly [number, number],
  colours: Colours,
  height: number,
  shift: number,
): void {
  const middle = (downY(position[0], count, height) + downY(position[1], count, height)) / 2;
  const half = Math.max(11, (downY(position[1], count, height) - downY(position[0], count, height)) / 2 + 3);
  const x = shift > 0 ? 41 : 76;
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, snap(middle - half));
  context.lineTo(x + 4.5, snap(middle - half));
  context.lineTo(x + 4.5, snap(middle + half));
  context.lineTo(x, snap(middle + half));
  context.stroke();
}
