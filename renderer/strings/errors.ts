/**
 * Error code > what a person reads: what happened, what is safe, what to do. The code itself appears only in the
 * copied details. Every code of the contract has an entry; the compiler says which is missing.
 */
import type { ErrorCode } from "../../engine/protocol/errors.ts";

export interface ErrorWords {
  /** What happened, bold. */
  readonly title: string;
  /** What is safe. */
  readonly safe: string;
  /** What to do, where the error itself brings no better hint. */
  readonly next: string;
}

const LIBRARY_UNCHANGED = "The library is as it was.";
const NOTHING_CHANGED = "Nothing was changed.";
const NOTHING_LOST = "Nothing is lost.";
const DOCUMENTS_SAFE = "Your documents are safe.";

export const errorWords: Readonly<Record<ErrorCode, ErrorWords>> = {
  Cancelled: { title: "Stopped.", safe: "What was done so far is kept.", next: "Start it again when you like." },
  InvalidRequest: {
    title: "The window asked for something that the engine does not know.",
    safe: NOTHING_CHANGED,
    next: "Reload the window; if it comes again, copy the details and report it.",
  },
  NotFound: {
    title: "It is not in the library any more.",
    safe: "The rest of the library is as it was.",
    next: "Go back to the library.",
  },
  UnsupportedFormat: {
    title: "Longleaf cannot read this kind of file.",
    safe: LIBRARY_UNCHANGED,
    next: "PDF, EPUB, DOCX, HTML, Markdown, plain text and folders of code can be read.",
  },
  DocumentUnreadable: {
    title: "This file could not be read.",
    safe: LIBRARY_UNCHANGED,
    next: "Open it in another program to see whether it is whole, then add it again.",
  },
  DocumentTooLarge: {
    title: "This file is larger than Longleaf takes.",
    safe: LIBRARY_UNCHANGED,
    next: "Split it, or add the part you need.",
  },
  PasswordRequired: { title: "This PDF has a password.", safe: LIBRARY_UNCHANGED, next: "Enter it; it is not stored." },
  ModelMissing: {
    title: "There is no model to write with.",
    safe: "Quotations with their pages work without one.",
    next: "Choose them in the settings.",
  },
  ModelIncompatible: {
    title: "This model does not fit.",
    safe: `${DOCUMENTS_SAFE} Quotations work.`,
    next: "Read the document again with this model, or import another one.",
  },
  ModelLoadFailed: {
    title: "The model could not be loaded.",
    safe: `${DOCUMENTS_SAFE} Quotations work.`,
    next: "Try again, or start Longleaf again.",
  },
  OutOfMemory: {
    title: "This computer has too little free memory for that.",
    safe: NOTHING_LOST,
    next: "Close other programs, then try again.",
  },
  ContextOverflow: {
    title: "The question and its passages did not fit.",
    safe: NOTHING_LOST,
    next: "Ask about a smaller part.",
  },
  StoreBusy: {
    title: "Another Longleaf has this library open.",
    safe: NOTHING_LOST,
    next: "Use its window, or close it and try again.",
  },
  StoreCorrupt: {
    title: "The library's database is damaged.",
    safe: "It was left as it is.",
    next: "Start Longleaf with --library to open another one, and keep this one for repair.",
  },
  StoreTooNew: {
    title: "This library is from a newer version.",
    safe: NOTHING_CHANGED,
    next: "Update Longleaf, or open a copy.",
  },
  DiskFull: {
    title: "The disk is full.",
    safe: "Reading has paused; nothing is lost.",
    next: "Free some space, then go on.",
  },
  EngineCrashed: {
    title: "The reading engine stopped.",
    safe: "Nothing is lost; it is being started again.",
    next: "Try again in a moment.",
  },
  ParserFailed: {
    title: "Reading this file failed.",
    safe: "Only this file is affected.",
    next: "Add it again; if it comes again, copy the details and report it.",
  },
  VersionMismatch: {
    title: "The window and the engine are from different versions.",
    safe: NOTHING_CHANGED,
    next: "Close Longleaf and start it again.",
  },
  Forbidden: {
    title: "That is not allowed from here.",
    safe: NOTHING_CHANGED,
    next: "Add the file with the button or by dropping it into this window.",
  },
  Internal: {
    title: "Something in Longleaf failed.",
    safe: DOCUMENTS_SAFE,
    next: "Try again; if it comes again, copy the details and report it.",
  },
};

/** An error as it is said: `title`, then what is safe and what to do. Codes that this window does not know are faults. */
export function sayError(error: { readonly code: string; readonly hint: string }): {
  readonly title: string;
  readonly rest: string;
} {
  const known: Readonly<Record<string, ErrorWords | undefined>> = errorWords;
  const { title, safe, next } = known[error.code] ?? errorWords.Internal;
  // A password is asked for in the window's own words; a fault's hint is for the report.
  const isOwnWords = error.hint === "" || error.code === "PasswordRequired" || error.code === "Internal";
  return { title, rest: `${safe} ${isOwnWords ? next : error.hint}` };
}
