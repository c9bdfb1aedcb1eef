/**
 * What a parser process writes, one JSON row a line, and what the engine accepts.
 * Order: one `document`, then `page`/`file`/`block`/`outline`/`skipped`/`warning` rows in reading order, then one `end`.
 * Hostile bytes may have produced these rows: the engine checks each against this schema and every stated limit.
 * Knows nothing about chunks, tokens, the store.
 *
 * Text: NFC, newlines "\n", no NUL, no lone surrogates. Boxes: points from the page's top left corner, y downwards.
 */
import { z } from "zod";
import { documentFormat } from "../protocol/dto.ts";

/** No block is longer (UTF-16 units): parsers split longer ones at a line or sentence border. */
export const MAX_BLOCK_CHARACTERS = 20_000;

const text = z.string().max(MAX_BLOCK_CHARACTERS);
const short = z.string().max(2_000);
const count = z.number().int().nonnegative();

export const documentRow = z.object({
  type: z.literal("document"),
  format: documentFormat,
  title: short,
  author: short,
  metadata: z.record(z.string().max(200), short),
  /** Hex sha256 of the source's bytes; of a repository: of the sorted list of (path, sha256). */
  sha256: z.string().length(64),
  sizeBytes: count,
  /** Pages of a paged document, else 0. */
  pages: count,
});

export const pageRow = z.object({
  type: z.literal("page"),
  page: count.min(1),
  label: short,
  width: z.number(),
  height: z.number(),
  /** No text layer but painted images: a picture of text. */
  isPicture: z.boolean(),
});

/** A file of a repository; its blocks follow, unless `unchanged` (same sha256 as the engine said it knows). */
export const fileRow = z.object({
  type: z.literal("file"),
  path: z.string().min(1).max(4_096),
  language: z.string().max(60),
  sizeBytes: count,
  sha256: z.string().length(64),
  lines: count,
  unchanged: z.boolean(),
});

/** One printed line of a block: range within the block's text, and its box. */
export const lineRow = z.tuple([count, count, z.number(), z.number(), z.number(), z.number()]);

export const blockRow = z.object({
  type: z.literal("block"),
  kind: z.enum(["heading", "paragraph", "list", "code", "table", "caption", "note"]),
  text,
  /** Heading depth, 1 = top; 0 for other blocks. */
  level: count.max(12),
  /** Page on which the block stands; a block never spans pages. null without pages. */
  page: count.min(1).nullable(),
  /** Source lines of a text or code file. null without lines. */
  line: count.min(1).nullable(),
  endLine: count.min(1).nullable(),
  /** Goes on from the block before it in mid-sentence (a page or column break): joined by a space, not a blank line. */
  continues: z.boolean(),
  /** White, tiny, off the page: kept, labelled, never quoted first. */
  hidden: z.boolean(),
  lines: z.array(lineRow).max(5_000),
});

/** An entry of the document's own outline. `block`: index (from 0, over all block rows) of the first block it covers. */
export const outlineRow = z.object({
  type: z.literal("outline"),
  level: count.min(1).max(12),
  title: short,
  page: count.min(1).nullable(),
  block: count.nullable(),
});

export const skippedRow = z.object({ type: z.literal("skipped"), path: z.string().max(4_096), reason: short });
export const warningRow = z.object({ type: z.literal("warning"), message: short, page: count.min(1).nullable() });
/** The parser's last word: it saw everything. Without it the import fails. */
export const endRow = z.object({ type: z.literal("end"), blocks: count });

export const parserRow = z.discriminatedUnion("type", [
  documentRow,
  pageRow,
  fileRow,
  blockRow,
  outlineRow,
  skippedRow,
  warningRow,
  endRow,
]);
export type ParserRow = z.infer<typeof parserRow>;
export type DocumentRow = z.infer<typeof documentRow>;
export type PageRow = z.infer<typeof pageRow>;
export type FileRow = z.infer<typeof fileRow>;
export type BlockRow = z.infer<typeof blockRow>;
export type OutlineRow = z.infer<typeof outlineRow>;

/** What the host sends a parser over IPC: the one grant, and where to write `rows.ndjson`. */
export interface ParserOrder {
  readonly source: string;
  readonly outFolder: string;
  readonly password?: string;
  /** sha256 of files already stored, by path (repositories). */
  readonly known?: Readonly<Record<string, string>>;
}

/** What a parser says over IPC while it works, and at its end. Errors carry an EngineError envelope. */
export type ParserMessage =
  | {
      readonly type: "progress";
      readonly done: number;
      readonly total: number;
      readonly unit: "pages" | "files" | "bytes";
    }
  | { readonly type: "done" }
  | { readonly type: "error"; readonly code: string; readonly message: string; readonly hint: string };
