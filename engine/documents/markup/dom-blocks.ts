/**
 * A page's tree to blocks: headings, paragraphs, list items, tables row by row, preformatted text line by line.
 * Scripts, styles and embedded things are left out; what the page hides is kept and marked hidden; text only, so links
 * and pictures leave their words behind. EPUB, DOCX (through mammoth) and HTML share it. Knows nothing about files.
 */
import { oneLine } from "../clean-text.ts";
import { MAX_MARKUP_DEPTH } from "../limits.ts";
import type { BlockDraft } from "../row-writer.ts";
import { attribute, isElement, localName, textOf, type DomNode } from "./dom.ts";

export interface BlockListener {
  block(draft: BlockDraft): void;
  /** An element with this id begins here: the next block is its first. */
  anchor?(id: string): void;
}

const LEFT_OUT = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "iframe",
  "object",
  "embed",
  "head",
  "svg",
  "canvas",
  "audio",
  "video",
  "button",
  "select",
  "input",
  "textarea",
]);
const BLOCKS = new Set([
  "address",
  "article",
  "aside",
  "blockquote",
  "body",
  "center",
  "dd",
  "details",
  "dialog",
  "div",
  "dl",
  "dt",
  "fieldset",
  "figcaption",
  "figure",
  "footer",
  "form",
  "header",
  "hgroup",
  "hr",
  "html",
  "li",
  "main",
  "nav",
  "ol",
  "p",
  "section",
  "summary",
  "ul",
  "caption",
  "#document",
]);
const HIDING =
  /(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?:\.0*)?\s*(?:;|$)|color\s*:\s*(?:#fff(?:fff)?\b|white\b|transparent\b)|text-indent\s*:\s*-\d{3})/iu;
const DARK = /background(?:-color)?\s*:/iu;

export function domBlocks(root: DomNode, listener: BlockListener): void {
  const walk = new BlockWalk(listener);
  walk.visit(root, { kind: "paragraph", prefix: "", isHidden: false, depth: 0 });
  walk.flush({ kind: "paragraph", prefix: "", isHidden: false, depth: 0 });
}

/** What an element's text becomes. */
interface Surroundings {
  readonly kind: BlockDraft["kind"];
  readonly prefix: string;
  readonly isHidden: boolean;
  readonly depth: number;
}

class BlockWalk {
  readonly #listener: BlockListener;
  #text: string[] = [];

  constructor(listener: BlockListener) {
    this.#listener = listener;
  }

  /** Adds the node's text and ends a block wherever an element does. */
  visit(node: DomNode, around: Surroundings): void {
    if (node.nodeType === 3 || node.nodeType === 4) {
      this.#text.push(node.textContent ?? "");
      return;
    }
    const name = localName(node);
    if (LEFT_OUT.has(name)) return;
    if (around.depth > MAX_MARKUP_DEPTH) {
      this.#text.push(textOf(node));
      return;
    }
    const isHidden = around.isHidden || hides(node);
    if (isHidden !== around.isHidden) this.flush(around);
    const within = { ...around, isHidden, depth: around.depth + 1 };
    this.#anchor(node, around);
    this.#element(node, name, within);
    if (isHidden !== around.isHidden) this.flush(within);
  }

  /** Ends the block in hand. */
  flush({ kind, prefix, isHidden }: Surroundings): void {
    const text = this.#text
      .join("")
      .split("\n\u0000")
      .map(oneLine)
      .filter((line) => line !== "")
      .join("\n");
    this.#text = [];
    if (text !== "") this.#listener.block({ kind, text: prefix + text, hidden: isHidden });
  }

  #element(node: DomNode, name: string, within: Surroundings): void {
    const heading = /^h([1-6])$/u.exec(name);
    if (heading !== null) return this.#heading(node, Number(heading[1]), within);
    switch (name) {
      case "br":
        this.#text.push("\n\u0000"); // a mark that no text can hold: cleaned text has no NUL
        return;
      case "img":
      case "image":
        this.#text.push(` ${attribute(node, "alt")} `);
        return;
      case "pre":
      case "listing":
        return this.#preformatted(node, within);
      case "table":
        return this.#table(node, within);
      case "li":
        return this.#asBlock(node, { ...within, kind: "list", prefix: this.#bulletOf(node) });
      case "figcaption":
      case "caption":
        return this.#asBlock(node, { ...within, kind: "caption", prefix: "" });
      case "aside":
        return this.#asBlock(node, { ...within, kind: "note", prefix: "" });
      default:
        if (BLOCKS.has(name)) this.#asBlock(node, name === "p" || name === "div" ? within : { ...within, prefix: "" });
        else for (const child of node.childNodes) this.visit(child, within);
    }
  }

  #asBlock(node: DomNode, within: Surroundings): void {
    this.flush({ ...within, kind: within.kind === "list" ? "paragraph" : within.kind, prefix: "" });
    let inside = within;
    for (const child of node.childNodes) {
      const before = this.#text.length;
      this.visit(child, inside);
      // The bullet stands before the item's first block only.
      if (inside.prefix !== "" && before > 0 && this.#text.length === 0) inside = { ...inside, prefix: "" };
    }
    this.flush(inside);
  }

  #heading(node: DomNode, level: number, within: Surroundings): void {
    this.flush(within);
    const text = oneLine(visibleText(node));
    if (text !== "") this.#listener.block({ kind: "heading", text, level, hidden: within.isHidden });
  }

  #preformatted(node: DomNode, within: Surroundings): void {
    this.flush(within);
    const text = textOf(node)
      .replace(/\r\n?/gu, "\n")
      .replace(/^\n|\s+$/gu, "");
    if (text.trim() !== "") this.#listener.block({ kind: "code", text, hidden: within.isHidden });
  }

  /** One line a row, cells apart; tables inside cells become their text. */
  #table(node: DomNode, within: Surroundings): void {
    this.flush(within);
    const rows: string[] = [];
    const stack = [...node.childNodes].toReversed();
    while (stack.length > 0) {
      const part = stack.pop();
      if (part === undefined) break;
      if (!isElement(part)) continue;
      const name = localName(part);
      if (name === "caption") this.#asBlock(part, { ...within, kind: "caption", prefix: "" });
      else if (name === "tr") rows.push(rowOf(part));
      else for (const child of [...part.childNodes].toReversed()) stack.push(child);
    }
    const text = rows.filter((row) => row.replaceAll("|", "").trim() !== "").join("\n");
    if (text !== "") this.#listener.block({ kind: "table", text, hidden: within.isHidden });
  }

  #bulletOf(node: DomNode): string {
    const parent = Reflect.get(node, "parentNode");
    const isOrdered =
      typeof parent === "object" && parent !== null && String(Reflect.get(parent, "nodeName")).toLowerCase() === "ol";
    if (!isOrdered) return "• ";
    const siblings: unknown = Reflect.get(parent, "children");
    const place = Array.isArray(siblings) ? siblings.indexOf(node) + 1 : 0;
    return place > 0 ? `${place}. ` : "• ";
  }

  /** An id belongs to the block that begins with it, also when it stands in front of one. */
  #anchor(node: DomNode, around: Surroundings): void {
    const id = attribute(node, "id") || (localName(node) === "a" ? attribute(node, "name") : "");
    if (id === "" || this.#listener.anchor === undefined) return;
    if (BLOCKS.has(localName(node)) || /^h[1-6]$/u.test(localName(node))) this.flush(around);
    this.#listener.anchor(id);
  }
}

/** `1 | 2 | 3` of one row. */
function rowOf(row: DomNode): string {
  const cells: string[] = [];
  for (const cell of row.childNodes) if (isElement(cell)) cells.push(oneLine(visibleText(cell)));
  return cells.join(" | ");
}

/** Text without scripts and styles, alternative texts of pictures included. */
function visibleText(root: DomNode): string {
  const parts: string[] = [];
  const stack: DomNode[] = [root];
  while (stack.length > 0) {
    const node = stack.pop();
    if (node === undefined) break;
    const name = localName(node);
    if (node.nodeType === 3 || node.nodeType === 4) parts.push(node.textContent ?? "");
    else if (name === "img") parts.push(` ${attribute(node, "alt")} `);
    else if (name === "br") parts.push(" ");
    else if (!LEFT_OUT.has(name)) {
      if (BLOCKS.has(name)) parts.push(" ");
      for (const child of [...node.childNodes].toReversed()) stack.push(child);
    }
  }
  return parts.join("");
}

/** White on a background of its own can be read. */
function hides(node: DomNode): boolean {
  if (node.getAttribute === undefined || !isElement(node)) return false;
  const style = attribute(node, "style");
  if (node.getAttribute("hidden") !== null) return true;
  return (
    style !== "" &&
    HIDING.test(style) &&
    !(DARK.test(style) && !/display|visibility|font-size|opacity|indent/iu.test(style))
  );
}
