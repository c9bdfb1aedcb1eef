/**
 * Text that arrives in pieces, cut into sentences as they are finished.
 * Owns: when a written sentence is finished, and where an answer has to end. Pure. Does not know: models, citations.
 */
import { splitSentences } from "../chunking/sentences.ts";

/** A model that has read documents only goes on with a next question or a next paragraph: the answer ends before it. */
const ENDINGS = ["\n\n", "\nQuestion:", "Question:", "\nAnswer:"];
const LONGEST_ENDING = Math.max(...ENDINGS.map((ending) => ending.length));

export class WrittenText {
  #text = "";
  #told = 0;
  #cut = 0;
  #isOver = false;

  /** True when the answer has come to its end; later pieces are ignored. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes the next piece. Returns what may be shown now: text that could still become an ending is held back. */
  push(piece: string): string {
    if (this.#isOver) return "";
    this.#text += piece;
    const from = Math.max(0, this.#told - LONGEST_ENDING);
    const found = ENDINGS.map((ending) => this.#text.indexOf(ending, from)).filter(
      (at) => at > 0 && this.#text.slice(0, at).trim() !== "",
    );
    if (found.length > 0) {
      this.#text = this.#text.slice(0, Math.min(...found));
      this.#isOver = true;
    }
    const loop = loopStart(this.#text);
    if (!this.#isOver && loop !== null) {
      this.#text = this.#text.slice(0, Math.max(this.#told, loop));
      this.#isOver = true;
    }
    return this.#show(this.#isOver ? this.#text.length : this.#text.length - heldBack(this.#text));
  }

  /** No more pieces: what was held back. */
  flush(): string {
    this.#isOver = true;
    return this.#show(this.#text.length);
  }

  #show(end: number): string {
    const shown = this.#text.slice(this.#told, Math.max(this.#told, end));
    this.#told = Math.max(this.#told, end);
    return shown;
  }

  /** Sentences finished since the last call: something follows them, or the text is over. */
  finished(): string[] {
    const rest = this.#text.slice(this.#cut, this.#told);
    const sentences = splitSentences(rest);
    const whole = this.#isOver ? sentences : sentences.slice(0, -1);
    const last = whole.at(-1);
    if (last !== undefined) this.#cut += last.end;
    return whole.map(({ start, end }) => rest.slice(start, end));
  }
}

/** Characters that are looked back at for a loop. */
const LOOP_WINDOW = 240;

/** A small model that goes round in circles says the same few words three times in a row: where the second round begins. */
function loopStart(text: string): number | null {
  const from = Math.max(0, text.length - LOOP_WINDOW);
  const found = /(.{8,80}?)\1\1$/su.exec(text.slice(from));
  return found?.[1] === undefined ? null : from + found.index + found[1].length;
}

/** Length of the longest end of the text that is the beginning of an ending. */
function heldBack(text: string): number {
  for (let length = Math.min(LONGEST_ENDING - 1, text.length); length > 0; length -= 1) {
    const tail = text.slice(text.length - length);
    if (ENDINGS.some((ending) => ending.startsWith(tail))) return length;
  }
  return 0;
}
