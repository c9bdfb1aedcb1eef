/** Quotation marks around the document's words. Pure. */

/** The exact words between quotation marks; a mark that the words themselves bring is not doubled, and none stays open. */
export function inQuotationMarks(text: string): string {
  const flat = inOneLine(text).trim();
  if (/^"[^"]*"$/.test(flat)) return flat;
  const begun = flat.startsWith("“") ? flat : `“${flat}`;
  const marks = (mark: string): number => begun.split(mark).length - 1;
  return marks("“") > marks("”") ? `${begun}”` : begun;
}

/** Line ends of the page become spaces. */
export function inOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
