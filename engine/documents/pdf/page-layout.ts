/**
 * One page of pdf.js to lines in reading order, with boxes on the page as a reader sees it.
 * Joins the stages: operators, runs, reading order. Knows nothing about other pages.
 */
import { asMatrix, IDENTITY, multiply, type Matrix } from "./matrix.ts";
import type { Box, PageLayout, PrintedText, Run, TextLine } from "./page-model.ts";
import { readOperators, type FontFacts } from "./page-operators.ts";
import { fromFrame, makeRuns } from "./page-runs.ts";
import type { OpenPdf, PDFPageProxy } from "./pdf-runtime.ts";
import { orderRuns, type RunLine } from "./reading-order.ts";

/** Reads a page; throws what pdf.js throws when the page is damaged. */
export async function layOutPage(page: PDFPageProxy, label: string, pdf: OpenPdf): Promise<PageLayout> {
  const viewport = page.getViewport({ scale: 1 });
  const { width, height } = viewport;
  const base = asMatrix(viewport.transform) ?? IDENTITY;
  const list = await page.getOperatorList({ annotationMode: pdf.annotationsOff });
  const print = readOperators(list, pdf.operators, base, { width, height }, fontReader(page));
  const texts = print.needsTextContent ? await readTextContent(page, base) : print.texts;
  const lines: TextLine[] = [];
  const groups = makeRuns(texts, { width, height });
  // What nobody sees comes last, so that it never stands in the middle of a sentence that people read.
  for (const hidden of [false, true]) {
    for (const [index, group] of groups.entries()) {
      const firstColumn = (lines.at(-1)?.column ?? -1) + 1;
      const runs = group.runs.filter((run) => run.isHidden === hidden);
      for (const line of orderRuns(runs, firstColumn)) lines.push(placeLine(line, group.angle, index > 0));
    }
  }
  page.cleanup();
  return {
    page: page.pageNumber,
    label,
    width,
    height,
    base,
    lines,
    isPicture: lines.length === 0 && print.hasPicture,
  };
}

/** What pdf.js keeps on its font objects, which it hands over with the operators. */
function fontReader(page: PDFPageProxy): (name: string) => FontFacts {
  const known = new Map<string, FontFacts>();
  return (name) => {
    const facts = known.get(name) ?? fontFacts(page, name);
    known.set(name, facts);
    return facts;
  };
}

function fontFacts(page: PDFPageProxy, name: string): FontFacts {
  const font: unknown = name !== "" && page.commonObjs.has(name) ? page.commonObjs.get(name) : null;
  if (typeof font !== "object" || font === null)
    return { isBold: false, isMono: false, isVertical: false, isDrawn: false };
  return {
    isBold: Reflect.get(font, "bold") === true || Reflect.get(font, "black") === true,
    isMono: Reflect.get(font, "fallbackName") === "monospace",
    isVertical: Reflect.get(font, "vertical") === true,
    isDrawn: Reflect.get(font, "isType3Font") === true,
  };
}

/** pdf.js's own text: it knows drawn and vertical fonts. */
async function readTextContent(page: PDFPageProxy, base: Matrix): Promise<PrintedText[]> {
  const content = await page.getTextContent();
  const scale = Math.hypot(base[0], base[1]);
  const texts: PrintedText[] = [];
  for (const item of content.items) {
    if (!("str" in item)) continue;
    const own = asMatrix(item.transform);
    if (own === null) continue;
    const style = content.styles[item.fontName];
    const isVertical = style?.vertical ?? false;
    texts.push({
      text: item.hasEOL ? `${item.str} ` : item.str,
      matrix: multiply(base, own),
      length: (isVertical ? item.height : item.width) * scale,
      isBold: false,
      isMono: style?.fontFamily === "monospace",
      isVertical,
      isRightToLeft: item.dir === "rtl",
      isHidden: false,
    });
  }
  return texts;
}

function placeLine(line: RunLine, angle: number, isAside: boolean): TextLine {
  const box = around(line.runs);
  const sizes = new Map<number, number>();
  let bold = 0;
  let mono = 0;
  let characters = 0;
  for (const run of line.runs) {
    const length = run.text.length;
    sizes.set(run.size, (sizes.get(run.size) ?? 0) + length);
    characters += length;
    if (run.isBold) bold += length;
    if (run.isMono) mono += length;
  }
  const size = [...sizes].reduce((most, entry) => (entry[1] > most[1] ? entry : most))[0];
  const main = line.runs.find((run) => run.size === size) ?? line.runs[0];
  return {
    ...box,
    text: line.text,
    pageBox: fromFrame(box, angle),
    baseline: main.baseline,
    size,
    isBold: bold > characters * 0.8,
    isMono: mono > characters * 0.8,
    isHidden: line.runs[0].isHidden,
    column: line.column,
    isAside,
  };
}

function around(runs: readonly Run[]): Box {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const run of runs) {
    x0 = Math.min(x0, run.x0);
    y0 = Math.min(y0, run.y0);
    x1 = Math.max(x1, run.x1);
    y1 = Math.max(y1, run.y1);
  }
  return { x0, y0, x1, y1 };
}
