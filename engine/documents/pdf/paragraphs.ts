/**
 * From the lines of a page to paragraphs: cut at gaps, indents, short last lines, changes of size and column.
 * Keeps each printed line's range in the paragraph's text, so that any stretch of it finds its boxes again.
 * Knows what the whole document's body looks like (`BodyStyle`); knows nothing about headings, other pages, rows.
 */
import { joint, type Vocabulary } from "./hyphens.ts";
import type { PageLayout, TextLine } from "./page-model.ts";

/** What most of the document looks like, in points. */
export interface BodyStyle {
  readonly size: number;
  /** From baseline to baseline. */
  readonly leading: number;
  /** Most of the document is set like a typewriter: then that says nothing about code. */
  readonly isMono: boolean;
}

export interface Paragraph {
  readonly lines: readonly TextLine[];
  text: string;
  /** Of each line: begin and end in `text`. */
  ranges: [number, number][];
  readonly size: number;
  readonly isBold: boolean;
  readonly isCode: boolean;
  readonly isHidden: boolean;
  readonly isAside: boolean;
  readonly column: number;
}

const BULLET = /^[•▪◦‣·●○■□–—*]\s/u;
const NUMBERED = /^\(?(\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s/u;
const SENTENCE_END = /[.!?:;…。！？]["'”’»)\]]*$/u;
/** Lines of one paragraph; longer ones are cut. */
const MAX_LINES = 400;

/** Style of most characters. Sizes are compared in tenths of a point. */
export function bodyStyleOf(pages: readonly PageLayout[]): BodyStyle {
  const sizes = new Map<number, number>();
  const steps = new Map<number, number>();
  let mono = 0;
  let all = 0;
  for (const { lines } of pages) {
    for (const [index, line] of lines.entries()) {
      if (line.isAside || line.isHidden) continue;
      const size = Math.round(line.size * 10) / 10;
      sizes.set(size, (sizes.get(size) ?? 0) + line.text.length);
      all += line.text.length;
      if (line.isMono) mono += line.text.length;
      const above = lines[index - 1];
      const step = above === undefined || above.column !== line.column ? 0 : line.baseline - above.baseline;
      if (step <= 0 || Math.abs(above.size - line.size) > 0.5) continue;
      const relative = Math.round((step / line.size) * 20) / 20;
      if (relative > 0.8 && relative < 3) steps.set(relative, (steps.get(relative) ?? 0) + line.text.length);
    }
  }
  const size = mostOf(sizes) ?? 11;
  return { size, leading: (mostOf(steps) ?? 1.2) * size, isMono: mono > all / 2 };
}

function mostOf(counts: ReadonlyMap<number, number>): number | null {
  let best: number | null = null;
  for (const [value, count] of counts) if (best === null || count > (counts.get(best) ?? 0)) best = value;
  return best;
}

/** The page's paragraphs in reading order. */
export function toParagraphs(lines: readonly TextLine[], body: BodyStyle, vocabulary: Vocabulary): Paragraph[] {
  const margins = marginsOf(lines);
  const paragraphs: Paragraph[] = [];
  let current: TextLine[] = [];
  const close = (): void => {
    if (current.length > 0) paragraphs.push(assemble(current, body, vocabulary));
    current = [];
  };
  for (const [index, line] of lines.entries()) {
    const above = current.at(-1);
    const next = lines[index + 1];
    const below = next !== undefined && isSameText(line, next, body) ? next : undefined;
    if (above !== undefined && (current.length >= MAX_LINES || begins(line, above, below, body, margins))) close();
    current.push(line);
  }
  close();
  return paragraphs;
}

/** `below` could go on from `line`: same column and size, no wide gap. */
function isSameText(line: TextLine, below: TextLine, body: BodyStyle): boolean {
  const step = below.baseline - line.baseline;
  const isNear = step > 0 && step <= (body.leading / body.size) * line.size * 1.4;
  return below.column === line.column && isNear && Math.abs(below.size - line.size) < line.size * 0.12;
}

interface Margins {
  readonly left: number;
  readonly right: number;
}

/** Where the lines of each column begin and end, by column number. */
function marginsOf(lines: readonly TextLine[]): ReadonlyMap<number, Margins> {
  const margins = new Map<number, Margins>();
  for (const line of lines) {
    const known = margins.get(line.column);
    margins.set(line.column, {
      left: Math.min(line.x0, known?.left ?? line.x0),
      right: Math.max(line.x1, known?.right ?? line.x1),
    });
  }
  return margins;
}

/** Whether `line` begins a paragraph, given the line above it in the same paragraph so far. */
function begins(
  line: TextLine,
  above: TextLine,
  below: TextLine | undefined,
  body: BodyStyle,
  margins: ReadonlyMap<number, Margins>,
): boolean {
  if (line.column !== above.column || line.isAside !== above.isAside || line.isHidden !== above.isHidden) return true;
  if (isCode(line, body) !== isCode(above, body)) return true;
  const step = line.baseline - above.baseline;
  const size = Math.max(line.size, above.size);
  if (step < -size * 0.3 || step > (body.leading / body.size) * size * 1.4) return true;
  if (isCode(line, body)) return false;
  if (Math.max(line.size, above.size) > Math.min(line.size, above.size) * 1.12) return true;
  if (line.isBold !== above.isBold && Math.min(line.text.length, above.text.length) > 2) return true;
  if (BULLET.test(line.text)) return true;
  return beginsByIndent(line, above, below, margins.get(line.column) ?? { left: line.x0, right: line.x1 });
}

function beginsByIndent(line: TextLine, above: TextLine, below: TextLine | undefined, margins: Margins): boolean {
  const em = line.size;
  const width = margins.right - margins.left;
  const endsShort = above.x1 < margins.right - Math.max(1.5 * em, width * 0.12);
  const endsSentence = SENTENCE_END.test(above.text);
  if (endsShort && endsSentence) return true;
  if (NUMBERED.test(line.text) && (endsShort || endsSentence) && Math.abs(line.x0 - above.x0) > 0) return true;
  const indent = line.x0 - above.x0;
  const isCentred =
    Math.abs(line.x0 - margins.left - (margins.right - line.x1)) < em && line.x0 - margins.left > 2 * em;
  if (isCentred) return false;
  // Returns further left on the next line: a first line's indent.
  if (below !== undefined && line.x0 - below.x0 > 0.6 * em && indent > -0.3 * em) return true;
  // Indented and stays so, or ends the column: a short dialogue or a quotation, unless a sentence goes on in it.
  if (indent > 0.6 * em) return endsSentence;
  // Back to the margin from a first line is how paragraphs go on; from a longer indented stretch it is a new one.
  return false;
}

/** Set like a typewriter, in a document that is not. */
function isCode(line: TextLine, body: BodyStyle): boolean {
  return line.isMono && !body.isMono;
}

function assemble(lines: readonly TextLine[], body: BodyStyle, vocabulary: Vocabulary): Paragraph {
  const [first] = lines;
  const code = isCode(first, body);
  let text = "";
  const ranges: [number, number][] = [];
  const left = Math.min(...lines.map((line) => line.x0));
  for (const [index, line] of lines.entries()) {
    const next = lines[index + 1];
    const indent = code ? " ".repeat(Math.min(80, Math.round((line.x0 - left) / (line.size * 0.6)))) : "";
    const { left: kept, between } = code
      ? { left: line.text, between: "\n" }
      : joint(line.text, next?.text ?? "", vocabulary);
    const words = next === undefined ? line.text : kept;
    ranges.push([text.length + indent.length, text.length + indent.length + words.length]);
    text += indent + words + (next === undefined ? "" : between);
  }
  const longest = lines.reduce((most, line) => (line.text.length > most.text.length ? line : most));
  return {
    lines,
    text,
    ranges,
    size: longest.size,
    isBold: lines.every((line) => line.isBold),
    isCode: code,
    isHidden: first.isHidden,
    isAside: first.isAside,
    column: first.column,
  };
}
