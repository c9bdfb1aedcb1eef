/**
 * What is said of a passage: who found it, how likely it is the place, and where in its words the reader sees the answer.
 * Pure; knows nothing of how any of it is drawn. Probabilities are 0..1; offsets are UTF-16 units of the document.
 */
import type { AnswerRoute, Citation } from "../../../engine/protocol/dto.ts";
import { words } from "../../strings/words.ts";
import { inOneLine, inQuotationMarks } from "./quotation-marks.ts";

const VERY_LIKELY = 0.8;
const LIKELY = 0.5;

/** "Very likely the place, 91 %"; null where it was not weighed: then nothing is claimed. */
export function sayProbability(probability: number | null): string | null {
  if (probability === null) return null;
  const text =
    probability >= VERY_LIKELY
      ? words.placeVeryLikely
      : probability >= LIKELY
        ? words.placeLikely
        : words.placePossible;
  return `${text}, ${percent(probability)}`;
}

/** Never "100 %" or "0 %": a probability is no proof. */
export function percent(probability: number): string {
  return `${Math.min(99, Math.max(1, Math.round(probability * 100)))} %`;
}

/** Who found a passage, in plain words; null when nothing is known of it. */
export function sayFinder(why: Citation["why"], route: AnswerRoute | null): string | null {
  if (why === null) return route === "count" ? words.foundByScan : route === "quote" ? words.foundByExactWords : null;
  if (route === "whole" && why.words.length === 0) return words.foundByScan;
  switch (why.retriever) {
    case "words":
    case "baseline":
      return words.foundByWords;
    case "exact":
    case "quote":
      return words.foundByExactWords;
    case "scan":
    case "whole":
      return words.foundByScan;
    default:
      return why.retriever;
  }
}

export interface PassagePiece {
  readonly text: string;
  /** The reader sees the answer in these words. */
  readonly isRead: boolean;
}

/**
 * `text`, all or part of a citation's words, cut where the reader's answer begins and ends; joined again it is `text`.
 * One piece when nothing was read there, or when what was read does not stand in it as said.
 */
export function readerPieces(citation: Citation | undefined, text: string): readonly PassagePiece[] {
  const whole = [{ text, isRead: false }];
  const read = citation?.why?.read ?? null;
  if (citation === undefined || read === null) return whole;
  const shift = citation.text.indexOf(text);
  const start = read.start - citation.start - shift;
  const end = read.end - citation.start - shift;
  if (shift < 0 || start < 0 || end > text.length || start >= end) return whole;
  const pieces = [
    { text: text.slice(0, start), isRead: false },
    { text: text.slice(start, end), isRead: true },
    { text: text.slice(end), isRead: false },
  ];
  return pieces.filter((piece) => piece.text !== "");
}

/** The same in one line and between quotation marks, as it runs in prose. */
export function quotedPieces(citation: Citation | undefined, text: string): readonly PassagePiece[] {
  const whole = inQuotationMarks(text);
  const pieces = readerPieces(citation, text);
  const read = pieces.find((piece) => piece.isRead);
  const before = pieces[0]?.isRead === false ? inOneLine(pieces[0].text).trimStart() : "";
  const marks = whole.indexOf(inOneLine(text).trim());
  const inside = read === undefined ? "" : inOneLine(read.text);
  const at = marks + before.length;
  if (inside === "" || marks < 0 || !whole.startsWith(inside, at)) return [{ text: whole, isRead: false }];
  return [
    { text: whole.slice(0, at), isRead: false },
    { text: inside, isRead: true },
    { text: whole.slice(at + inside.length), isRead: false },
  ].filter((piece) => piece.text !== "");
}
