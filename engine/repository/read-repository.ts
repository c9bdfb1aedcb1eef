/**
 * A folder or git repository to rows: every file that git would show and a person would read, in order of path, with
 * the blocks of those that the engine does not know yet; every other one with its reason.
 * First pass: walk, read, hash, judge. Second pass: blocks. Each counts half in the progress. Knows the order of the steps; each step is its own file.
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { throwIfCancelled } from "../base/abort.ts";
import { cleanText, oneLine } from "../documents/clean-text.ts";
import { tooLarge, unreadable } from "../documents/document-errors.ts";
import {
  MAX_REPOSITORY_BYTES,
  MAX_REPOSITORY_FILES,
  MAX_REPOSITORY_FILE_BYTES,
  MAX_SKIPPED_ROWS,
} from "../documents/limits.ts";
import { markdownBlocks } from "../documents/markup/markdown-blocks.ts";
import type { Reading } from "../documents/read-document.ts";
import type { RowWriter } from "../documents/row-writer.ts";
import { decodeAll, detectEncoding } from "../documents/text/decode-text.ts";
import { TextBlocks } from "../documents/text/text-blocks.ts";
import { codeBlocks } from "./code-blocks.ts";
import { readGitRecords, type GitRecords } from "./git-records.ts";
import { isProse, languageOf } from "./language.ts";
import { readInside } from "./read-inside.ts";
import { reasonBeforeReading, reasonInBytes, reasonInText } from "./set-aside.ts";
import { walkFolder, type Walk } from "./walk-folder.ts";

interface ReadableFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly lines: number;
  readonly language: string;
  /** null when the first pass let go of it to save memory. */
  readonly text: string | null;
}

/** Text kept from the first pass for the second, in UTF-16 units. */
const KEEP_CHARACTERS = 96 * 1024 * 1024;

/** `known`: sha256 of stored files by path. DocumentTooLarge, DocumentUnreadable when nothing can be read. */
export async function readRepository(
  root: string,
  known: Readonly<Record<string, string>>,
  reading: Reading,
): Promise<void> {
  const { writer, report, signal } = reading;
  const name = oneLine(basename(root)) || "folder";
  const git = readGitRecords(root);
  const walk = walkFolder(root, git, signal);
  if (walk.files.length > MAX_REPOSITORY_FILES) {
    throw tooLarge(
      `${name} has too many files`,
      walk.files.length,
      MAX_REPOSITORY_FILES,
      "files",
      "Open one of its folders, or add what is generated to .gitignore.",
    );
  }
  const files = judgeFiles(root, name, walk, reading);
  if (files.length === 0) throw nothingToRead(name, walk);
  writeDocument(writer, name, git, files);
  for (const [index, file] of files.entries()) {
    throwIfCancelled(signal);
    const unchanged = known[file.path] === file.sha256;
    const text = unchanged ? "" : (file.text ?? readAgain(root, file));
    if (text === null) walk.skipped.push({ path: file.path, reason: "changed while it was being read" });
    else writeFile(writer, file, unchanged, text);
    report({ done: Math.floor((files.length + index + 1) / 2), total: files.length, unit: "files" });
  }
  writeSkipped(writer, walk);
  await Promise.resolve();
}

/** Reads and hashes every found file; those that are set aside move to `walk.skipped`. */
function judgeFiles(root: string, name: string, walk: Walk, { report, signal }: Reading): ReadableFile[] {
  const files: ReadableFile[] = [];
  let kept = 0;
  let bytesRead = 0;
  for (const [index, { path, sizeBytes }] of walk.files.entries()) {
    throwIfCancelled(signal);
    report({ done: Math.floor(index / 2), total: walk.files.length, unit: "files" });
    const early = reasonBeforeReading(path, sizeBytes);
    const bytes = early === null ? readInside(root, path, MAX_REPOSITORY_FILE_BYTES) : null;
    const reason = early ?? (bytes === null ? "the file may not be read" : reasonInBytes(bytes));
    if (reason !== null || bytes === null) {
      walk.skipped.push({ path, reason: reason ?? "the file may not be read" });
      continue;
    }
    bytesRead += bytes.length;
    if (bytesRead > MAX_REPOSITORY_BYTES) {
      throw tooLarge(
        `${name} holds too much text`,
        bytesRead,
        MAX_REPOSITORY_BYTES,
        "bytes",
        "Open one of its folders, or add what is generated to .gitignore.",
      );
    }
    const text = textOf(bytes);
    const late = reasonInText(path, text);
    if (late !== null) {
      walk.skipped.push({ path, reason: late });
      continue;
    }
    kept += text.length;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const language = languageOf(path, text.slice(0, 200).split("\n", 1)[0]);
    files.push({
      path,
      sizeBytes: bytes.length,
      sha256,
      lines: countLines(text),
      language,
      text: kept < KEEP_CHARACTERS ? text : null,
    });
  }
  return files;
}

/** Decoded like any text file; "\n" line ends, so that line numbers are those of every editor. */
function textOf(bytes: Uint8Array): string {
  return cleanText(decodeAll(bytes, detectEncoding(bytes)).text);
}

function countLines(text: string): number {
  if (text === "") return 0;
  const ends = text.split("\n").length;
  return text.endsWith("\n") ? ends - 1 : ends;
}

function readAgain(root: string, file: ReadableFile): string | null {
  const bytes = readInside(root, file.path, MAX_REPOSITORY_FILE_BYTES);
  if (bytes === null || createHash("sha256").update(bytes).digest("hex") !== file.sha256) return null;
  return textOf(bytes);
}

function nothingToRead(name: string, { files, skipped }: Walk): Error {
  const count = files.length + skipped.length;
  const found =
    skipped.length === 0
      ? "it is empty"
      : `all ${count.toLocaleString("en-US")} entries in it were set aside, the first one (${skipped[0].path}) as: ${skipped[0].reason}`;
  return unreadable(`${name} has no file that Longleaf can read: ${found}.`, "Open a folder that holds text or code.");
}

function writeDocument(writer: RowWriter, name: string, git: GitRecords, files: readonly ReadableFile[]): void {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file.path}\u0000${file.sha256}\n`);
  const metadata: Record<string, string> = {
    "Ignore rules": git.isRepository
      ? "those of this repository; the settings of git on this computer were not read"
      : "those of .gitignore files; this folder is no git repository",
  };
  if (git.isRepository) {
    metadata.Branch = git.branch;
    metadata.Commit = git.commit === "" ? "none yet" : git.commit;
  }
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  writer.document({
    format: "repository",
    title: name,
    author: "",
    metadata,
    sha256: hash.digest("hex"),
    sizeBytes,
    pages: 0,
  });
}

function writeFile(writer: RowWriter, file: ReadableFile, unchanged: boolean, text: string): void {
  const { path, sizeBytes, sha256, lines, language } = file;
  writer.file({ path, language, sizeBytes, sha256, lines, unchanged });
  if (unchanged) return;
  if (language === "Markdown") {
    for (const draft of markdownOrLines(text)) writer.block(draft);
  } else if (isProse(language)) {
    const blocks = new TextBlocks((block) => writer.block(block));
    for (const line of text.split("\n")) blocks.add(line);
    blocks.end();
  } else {
    for (const block of codeBlocks(language, text)) writer.block({ ...block, kind: "code" });
  }
}

/** Markdown nested too deeply for its parser is still text. */
function markdownOrLines(text: string): Parameters<RowWriter["block"]>[0][] {
  try {
    return markdownBlocks(text).blocks;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return codeBlocks("Text", text).map((block) => ({ ...block, kind: "paragraph" }));
  }
}

function writeSkipped(writer: RowWriter, walk: Walk): void {
  const sorted = walk.skipped.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  for (const { path, reason } of sorted.slice(0, MAX_SKIPPED_ROWS)) writer.skipped(path, reason);
  if (sorted.length > MAX_SKIPPED_ROWS) {
    writer.warning(
      `${(sorted.length - MAX_SKIPPED_ROWS).toLocaleString("en-US")} more entries were set aside; the list shows the first ${MAX_SKIPPED_ROWS.toLocaleString("en-US")}.`,
    );
  }
  const secrets = sorted.filter(({ reason }) => reason.startsWith("left out as a secret")).length;
  if (secrets > 0)
    writer.warning(
      secrets === 1
        ? "1 file was left out because it holds a secret."
        : `${secrets} files were left out because they hold secrets.`,
    );
  const leaving = sorted.filter(({ reason }) => reason.startsWith("a link that leaves")).length;
  if (leaving > 0)
    writer.warning(
      leaving === 1
        ? "1 link leaves the folder and was not followed."
        : `${leaving} links leave the folder and were not followed.`,
    );
}
