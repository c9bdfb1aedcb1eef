/**
 * A question and a passage as one row of token ids with marks, exactly as training/reader/encoding.py makes them.
 *
 * Row      <|user|> question <|passage|> passage <|end|>
 * Marks    0 question and borders, 1 passage, 2 passage word of the question that is common, 3 passage word of the
 *          question that carries meaning, 4 question word that occurs in the passage
 * Does not know: graphs, answers.
 */
import { isCommon, stemOf, wordsOf } from "./words.ts";

export const MARKS = 5;
/** Tokens; the rest of a question is cut off. */
const LONGEST_QUESTION = 48;
/** Tokens of a row; the rest of a passage is not read. */
const LONGEST_ROW = 256;
/** Pieces whose ids are remembered; a question over a book uses far fewer. */
const REMEMBERED = 50_000;

/** Merges never cross these pieces: the split of the starter's tokenizer (training/tokenizer.py, PATTERN). */
const PIECE =
  /(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu;

export interface BorderIds {
  readonly user: number;
  readonly passage: number;
  readonly end: number;
}

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly ids: readonly number[];
  readonly stem: string;
}

export interface Row {
  readonly ids: readonly number[];
  readonly marks: readonly number[];
  /** Of each passage token: where it stands in the passage, UTF-16 units. */
  readonly spans: readonly (readonly [start: number, end: number])[];
  /** Index of the first passage token. */
  readonly first: number;
}

export class RowEncoder {
  readonly #encode: (text: string) => number[];
  readonly #borders: BorderIds;
  readonly #known = new Map<string, { readonly ids: readonly number[]; readonly stem: string }>();

  /** `encode`: ids of a text as plain text. */
  constructor(encode: (text: string) => number[], borders: BorderIds) {
    this.#encode = encode;
    this.#borders = borders;
  }

  row(question: string, passage: string): Row {
    const inside = this.#pieces(passage);
    const asked = new Set(wordsOf(question).map(stemOf));
    const present = new Set(inside.map(({ stem }) => stem));
    const ids: number[] = [];
    const marks: number[] = [];
    const put = (tokens: readonly number[], mark: number): void => {
      for (const token of tokens) {
        ids.push(token);
        marks.push(mark);
      }
    };
    put([this.#borders.user], 0);
    for (const { ids: tokens, stem } of this.#pieces(question.trim()))
      put(tokens, stem !== "" && !isCommon(stem) && present.has(stem) ? 4 : 0);
    ids.length = marks.length = Math.min(ids.length, LONGEST_QUESTION + 1);
    put([this.#borders.passage], 0);
    const first = ids.length;
    const spans: (readonly [number, number])[] = [];
    for (const { start, end, ids: tokens, stem } of inside) {
      if (ids.length + tokens.length >= LONGEST_ROW) break;
      put(tokens, stem === "" || !asked.has(stem) ? 1 : isCommon(stem) ? 2 : 3);
      for (const _ of tokens) spans.push([start, end]);
    }
    put([this.#borders.end], 0);
    return { ids, marks, spans, first };
  }

  #pieces(text: string): Piece[] {
    const found: Piece[] = [];
    for (const match of text.matchAll(PIECE)) {
      const piece = match[0];
      const start = match.index;
      found.push({ start, end: start + piece.length, ...this.#look(piece) });
    }
    return found;
  }

  #look(piece: string): { readonly ids: readonly number[]; readonly stem: string } {
    const known = this.#known.get(piece);
    if (known !== undefined) return known;
    const [word] = wordsOf(piece);
    const entry = { ids: this.#encode(piece), stem: word === undefined ? "" : stemOf(word) };
    if (this.#known.size < REMEMBERED) this.#known.set(piece, entry);
    return entry;
  }
}
