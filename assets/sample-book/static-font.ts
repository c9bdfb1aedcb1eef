/**
 * Turns a WOFF2 font into a TrueType font (of a variable one: its default instance), so that pdfkit can embed a subset
 * of it: fontkit reads WOFF2 outlines, but cannot cut a subset from them.
 * Owns: writing glyf, loca, hmtx, head, hhea, maxp; every other table that layout needs is copied as it stands.
 * Does not know: pages, PDF. A development script; it never runs in the product.
 */
import { create } from "fontkit";
import type { Command, Font } from "fontkit";

/** Tables that are copied byte for byte: names, character map, metrics for layout, ligatures and kerning. */
const COPIED = ["OS/2", "cmap", "name", "post", "GDEF", "GSUB", "GPOS"];

/** A TrueType file with the default outlines of `woff2`. */
export function staticFont(woff2: Buffer): Buffer {
  const source = create(woff2);
  const glyphs: Buffer[] = [];
  const metrics = Buffer.alloc(source.numGlyphs * 4);
  const places = Buffer.alloc((source.numGlyphs + 1) * 4);
  let length = 0;
  for (let id = 0; id < source.numGlyphs; id += 1) {
    const glyph = source.getGlyph(id);
    const outline = encodeOutline(glyph.path.commands);
    metrics.writeUInt16BE(Math.max(0, Math.round(glyph.advanceWidth)), id * 4);
    metrics.writeInt16BE(outline.left, id * 4 + 2);
    glyphs.push(outline.bytes);
    length += outline.bytes.length;
    places.writeUInt32BE(length, (id + 1) * 4);
  }
  const head = Buffer.from(tableBytes(source, "head"));
  head.writeInt16BE(1, 50); // 32-bit offsets in loca
  const hhea = Buffer.from(tableBytes(source, "hhea"));
  hhea.writeUInt16BE(source.numGlyphs, 34); // one metric per glyph
  const tables = new Map<string, Buffer>([
    ["head", head],
    ["hhea", hhea],
    ["maxp", Buffer.from(tableBytes(source, "maxp"))],
    ["hmtx", metrics],
    ["loca", places],
    ["glyf", Buffer.concat(glyphs)],
  ]);
  for (const tag of COPIED) if (tag in source.directory.tables) tables.set(tag, Buffer.from(tableBytes(source, tag)));
  return writeTables(tables);
}

function tableBytes(font: Font, tag: string): Uint8Array {
  const entry = font.directory.tables[tag];
  if (entry === undefined) throw new Error(`the font has no table ${tag}`);
  const stream = font._getTableStream(tag);
  return stream.buffer.subarray(stream.pos, stream.pos + entry.length);
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly on: boolean;
}

/** A simple glyph (OpenType glyf table, "simple glyph description") from drawing commands; composites come flattened. */
function encodeOutline(commands: readonly Command[]): { bytes: Buffer; left: number } {
  const contours: Point[][] = [];
  for (const { command, args } of commands) {
    const [a = 0, b = 0, c = 0, d = 0] = args.map(Math.round);
    const contour = contours.at(-1);
    if (command === "moveTo") contours.push([{ x: a, y: b, on: true }]);
    else if (command === "lineTo") contour?.push({ x: a, y: b, on: true });
    else if (command === "quadraticCurveTo") contour?.push({ x: a, y: b, on: false }, { x: c, y: d, on: true });
    else if (command === "bezierCurveTo") throw new Error("cubic curves do not belong into a glyf table");
  }
  for (const contour of contours) dropClosingPoint(contour);
  const points = contours.flat();
  if (points.length === 0) return { bytes: Buffer.alloc(0), left: 0 };
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  const left = Math.min(...xs);
  const words: number[] = [contours.length, left, Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  let last = -1;
  for (const contour of contours) words.push((last += contour.length));
  words.push(0); // no instructions
  const flags = Buffer.from(points.map((p) => (p.on ? 1 : 0)));
  const bytes = Buffer.concat([shorts(words), flags, shorts(steps(xs)), shorts(steps(ys))]);
  return { bytes: pad(bytes), left };
}

/** Path commands return to the start; glyf contours close by themselves. */
function dropClosingPoint(contour: Point[]): void {
  const first = contour[0];
  const last = contour.at(-1);
  if (contour.length > 1 && first && last && last.on && first.x === last.x && first.y === last.y) contour.pop();
}

function steps(values: readonly number[]): number[] {
  return values.map((value, i) => value - (values[i - 1] ?? 0));
}

function shorts(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => bytes.writeInt16BE(value, i * 2));
  return bytes;
}

function pad(bytes: Buffer): Buffer {
  return bytes.length % 4 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
}

/** The table directory of a TrueType file. Checksums stay 0: pdfkit cuts a subset and writes its own. */
function writeTables(tables: ReadonlyMap<string, Buffer>): Buffer {
  const tags = [...tables.keys()].toSorted();
  const header = Buffer.alloc(12 + tags.length * 16);
  header.writeUInt32BE(0x00010000, 0);
  header.writeUInt16BE(tags.length, 4);
  const body: Buffer[] = [];
  let offset = header.length;
  tags.forEach((tag, i) => {
    const bytes = tables.get(tag) ?? Buffer.alloc(0);
    const padded = pad(bytes);
    header.write(tag.padEnd(4), 12 + i * 16, "latin1");
    header.writeUInt32BE(offset, 12 + i * 16 + 8);
    header.writeUInt32BE(bytes.length, 12 + i * 16 + 12);
    body.push(padded);
    offset += padded.length;
  });
  return Buffer.concat([header, ...body]);
}
