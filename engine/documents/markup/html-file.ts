/**
 * An HTML page to rows, as text only: nothing it refers to is ever loaded. Where readability finds the article, menus
 * and side matter around it are left out, and the rows say how much; otherwise the whole page is read.
 * The ONLY importer of readability. Knows nothing about blocks.
 */
import { Readability } from "@mozilla/readability";
import { basename } from "node:path";
import { oneLine } from "../clean-text.ts";
import { withoutText } from "../document-errors.ts";
import { MAX_MARKUP_BYTES } from "../limits.ts";
import type { Reading } from "../read-document.ts";
import type { BlockDraft } from "../row-writer.ts";
import { readWhole, type SourceFile } from "../source-file.ts";
import {
  DETECT_BYTES,
  decodeAll,
  decodingWarning,
  detectEncoding,
  isKnownEncoding,
  type Encoding,
} from "../text/decode-text.ts";
import { attribute, descendants, firstOf, parsePage, textOf, type DomNode } from "./dom.ts";
import { domBlocks } from "./dom-blocks.ts";

/** The article must hold this part of the page's words, else the page is read whole. */
const ARTICLE_SHARE = 0.5;
/** An article that is nearly all of the page: then the page as it stands is the better source. */
const FULL_SHARE = 0.97;
/** Readability's time grows with the number of elements; larger pages are read whole. */
const MAX_ELEMENTS = 60_000;

export function readHtmlFile(file: SourceFile, { writer, report }: Reading): Promise<void> {
  const { bytes, sha256 } = readWhole(file, MAX_MARKUP_BYTES);
  const encoding = encodingOf(bytes);
  const { text, replaced } = decodeAll(bytes, encoding);
  const isXhtml = /^\s*<\?xml/u.test(text) || /\.(xhtml|xht)$/iu.test(file.name);
  const page = parsePage(text, isXhtml);
  const facts = factsOf(page, file.name);
  const whole = blocksOf(page);
  const article = readArticle(text, isXhtml, page);
  const isArticle =
    article !== null &&
    wordsOf(article) >= wordsOf(whole) * ARTICLE_SHARE &&
    wordsOf(article) < wordsOf(whole) * FULL_SHARE;
  const drafts = isArticle ? withOwnLevels(article, whole) : whole;
  writer.document({
    format: "html",
    ...facts,
    metadata: { Encoding: encoding.name },
    sha256,
    sizeBytes: file.sizeBytes,
    pages: 0,
  });
  for (const draft of drafts) {
    const index = writer.block(draft);
    if (draft.kind === "heading" && index !== null)
      writer.outline({ level: draft.level ?? 1, title: draft.text, page: null, block: index });
  }
  report({ done: file.sizeBytes, total: file.sizeBytes, unit: "bytes" });
  if (writer.blocks === 0) throw withoutText(file.name);
  const left = wordsOf(whole) - wordsOf(drafts);
  if (left > 0)
    writer.warning(`${left.toLocaleString("en-US")} words around the article (menus, side matter) were left out.`);
  const warning = decodingWarning(encoding, replaced);
  if (warning !== null) writer.warning(warning);
  return Promise.resolve();
}

function blocksOf(root: DomNode): BlockDraft[] {
  const drafts: BlockDraft[] = [];
  domBlocks(root, { block: (draft) => drafts.push(draft) });
  return drafts;
}

/** Readability turns h1 into h2: headings get back the level that the page gave them. */
function withOwnLevels(article: readonly BlockDraft[], whole: readonly BlockDraft[]): BlockDraft[] {
  const levels = new Map(
    whole.filter((draft) => draft.kind === "heading").map((draft) => [draft.text, draft.level ?? 1]),
  );
  return article.map((draft) =>
    draft.kind === "heading" ? { ...draft, level: levels.get(draft.text) ?? draft.level ?? 1 } : draft,
  );
}

function wordsOf(drafts: readonly BlockDraft[]): number {
  return drafts.reduce((sum, draft) => sum + draft.text.split(/\s+/u).length, 0);
}

/** Readability changes the tree it works on, so it gets one of its own. Null where it finds no article or fails. */
function readArticle(text: string, isXhtml: boolean, page: DomNode): BlockDraft[] | null {
  if (descendants(page, "p").next().done === true || countElements(page) > MAX_ELEMENTS) return null;
  try {
    const copy: unknown = parsePage(text, isXhtml);
    // The document of linkedom stands in for a browser's; readability's own tests use another such stand-in.
    const article = new Readability(copy as ConstructorParameters<typeof Readability>[0], {
      keepClasses: false,
    }).parse();
    const content = article?.content;
    return typeof content === "string" ? blocksOf(parsePage(content, false)) : null;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return null; // odd trees: the page is read whole
    throw error;
  }
}

function countElements(page: DomNode): number {
  let count = 0;
  const stack: DomNode[] = [page];
  while (stack.length > 0 && count <= MAX_ELEMENTS) {
    const node = stack.pop();
    if (node === undefined) break;
    count += 1;
    for (const child of node.childNodes) stack.push(child);
  }
  return count;
}

function factsOf(page: DomNode, name: string): { title: string; author: string } {
  const titleNode = firstOf(page, "title");
  const heading = firstOf(page, "h1");
  const title =
    (titleNode === null ? "" : oneLine(textOf(titleNode))) || (heading === null ? "" : oneLine(textOf(heading)));
  let author = "";
  for (const meta of descendants(page, "meta")) {
    if (attribute(meta, "name").toLowerCase() === "author") author = oneLine(attribute(meta, "content"));
  }
  return { title: title || basename(name).replace(/\.[^.]{1,8}$/u, ""), author };
}

/** A mark at the start wins, then what the page declares, then detection. */
function encodingOf(bytes: Uint8Array): Encoding {
  const detected = detectEncoding(bytes.subarray(0, DETECT_BYTES));
  if (detected.markBytes > 0 || !detected.isGuess) return detected;
  const start = Buffer.from(bytes.subarray(0, 4_096)).toString("latin1");
  const declared =
    /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)/iu.exec(start)?.[1] ??
    /^<\?xml[^>]*encoding=["']([\w-]+)/iu.exec(start)?.[1];
  if (declared === undefined || !isKnownEncoding(declared)) return detected;
  return {
    name: /^(iso-8859-1|latin1|us-ascii)$/iu.test(declared) ? "windows-1252" : declared.toLowerCase(),
    markBytes: 0,
    isGuess: false,
  };
}
