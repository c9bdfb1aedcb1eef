/**
 * Text as rows may carry it: NFC, "\n" for every line end, no control characters, no lone surrogates.
 * Knows nothing about blocks or formats.
 */

// Control characters except tab and newline, and the two halves of a byte order mark.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\u0080-\u009F\uFEFF\uFFFE\uFFFF]/g;
// eslint-disable-next-line no-control-regex
const NEEDS_CARE = /[^\n\t\u0020-\u007E]/;

/** NFC text with "\n" line ends; a control character becomes a space so that its neighbours stay apart. */
export function cleanText(text: string): string {
  if (!NEEDS_CARE.test(text)) return text;
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  return lines.toWellFormed().replace(CONTROL, " ").normalize("NFC");
}

/** One line: every run of white space is one space, none at the ends. */
export function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/gu, " ").trim();
}

/** At most `length` UTF-16 units, never half a surrogate pair; what was cut shows as an ellipsis. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = text.slice(0, length - 1);
  const last = cut.charCodeAt(cut.length - 1);
  return `${last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut}…`;
}
