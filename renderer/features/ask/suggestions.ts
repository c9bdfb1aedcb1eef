/** Three questions from a document's own contents, for an empty conversation. Pure. */
import type { OutlineEntry } from "../../../engine/protocol/dto.ts";
import { words } from "../../strings/words.ts";

const WANTED = 3;
/** Entries that are not about anything. */
const FRAME =
  /^(contents|table of contents|preface|foreword|introduction|index|cover|title page|copyright|notes?|illustrations?|list of .*|the end|appendix|bibliography|references|acknowledge?ments?|license|readme(\.\w+)?|package(-lock)?\.json|\.\w.*)$/i;

/** Questions about three entries that stand far apart; fewer when the contents have fewer. */
export function suggestionsFor(outline: readonly OutlineEntry[], isRepository: boolean): readonly string[] {
  const fitting = outline.filter((entry) => isNamed(entry, isRepository));
  const code = fitting.filter((entry) => !/\.(md|txt|rst|json|toml|ya?ml|lock|cfg|ini)$/i.test(entry.file ?? ""));
  const named = isRepository && code.length >= WANTED ? code : fitting;
  const picked = new Map<string, string>();
  for (let index = 0; index < WANTED; index += 1) {
    const entry = named[Math.floor(((index + 0.5) * named.length) / WANTED)];
    if (entry === undefined) continue;
    const title = isRepository ? (entry.file ?? entry.title) : tidy(entry.title);
    picked.set(title, isRepository ? words.aboutFile(title) : words.aboutChapter(title));
  }
  return [...picked.values()];
}

function isNamed(entry: OutlineEntry, isRepository: boolean): boolean {
  const title = entry.title.trim();
  if (FRAME.test(title) || title.length < 4 || title.length > 70) return false;
  if (isRepository) return entry.file !== null && entry.end - entry.start > 400;
  // A bare numeral ("Chapter IV", "12") names nothing that could be asked about.
  return /[a-z]{4}/i.test(title.replace(/^(chapter|part|book|section)\b/i, "")) && entry.end - entry.start > 1_000;
}

/** "Chapter 4.", "XXVIII.", "12": a number in front of a title. A word made of numeral letters ("Civil") is none. */
const NUMBER =
  /^((chapter|part|book|section)\s+)?(\d+|(?=[cxvil])c{0,3}(x[cl]|l?x{0,3})(i[xv]|v?i{0,3}))(?![\p{L}\p{N}])[.:)\s–—-]*/iu;

/** Without the number and in running capitals: "IV. THE SEA-CHEST" > "The Sea-chest". */
export function tidy(title: string): string {
  const bare = title.replace(NUMBER, "").trim();
  const text = bare === "" ? title.trim() : bare;
  if (text !== text.toUpperCase()) return text;
  return text
    .toLowerCase()
    .replace(/(^|[\s“"(])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}
