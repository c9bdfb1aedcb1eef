/**
 * The ONLY importer of pdf.js. Opens a document in this thread (the wall forbids workers: `globalThis.pdfjsWorker` makes
 * pdf.js use its in-process one), with its CMaps and standard fonts read from the package, no images decoded.
 * Translates pdf.js's errors into ours. Knows nothing about layout or rows.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PDFDocumentProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
import { passwordNeeded, unreadable } from "../document-errors.ts";

export type { PDFDocumentProxy, PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
export type { TextContent, TextItem } from "pdfjs-dist/types/src/display/api.js";

export interface OpenPdf {
  readonly document: PDFDocumentProxy;
  /** Numbers of pdf.js's operators by name. */
  readonly operators: Readonly<Record<string, number>>;
  /** pdf.js's mode for leaving annotations out. */
  readonly annotationsOff: number;
  close(): Promise<void>;
}

/**
 * Opens `bytes` (they are taken over: the array is empty afterwards). PasswordRequired when locked, DocumentUnreadable
 * when it is no PDF any more.
 */
export async function openPdf(bytes: Uint8Array, name: string, password: string | undefined): Promise<OpenPdf> {
  const isCut = !hasEnd(bytes);
  const pdfjs = await loadPdfJs();
  const task = pdfjs.getDocument({
    data: bytes,
    ...(password === undefined ? {} : { password }),
    useWorkerFetch: false,
    useWasm: false,
    enableXfa: false,
    isOffscreenCanvasSupported: false,
    isImageDecoderSupported: false,
    disableFontFace: true,
    // Pictures are never decoded: one that is larger than a pixel is left out of the operators.
    maxImageSize: 1,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
    BinaryDataFactory: PackagedData,
  });
  try {
    const document = await task.promise;
    return {
      document,
      operators: pdfjs.OPS,
      annotationsOff: pdfjs.AnnotationMode.DISABLE,
      close: () => task.destroy(),
    };
  } catch (cause) {
    throw openingError(cause, name, password !== undefined, isCut);
  }
}

/** pdf.js's own name for a locked document; its other exceptions all mean "cannot be read". */
export function isPasswordError(error: unknown): boolean {
  return error instanceof Error && error.name === "PasswordException";
}

function openingError(cause: unknown, name: string, hasPassword: boolean, isCut: boolean): Error {
  if (isPasswordError(cause)) return passwordNeeded(name, hasPassword);
  const hint = "Download or copy the file again, or open it in another program and save it as a new PDF.";
  if (isCut) return unreadable(`${name} is cut off: its end, which lists its pages, is missing.`, hint, cause);
  return unreadable(`${name} is damaged: no page of it can be found.`, hint, cause);
}

/** A whole PDF ends with %%EOF, perhaps with some bytes after it. */
function hasEnd(bytes: Uint8Array): boolean {
  const tail = bytes.subarray(Math.max(0, bytes.length - 2_048));
  return Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength).includes("%%EOF");
}

/** Importing pdf.js prints that no canvas is there (vendor/no-canvas says why); only these lines are held back. */
async function loadPdfJs(): Promise<typeof import("pdfjs-dist/legacy/build/pdf.mjs")> {
  const print = console.warn;
  const log = console.log;
  console.warn = () => undefined;
  console.log = () => undefined;
  try {
    const worker: unknown = await import(import.meta.resolve("pdfjs-dist/legacy/build/pdf.worker.mjs"));
    Object.assign(globalThis, { pdfjsWorker: worker });
    return await import("pdfjs-dist/legacy/build/pdf.mjs");
  } finally {
    console.warn = print;
    console.log = log;
  }
}

/** Data files of pdf.js, from its package; only a bare file name is accepted. */
class PackagedData {
  fetch({ kind, filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const root = dirname(dirname(dirname(fileURLToPath(import.meta.resolve("pdfjs-dist/legacy/build/pdf.mjs")))));
    const folder = kind === "cMapUrl" ? "cmaps" : kind === "standardFontDataUrl" ? "standard_fonts" : "wasm";
    return new Promise((resolve) => resolve(new Uint8Array(readFileSync(join(root, folder, basename(filename))))));
  }
}
