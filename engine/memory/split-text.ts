/**
 * Cuts a text that is too long into parts that fit: at lines, else at sentences, else at words, else anywhere between
 * characters. Joined, the parts give the text again. Pure; what "fits" means is the caller's.
 */

/** From the finest wish to the bluntest tool. Each keeps its separator at the end of the part before it. */
const BORDERS: readonly RegExp[] = [
  /(?<=\n)/u,
  // Bounded looks back: a hostile page of spaces must not cost their square.
  /(?<=[.!?;]["'”’)\]]{0,3}\s{1,4})(?=\S)|(?<=[。！？；])/u,
  /(?<=\s)(?=\S)/u,
];

export function* splitLongText(text: string, fits: (part: string) => boolean, level = 0): Generator<string> {
  if (fits(text) && level > 0) {
    yield text;
    return;
  }
  const border = BORDERS[level];
  if (border === undefined) {
    yield* halves(text, fits);
    return;
  }
  for (const part of text.split(border)) yield* splitLongText(part, fits, level + 1);
}

/** The last resort for a text without spaces: halves, never inside a character of two units. */
function* halves(text: string, fits: (part: string) => boolean): Generator<string> {
  if (fits(text) || text.length < 2) {
    yield text;
    return;
  }
  let middle = text.length >> 1;
  if (isLowSurrogate(text, middle)) middle++;
  if (middle >= text.length) {
    yield text; // one character
    return;
  }
  yield* halves(text.slice(0, middle), fits);
  yield* halves(text.slice(middle), fits);
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
