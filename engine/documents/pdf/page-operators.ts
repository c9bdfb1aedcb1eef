/**
 * From pdf.js's list of operators to what a page prints: every stretch of text with its place, font and colour.
 * pdf.js's own text extraction keeps no colours and takes twice as long (466 pages: 0.7 s against 1.2 s), so it is left
 * for what needs it: vertical writing and fonts made of drawings (`needsTextContent`).
 * Knows nothing about lines or blocks.
 */
import { asMatrix, IDENTITY, multiply, transformBox, type Matrix } from "./matrix.ts";
import type { PrintedText } from "./page-model.ts";
import { isRightToLeft, toReadingOrder } from "./right-to-left.ts";
import { splitGlyphs } from "./glyph-stretches.ts";
import { initialState, isWhite, PaintedPage, type GraphicsState, type Sight } from "./paint-state.ts";

export interface OperatorList {
  readonly fnArray: readonly number[];
  readonly argsArray: readonly unknown[];
}

/** What the page's fonts are like, by pdf.js's name for them. */
export interface FontFacts {
  readonly isBold: boolean;
  readonly isMono: boolean;
  readonly isVertical: boolean;
  /** Glyphs are drawings in units of their own. */
  readonly isDrawn: boolean;
}

export interface PagePrint {
  readonly texts: readonly PrintedText[];
  readonly hasPicture: boolean;
  readonly needsTextContent: boolean;
}

const MAX_SAVED = 2_000;

/** `base`: the page's viewport transform; `page`: its size in points. */
export function readOperators(
  list: OperatorList,
  operators: Readonly<Record<string, number>>,
  base: Matrix,
  page: { readonly width: number; readonly height: number },
  fontOf: (name: string) => FontFacts,
): PagePrint {
  const names = new Map(Object.entries(operators).map(([name, number]) => [number, name]));
  const walk = new OperatorWalk(names, base, page, fontOf);
  for (const [index, operator] of list.fnArray.entries()) {
    const args = list.argsArray[index];
    walk.step(names.get(operator) ?? "", Array.isArray(args) ? args : [], names.get(list.fnArray[index + 1]));
  }
  return walk.result();
}

class OperatorWalk {
  readonly #names: ReadonlyMap<number, string>;
  readonly #painted: PaintedPage;
  readonly #fontOf: (name: string) => FontFacts;
  readonly #saved: GraphicsState[] = [];
  readonly #texts: { text: Omit<PrintedText, "isHidden">; sight: Sight }[] = [];
  #state: GraphicsState;
  #textMatrix: Matrix = IDENTITY;
  #lineMatrix: Matrix = IDENTITY;
  #needsTextContent = false;

  constructor(
    names: ReadonlyMap<number, string>,
    base: Matrix,
    page: { readonly width: number; readonly height: number },
    fontOf: (name: string) => FontFacts,
  ) {
    this.#names = names;
    this.#painted = new PaintedPage(page);
    this.#fontOf = fontOf;
    this.#state = initialState(base);
  }

  result(): PagePrint {
    const { hasPicture, hasScan } = this.#painted;
    const texts = this.#texts.map(({ text, sight }) => ({
      ...text,
      isHidden: sight === "unseen" || (sight === "layer" && !hasScan),
    }));
    return { texts, hasPicture, needsTextContent: this.#needsTextContent };
  }

  /** One operator; `next` is the name of the one after it. */
  step(name: string, args: readonly unknown[], next: string | undefined): void {
    const state = this.#state;
    switch (name) {
      case "save":
        this.#save();
        return;
      case "restore":
      case "paintFormXObjectEnd":
        this.#state = this.#saved.pop() ?? state;
        return;
      case "paintFormXObjectBegin":
        this.#save();
        this.#transform(args[0]);
        return;
      case "transform":
        this.#transform(args);
        // maxImageSize leaves a picture out of the list: what stays is its place, "save, transform, restore".
        if (next === "restore") this.#painted.addPicture(this.#state.matrix);
        return;
      case "setFillRGBColor":
        state.isWhite = isWhite(args[0]);
        state.isClear = false;
        return;
      case "setFillTransparent":
        state.isClear = true;
        return;
      case "setFillColorN":
        state.isWhite = false;
        state.isClear = false;
        return;
      case "setGState":
        this.#setGraphicsState(args[0]);
        return;
      case "constructPath":
        this.#paintPath(args);
        return;
      case "shadingFill":
        this.#painted.addShading();
        return;
      case "paintImageXObject":
      case "paintInlineImageXObject":
      case "paintImageMaskXObject":
      case "paintSolidColorImageMask":
        this.#painted.addPicture(state.matrix);
        return;
      default:
        this.#textStep(name, args);
    }
  }

  #textStep(name: string, args: readonly unknown[]): void {
    const state = this.#state;
    switch (name) {
      case "beginText":
        this.#textMatrix = IDENTITY;
        this.#lineMatrix = IDENTITY;
        return;
      case "setTextMatrix":
        this.#lineMatrix = asMatrix(args[0]) ?? this.#lineMatrix;
        this.#textMatrix = this.#lineMatrix;
        return;
      case "moveText":
        this.#moveText(numberOf(args[0]), numberOf(args[1]));
        return;
      case "nextLine":
        this.#moveText(0, state.leading);
        return;
      case "setLeading":
        state.leading = -numberOf(args[0]);
        return;
      case "setFont":
        state.fontName = typeof args[0] === "string" ? args[0] : "";
        state.size = numberOf(args[1]);
        return;
      case "setTextRenderingMode":
        state.mode = numberOf(args[0]);
        return;
      case "setTextRise":
        state.rise = numberOf(args[0]);
        return;
      case "setCharSpacing":
        state.charSpacing = numberOf(args[0]);
        return;
      case "setWordSpacing":
        state.wordSpacing = numberOf(args[0]);
        return;
      case "setHScale":
        state.scale = numberOf(args[0]) / 100;
        return;
      case "showText":
        if (Array.isArray(args[0])) this.#showText(args[0]);
        return;
      default:
        return;
    }
  }

  #save(): void {
    if (this.#saved.length < MAX_SAVED) this.#saved.push({ ...this.#state });
  }

  #transform(value: unknown): void {
    const matrix = asMatrix(value);
    if (matrix !== null) this.#state.matrix = multiply(this.#state.matrix, matrix);
  }

  #setGraphicsState(value: unknown): void {
    if (!Array.isArray(value)) return;
    for (const entry of value) {
      if (!Array.isArray(entry)) continue;
      if (entry[0] === "ca") this.#state.alpha = numberOf(entry[1]);
      if (entry[0] === "Font" && Array.isArray(entry[1])) {
        this.#state.fontName = typeof entry[1][0] === "string" ? entry[1][0] : "";
        this.#state.size = numberOf(entry[1][1]);
      }
    }
  }

  #paintPath(args: readonly unknown[]): void {
    const name = typeof args[0] === "number" ? this.#names.get(args[0]) : undefined;
    const bounds: unknown = args[2];
    if (name === undefined || !/fill/iu.test(name) || typeof bounds !== "object" || bounds === null) return;
    const [x0, y0, x1, y1] = [0, 1, 2, 3].map((index) => numberOf(Reflect.get(bounds, index)));
    this.#painted.addArea(this.#state, x0, y0, x1, y1);
  }

  #moveText(x: number, y: number): void {
    this.#lineMatrix = multiply(this.#lineMatrix, [1, 0, 0, 1, x, y]);
    this.#textMatrix = this.#lineMatrix;
  }

  /** Adds the stretches of one string, and moves on by its width. */
  #showText(glyphs: readonly unknown[]): void {
    const state = this.#state;
    const font = this.#fontOf(state.fontName);
    if (font.isDrawn || font.isVertical) this.#needsTextContent = true;
    const { stretches, advance } = splitGlyphs(glyphs, state);
    const toPage = multiply(state.matrix, this.#textMatrix);
    const unit = Math.hypot(toPage[0], toPage[1]);
    for (const { text, from, to } of stretches) {
      const place: Matrix = [state.size * state.scale, 0, 0, state.size, from * state.scale, state.rise];
      const matrix = multiply(toPage, place);
      const sight = this.#painted.sightOf(state, transformBox(matrix, 0, -0.2, (to - from) / (state.size || 1), 0.8));
      const { isBold, isMono } = font;
      const length = Math.abs((to - from) * state.scale) * unit;
      this.#texts.push({
        text: {
          text: toReadingOrder(text),
          matrix,
          length,
          isBold,
          isMono,
          isVertical: false,
          isRightToLeft: isRightToLeft(text),
        },
        sight,
      });
    }
    this.#textMatrix = multiply(this.#textMatrix, [1, 0, 0, 1, advance * state.scale, 0]);
  }
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
