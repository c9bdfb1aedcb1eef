/**
 * Joins the lines of a paragraph. A hyphen at a line's end is dropped when the document writes the word without one
 * elsewhere, kept when it writes it with one, and dropped otherwise unless both halves are words of the document.
 * Pure; knows nothing about pages.
 */

/** Words of the document as printed inside lines, in lower case. */
export type Vocabulary = ReadonlySet<string>;

const WORD = /\p{L}+(?:[-'’]\p{L}+)*/gu;
const LINE_END = /(\p{L}+)[-\u2010\u00AD]$/u;
const LINE_START = /^(\p{L}+)/u;
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303F\uFF00-\uFFEF]/u;

/** All words of some lines, except those cut at a line's end. */
export function vocabularyOf(lines: Iterable<string>): Vocabulary {
  const words = new Set<string>();
  for (const line of lines) {
    const whole = line.replace(LINE_END, "");
    for (const [word] of whole.matchAll(WORD)) {
      const lower = word.toLowerCase();
      words.add(lower);
      if (lower.includes("-")) for (const part of lower.split("-")) words.add(part);
    }
  }
  return words;
}

/** How `left` goes on in `right`: what stays of the left line, and what stands between the two. */
export function joint(
  left: string,
  right: string,
  vocabulary: Vocabulary,
): { readonly left: string; readonly between: string } {
  const cut = LINE_END.exec(left);
  const rest = LINE_START.exec(right);
  if (cut === null || rest === null) return { left, between: joinsWithoutSpace(left, right) ? "" : " " };
  const isSoft = left.endsWith("\u00AD");
  // A capital after the hyphen ("Anglo-Saxon") keeps it.
  const startsUpper = rest[1][0] !== rest[1][0].toLowerCase();
  return !isSoft && (startsUpper || keepsHyphen(cut[1], rest[1], vocabulary))
    ? { left: left.replace(/[\u2010]$/u, "-"), between: "" }
    : { left: left.slice(0, -1), between: "" };
}

function keepsHyphen(head: string, tail: string, vocabulary: Vocabulary): boolean {
  const [one, other] = [head.toLowerCase(), tail.toLowerCase()];
  if (vocabulary.has(one + other)) return false;
  if (vocabulary.has(`${one}-${other}`)) return true;
  return one.length > 2 && other.length > 2 && vocabulary.has(one) && vocabulary.has(other);
}

/** Chinese and Japanese lines, and lines cut after a dash, go on without a space. */
function joinsWithoutSpace(left: string, right: string): boolean {
  const last = left.at(-1) ?? "";
  const first = right.at(0) ?? "";
  return (CJK.test(last) && CJK.test(first)) || last === "—" || first === "—" || (last === "-" && /\p{L}/u.test(first));
}
