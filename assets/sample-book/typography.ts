/**
 * From plain text to set lines: curly quotation marks and the breaking of paragraphs into lines of even spacing.
 * Owns: where a line ends. Does not know: pages, fonts (it is told how wide a word is), PDF.
 */

/** Words that lose their first letter: the mark before them is an apostrophe, not an opening quotation mark. */
const CLIPPED = /^(?:em|pon|phone|tis|twas|twere|twould)\b/i;

/** Straight quotation marks as a printer sets them. */
export function curlyQuotes(text: string): string {
  return text.replace(/["']/g, (mark, at: number) => {
    const before = text[at - 1] ?? " ";
    const opens = /[\s(\[{]/.test(before) || (/["'—-]/.test(before) && opensAfterMark(text, at));
    if (mark === '"') return opens ? "“" : "”";
    return opens && !CLIPPED.test(text.slice(at + 1)) ? "‘" : "’";
  });
}

/** After a dash or another mark the next letter decides: a letter right behind the mark makes it an opening one. */
function opensAfterMark(text: string, at: number): boolean {
  const next = text[at + 1] ?? " ";
  if (!/[\p{L}\p{N}"'‘“]/u.test(next)) return false;
  const before = text[at - 1] ?? " ";
  if (before === "—") return true;
  if (before === "-") return false;
  const further = text[at - 2] ?? " ";
  return /[\s(—]/.test(further);
}

/** One line: its words, and whether it is the paragraph's last (set without stretching). */
export interface SetLine {
  readonly text: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

interface Piece {
  readonly text: string;
  /** A space stands before it when it is not first on its line; pieces after a dash join without one. */
  readonly spaced: boolean;
  readonly width: number;
}

/** Breaks after spaces and after dashes; hyphens are left whole, so that the text can be copied as it was. */
function pieces(text: string, widthOf: (text: string) => number): Piece[] {
  const found: Piece[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    word.split(/(?<=—)(?=[^—”’"'.,;:!?)\]])/u).forEach((part, i) => {
      found.push({ text: part, spaced: i === 0, width: widthOf(part) });
    });
  }
  return found;
}

/**
 * Total-fit line breaking (Knuth and Plass 1981, without hyphenation): the sum of squared looseness is least.
 * Units: points. `indent` shortens the first line.
 */
export function breakLines(
  text: string,
  measure: number,
  indent: number,
  space: number,
  widthOf: (text: string) => number,
): SetLine[] {
  const parts = pieces(text, widthOf);
  const best: { cost: number; from: number }[] = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= parts.length; end += 1) {
    let choice = { cost: Infinity, from: end - 1 };
    let width = 0;
    let gaps = 0;
    for (let from = end - 1; from >= 0; from -= 1) {
      const piece = parts[from];
      const follower = parts[from + 1];
      if (piece === undefined) break;
      width += piece.width;
      if (from + 1 < end && follower?.spaced === true) {
        width += space;
        gaps += 1;
      }
      const room = measure - (from === 0 ? indent : 0) - width;
      // Spaces never shrink: tight lines are hard to read, for people and for programs.
      if (room < 0 && from < end - 1) break;
      const before = best[from]?.cost ?? Infinity;
      const cost = before + looseness(room, gaps, space, end === parts.length);
      if (cost < choice.cost) choice = { cost, from };
    }
    best.push(choice);
  }
  return linesFrom(parts, best);
}

function looseness(room: number, gaps: number, space: number, isLast: boolean): number {
  if (isLast && room >= 0) return 0;
  const stretch = Math.abs(room) / Math.max(1, gaps) / space;
  return (1 + stretch ** 3) ** 2 + (gaps === 0 ? 50 : 0);
}

function linesFrom(parts: readonly Piece[], best: readonly { from: number }[]): SetLine[] {
  const lines: SetLine[] = [];
  for (let end = parts.length; end > 0; ) {
    const from = best[end]?.from ?? 0;
    const text = parts
      .slice(from, end)
      .map((piece, i) => (i > 0 && piece.spaced ? " " : "") + piece.text)
      .join("");
    lines.unshift({ text, isFirst: from === 0, isLast: end === parts.length });
    end = from;
  }
  return lines;
}
