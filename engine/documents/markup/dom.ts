/**
 * The ONLY importer of linkedom. HTML and XML text to a tree, seen through the few properties that readers use.
 * htmlparser2 below it expands no custom entities and loads nothing. Knows nothing about blocks.
 */
import { DOMParser, parseHTML } from "linkedom";

/** A node as readers see it: elements (1), text (3), CDATA (4); anything else is skipped. */
export interface DomNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly childNodes: ArrayLike<DomNode> & Iterable<DomNode>;
  readonly textContent: string | null;
  getAttribute?(name: string): string | null;
}

const ELEMENT = 1;
/** Elements that XHTML may close by themselves and HTML may not; an open <title> would swallow the whole book. */
const SELF_CLOSED =
  /<((?!area\b|base\b|br\b|col\b|embed\b|hr\b|img\b|input\b|link\b|meta\b|source\b|track\b|wbr\b)[a-z][a-z0-9:]*)((?:\s[^<>]*)?)\/>/giu;

/** An HTML page; `isXhtml` for text whose empty elements close themselves. */
export function parsePage(html: string, isXhtml: boolean): DomNode {
  const source = isXhtml ? html.replace(/^\s*<\?xml[^>]*\?>/u, "").replace(SELF_CLOSED, "<$1$2></$1>") : html;
  const page: { document: DomNode } = parseHTML(
    /<html[\s>]/iu.test(source) ? source : `<html><body>${source}</body></html>`,
  );
  return page.document;
}

export function parseXml(xml: string): DomNode {
  const document: DomNode = new DOMParser().parseFromString(xml, "text/xml");
  return document;
}

/** The name without its prefix, in lower case. */
export function localName(node: DomNode): string {
  return (node.nodeName.split(":").pop() ?? "").toLowerCase();
}

export function isElement(node: DomNode): boolean {
  return node.nodeType === ELEMENT;
}

export function attribute(node: DomNode, name: string): string {
  return node.getAttribute?.(name) ?? "";
}

/** Elements of that local name below `root`, in document order. Walks without recursion. */
export function* descendants(root: DomNode, name: string): Generator<DomNode> {
  const stack = [...root.childNodes].toReversed();
  while (stack.length > 0) {
    const node = stack.pop();
    if (node === undefined) return;
    if (!isElement(node)) continue;
    if (localName(node) === name) yield node;
    for (const child of [...node.childNodes].toReversed()) stack.push(child);
  }
}

export function firstOf(root: DomNode, name: string): DomNode | null {
  return descendants(root, name).next().value ?? null;
}

/** All text below a node, in order, without recursion. */
export function textOf(root: DomNode): string {
  const parts: string[] = [];
  const stack: DomNode[] = [root];
  while (stack.length > 0) {
    const node = stack.pop();
    if (node === undefined) break;
    if (node.nodeType === 3 || node.nodeType === 4) parts.push(node.textContent ?? "");
    else for (const child of [...node.childNodes].toReversed()) stack.push(child);
  }
  return parts.join("");
}
