/**
 * The glyphs of one string of a page to stretches of text: letters, ligatures as letters, spaces where gaps show them.
 * Works in text space, before any matrix. Knows nothing about pages or lines.
 */
import type { GraphicsState } from "./paint-state.ts";

/** A gap wider than this is a space, in ems; TeX and others set no space glyphs. */
const SPACE_GAP = 0.17;
/** A gap wider than this separates two stretches of text, in ems. */
const WIDE_GAP = 0.9;
const PRESENTATION = /[\uFB00-\uFB06\uF6BE]/u;

export interface Stretch {
  readonly text: string;
  /** In text space, before the horizontal scale. */
  readonly from: number;
  readonly to: number;
}

interface Letter {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** The letters of one string as stretches without wide gaps; a gap as wide as a space becomes one. */
export function splitGlyphs(
  glyphs: readonly unknown[],
  state: GraphicsState,
): { stretches: Stretch[]; advance: number } {
  const letters: Letter[] = [];
  let advance = 0;
  for (const glyph of glyphs) {
    if (typeof glyph === "number") advance -= glyph * 0.001 * state.size;
    else if (typeof glyph === "object" && glyph !== null) {
      const width = numberOf(Reflect.get(glyph, "width")) * 0.001 * state.size;
      const unicode: unknown = Reflect.get(glyph, "unicode");
      if (typeof unicode === "string" && unicode !== "")
        letters.push({ text: letterOf(unicode), from: advance, to: advance + width });
      advance += width + state.charSpacing + (Reflect.get(glyph, "isSpace") === true ? state.wordSpacing : 0);
    }
  }
  const size = Math.abs(state.size);
  const space = spaceGap(letters, size);
  const stretches: Stretch[] = [];
  let open: { text: string; from: number; to: number } | null = null;
  for (const letter of letters) {
    const gap: number = open === null ? 0 : letter.from - open.to;
    if (open !== null && (gap > Math.max(size * WIDE_GAP, space * 1.5) || gap < -size * 0.6)) {
      stretches.push(open);
      open = null;
    }
    if (open === null) open = { ...letter };
    else {
      open.text += gap > space && letter.text !== " " && !open.text.endsWith(" ") ? ` ${letter.text}` : letter.text;
      open.to = letter.to;
    }
  }
  if (open !== null) stretches.push(open);
  return { stretches, advance };
}

/** Letters set apart ("C H A P T E R") have wide gaps everywhere: there only a still wider one is a space. */
function spaceGap(letters: readonly Letter[], size: number): number {
  const usual = size * SPACE_GAP;
  if (letters.length < 5) return usual;
  const gaps = letters.slice(1).map((letter, index) => letter.from - letters[index].to);
  if (!gaps.some((gap) => gap > usual)) return usual;
  const middle = gaps.toSorted((one, other) => one - other)[Math.floor(gaps.length / 2)];
  return middle > size * 0.08 ? Math.max(usual, middle * 1.6) : usual;
}

/** Ligatures as their letters ("ﬁ" is one glyph, two letters). */
function letterOf(unicode: string): string {
  return PRESENTATION.test(unicode) ? unicode.normalize("NFKC") : unicode;
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
