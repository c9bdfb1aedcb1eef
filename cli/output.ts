/**
 * What commands print: JSON for programs, plain lines for people; errors with exit codes.
 * Document text is data: control characters never reach the terminal.
 */
import { toEnvelope, type Citation, type ErrorCode, type SummaryNode } from "../engine/protocol/index.ts";

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function printLine(text = ""): void {
  process.stdout.write(`${plain(text)}\n`);
}

/** Without escape sequences and other controls that could drive the terminal. */
export function plain(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, "");
}

const exitCodes: Partial<Record<ErrorCode, number>> = {
  InvalidRequest: 2,
  NotFound: 3,
  UnsupportedFormat: 4,
  DocumentUnreadable: 4,
  DocumentTooLarge: 4,
  PasswordRequired: 5,
  ParserFailed: 4,
  ModelMissing: 6,
  ModelIncompatible: 6,
  ModelLoadFailed: 6,
  DiskFull: 7,
  StoreBusy: 8,
  StoreCorrupt: 8,
  StoreTooNew: 8,
  EngineCrashed: 9,
  Cancelled: 130,
};

/** Prints an error for a person or a program, and sets the exit code. */
export function printError(error: unknown, json: boolean): void {
  const { code, message, hint, details } = toEnvelope(error);
  if (json) printJson({ error: { code, message, hint, ...(details ? { details } : {}) } });
  else {
    process.stderr.write(`${plain(message)}\n`);
    if (hint) process.stderr.write(`${plain(hint)}\n`);
    if (details?.["complaint"]) process.stderr.write(`${plain(String(details["complaint"]))}\n`);
  }
  process.exitCode = exitCodes[code] ?? 1;
}

/** "p. 235", "src/lease.ts:46-50" or "at character 1204". */
export function placeOf(
  citation: Pick<Citation, "page" | "pageLabel" | "file" | "line" | "endLine" | "start">,
): string {
  if (citation.file !== null) {
    if (citation.line === null) return citation.file;
    const end = citation.endLine !== null && citation.endLine !== citation.line ? `-${citation.endLine}` : "";
    return `${citation.file}:${citation.line}${end}`;
  }
  if (citation.page !== null) return `p. ${citation.pageLabel ?? citation.page}`;
  if (citation.line !== null) return `line ${citation.line}`;
  return `at character ${citation.start}`;
}

export function printSummary(node: SummaryNode, depth = 0): void {
  const indent = "  ".repeat(depth);
  printLine(`${indent}${node.title}`);
  for (const line of node.summary.split("\n").filter(Boolean)) printLine(`${indent}  ${line}`);
  const places = node.citations.map(placeOf);
  if (places.length > 0) printLine(`${indent}  [${places.join("; ")}]`);
  for (const child of node.children) printSummary(child, depth + 1);
}

const KEY_TERM_WORDS = { person: "People", place: "Places", term: "Terms" } as const;

/** People, places and terms with the pages where they are mentioned, like the index of a book. */
export function printKeyTerms(node: SummaryNode): void {
  for (const kind of ["person", "place", "term"] as const) {
    const terms = (node.keyTerms ?? []).filter((term) => term.kind === kind);
    if (terms.length > 0) printLine(`\n${KEY_TERM_WORDS[kind]}`);
    for (const { term, count, places } of terms)
      printLine(`  ${term} (${count} times) [${[...new Set(places.map(placeOf))].join("; ")}]`);
  }
}

export function sizeText(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1_000)} kB`;
  return bytes < 1_000_000_000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
