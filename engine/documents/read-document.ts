/**
 * One granted file or folder to rows: finds the format by its bytes and hands over to that format's reader.
 * Runs inside the parser process, and in unit tests without one. Knows nothing about processes, flags or the store.
 */
import { EngineError } from "../protocol/errors.ts";
import { unreadable } from "./document-errors.ts";
import { MAX_PDF_BYTES, MAX_TEXT_BYTES } from "./limits.ts";
import { RowWriter, type RowSink } from "./row-writer.ts";
import type { ParserMessage, ParserOrder } from "./rows.ts";
import { SNIFF_BYTES, sniffFormat } from "./sniff-format.ts";
import { checkSize, openSource, readHead, type SourceFile } from "./source-file.ts";

export type Progress = Omit<Extract<ParserMessage, { type: "progress" }>, "type">;

/** What every reader gets besides its source. */
export interface Reading {
  readonly writer: RowWriter;
  readonly report: (progress: Progress) => void;
  readonly signal: AbortSignal;
  readonly password: string | undefined;
}

/**
 * Reads `order.source` and writes its rows, `document` first and `end` last.
 * Errors: EngineError with a sentence for a person; after an error the rows are worthless.
 */
export async function readDocument(
  order: Omit<ParserOrder, "outFolder">,
  sink: RowSink,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const reading: Reading = { writer: new RowWriter(sink, signal), report, signal, password: order.password };
  const source = openSource(order.source);
  try {
    if (source.kind === "folder") {
      const { readRepository } = await import("../repository/read-repository.ts");
      await readRepository(order.source, order.known ?? {}, reading);
    } else await readFile(source.file, reading);
  } catch (cause) {
    throw asReadingError(cause, source.kind === "folder" ? "This folder" : source.file.name);
  }
  reading.writer.end();
}

/** Each reader is loaded when it is needed: a parser lives for one document, and starting is part of its time. */
async function readFile(file: SourceFile, reading: Reading): Promise<void> {
  const sniffed = sniffFormat(readHead(file, SNIFF_BYTES), file.name);
  refuseGiant(file, sniffed.kind === "pdf" || sniffed.kind === "zip" ? MAX_PDF_BYTES : MAX_TEXT_BYTES);
  switch (sniffed.kind) {
    case "pdf": {
      const { readPdf } = await import("./pdf/read-pdf.ts");
      return readPdf(file, reading);
    }
    case "zip": {
      const { readArchiveDocument } = await import("./markup/archive-document.ts");
      return readArchiveDocument(file, reading);
    }
    case "html": {
      const { readHtmlFile } = await import("./markup/html-file.ts");
      return readHtmlFile(file, reading);
    }
    case "markdown": {
      const { readMarkdownFile } = await import("./markup/markdown-file.ts");
      return readMarkdownFile(file, reading);
    }
    case "text": {
      const { readTextFile } = await import("./text/text-file.ts");
      return readTextFile(file, reading);
    }
    case "unknown":
      throw new EngineError("UnsupportedFormat", `${file.name} is ${sniffed.looksLike}, which Longleaf cannot read.`, {
        hint: "Longleaf reads PDF, EPUB, DOCX, HTML, Markdown, plain text and folders. Save the document as one of these.",
      });
  }
}

/** What no reader would take is refused by its size, whatever its first bytes look like (a sparse file is all zeros). */
function refuseGiant(file: SourceFile, limitBytes: number): void {
  if (file.sizeBytes > MAX_PDF_BYTES) checkSize(file, limitBytes);
}

/** A foreign error that no reader translated: nesting too deep for the stack is the document's fault, the rest is ours. */
function asReadingError(cause: unknown, name: string): unknown {
  if (cause instanceof EngineError || (cause instanceof Error && cause.name === "AbortError")) return cause;
  if (cause instanceof RangeError) {
    return unreadable(
      `${name} is nested too deeply, or says wrong sizes, and cannot be read.`,
      "Open it in the program that made it and save it again.",
      cause,
    );
  }
  return cause;
}
