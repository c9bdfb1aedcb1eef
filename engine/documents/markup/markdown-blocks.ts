/**
 * Markdown to blocks with the lines they stand on. Marks are taken off; words of links, alternative texts of pictures
 * and the text inside raw HTML stay, as text. Deeply nested input is cut by depth, not by the stack.
 * Knows nothing about files or rows; repositories use it for their README as well.
 */
import type { Nodes, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import type { BlockDraft } from "../row-writer.ts";

/** Blocks nested deeper are flattened to their text. */
const MAX_DEPTH = 40;
/** Leading quote and list marks of one line beyond this are taken off before parsing: the parser's time grows with their square. */
const MAX_MARKS = 30;

/** Title and author from the front matter, if it has any. */
export interface MarkdownFacts {
  readonly title: string;
  readonly author: string;
}

/** Drafts in order, each with `line` and `endLine`; headings with `level`. */
export function markdownBlocks(source: string): { blocks: BlockDraft[]; facts: MarkdownFacts } {
  const { body, facts } = withoutFrontMatter(source);
  const root: Root = fromMarkdown(flattened(body), { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const blocks: BlockDraft[] = [];
  for (const node of root.children) addNode(node, blocks, 0, "");
  return { blocks, facts };
}

function addNode(node: Nodes, blocks: BlockDraft[], depth: number, mark: string): void {
  const line = node.position?.start.line ?? 1;
  const endLine = node.position?.end.line ?? line;
  const add = (kind: BlockDraft["kind"], text: string, level = 0): void => {
    if (text.trim() !== "") blocks.push({ kind, text: mark + text, level, line, endLine });
  };
  if (depth > MAX_DEPTH) return add("paragraph", plainText(node));
  switch (node.type) {
    case "heading":
      return add("heading", plainText(node), node.depth);
    case "paragraph":
      return add(mark === "" ? "paragraph" : "list", plainText(node));
    case "code":
      return addCode(node.value, line, endLine, blocks);
    case "html":
      return add("paragraph", withoutTags(node.value));
    case "table":
      return add("table", node.children.map((row) => row.children.map(plainText).join(" | ")).join("\n"));
    case "footnoteDefinition":
      for (const child of node.children) addNode(child, blocks, depth + 1, `[${node.identifier}] `);
      return;
    case "blockquote":
      for (const child of node.children) addNode(child, blocks, depth + 1, mark);
      return;
    case "list":
      for (const [index, item] of node.children.entries()) {
        const bullet = node.ordered === true ? `${(node.start ?? 1) + index}. ` : "• ";
        const indent = "  ".repeat(Math.max(0, Math.min(8, depth / 2)));
        for (const [at, child] of item.children.entries())
          addNode(child, blocks, depth + 2, at === 0 && child.type === "paragraph" ? indent + bullet : "");
      }
      return;
    default:
      return;
  }
}

/** A fenced block's text begins a line below its fence. */
function addCode(value: string, line: number, endLine: number, blocks: BlockDraft[]): void {
  if (value.trim() === "") return;
  const lines = value.split("\n").length;
  const isFenced = endLine - line + 1 > lines;
  blocks.push({
    kind: "code",
    text: value,
    line: isFenced ? line + 1 : line,
    endLine: isFenced ? line + lines : endLine,
  });
}

/** The words of a node without its marks. Walks without recursion: nesting is the writer's choice. */
function plainText(node: Nodes): string {
  const parts: string[] = [];
  const stack: Nodes[] = [node];
  while (stack.length > 0) {
    const top = stack.pop();
    if (top === undefined) break;
    if (top.type === "text" || top.type === "inlineCode" || top.type === "code") parts.push(top.value);
    else if (top.type === "html") parts.push(withoutTags(top.value));
    else if (top.type === "break") parts.push("\n");
    else if (top.type === "image" || top.type === "imageReference") parts.push(top.alt ?? "");
    else if (top.type === "footnoteReference") parts.push(`[${top.identifier}]`);
    if ("children" in top) for (const child of top.children.toReversed()) stack.push(child);
  }
  // A single line end is a space in Markdown; a hard break stays.
  return parts
    .join("")
    .replace(/[ \t]*\n[ \t]*/gu, " ")
    .trim();
}

function withoutTags(html: string): string {
  return html
    .replace(/<!--[\s\S]*?(?:-->|$)/gu, " ")
    .replace(/<\/?[a-z][^<>]*>/giu, " ")
    .replace(/[ \t]+/gu, " ")
    .trim();
}

/** Front matter gives way to blank lines, so that lines keep their numbers. */
function withoutFrontMatter(source: string): { body: string; facts: MarkdownFacts } {
  const match = /^---[ \t]*\n([\s\S]{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/u.exec(source);
  if (match === null || !/^[\w-]+[ \t]*:/mu.test(match[1])) return { body: source, facts: { title: "", author: "" } };
  const field = (name: string): string => {
    const value = new RegExp(`^${name}[ \\t]*:[ \\t]*(.+)$`, "imu").exec(match[1])?.[1]?.trim() ?? "";
    return value.replace(/^(["'])(.*)\1$/u, "$2");
  };
  const blanks = match[0].replace(/[^\n]/gu, "");
  return { body: blanks + source.slice(match[0].length), facts: { title: field("title"), author: field("author") } };
}

/** Takes hundreds of leading quote or list marks off a line; ordinary lines stay as they are. */
function flattened(source: string): string {
  const marks = new RegExp(`^(?:[ \\t]*(?:>|[-*+]|\\d{1,9}[.)])(?=[ \\t>]|$)){${MAX_MARKS},}`, "gmu");
  return source.replace(marks, "");
}
