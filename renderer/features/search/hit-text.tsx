/** A hit's words with what matched marked, and its page or lines. Text nodes only. */
import type { ReactNode } from "react";
import type { SearchHit } from "../../../engine/protocol/dto.ts";
import { placeLabel } from "../ask/places.ts";

/** Words shown on each side of the first mark; the rest is left to the page itself. */
const AROUND = 140;

export function HitText({ hit }: { readonly hit: SearchHit }): ReactNode {
  const isCode = hit.file !== null;
  return (
    <>
      <span className={isCode ? "hit-text code" : "hit-text serif"} dir="auto">
        {markedPieces(hit).map((piece, index) =>
          piece.isMarked ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
        )}
      </span>{" "}
      <span className={isCode ? "chip code" : "chip"}>
        <bdi>{placeLabel(hit)}</bdi>
      </span>
    </>
  );
}

interface Piece {
  readonly text: string;
  readonly isMarked: boolean;
}

/** The text around the first mark, cut into marked and plain pieces; cuts fall between words and show "…". */
export function markedPieces(hit: Pick<SearchHit, "text" | "marks">): readonly Piece[] {
  const marks = hit.marks.toSorted((a, b) => a[0] - b[0]);
  const first = marks[0]?.[0] ?? 0;
  const from = wordBorder(hit.text, first - AROUND, 1);
  const to = wordBorder(hit.text, Math.max(first + AROUND, from + 2 * AROUND), -1);
  const pieces: Piece[] = [];
  if (from > 0) pieces.push({ text: "… ", isMarked: false });
  let at = from;
  for (const [start, end] of marks) {
    if (end <= at || start >= to) continue;
    const begin = Math.max(start, at);
    if (begin > at) pieces.push({ text: hit.text.slice(at, begin), isMarked: false });
    pieces.push({ text: hit.text.slice(begin, Math.min(end, to)), isMarked: true });
    at = Math.min(end, to);
  }
  if (at < to) pieces.push({ text: hit.text.slice(at, to), isMarked: false });
  if (to < hit.text.length) pieces.push({ text: " …", isMarked: false });
  return pieces;
}

/** The nearest word border at or after (`step` 1) or before (-1) a position. */
function wordBorder(text: string, at: number, step: 1 | -1): number {
  if (at <= 0) return 0;
  if (at >= text.length) return text.length;
  for (let index = at; index > 0 && index < text.length && Math.abs(index - at) < 30; index += step) {
    if (/\s/.test(text[index] ?? "")) return step === 1 ? index + 1 : index;
  }
  return at;
}
