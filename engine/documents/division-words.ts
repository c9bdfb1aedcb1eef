/**
 * The words with which books begin their parts and chapters ("Chapter IV", "PART TWO", "IV. THE STORM", "Epilogue").
 * Pure; shared by PDF, which also sees sizes, and plain text, which sees nothing else.
 */

const NUMBER_WORD =
  "(?:[ivxlcdm]+|\\d{1,4}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty(?:-\\w+)?|thirty(?:-\\w+)?|forty(?:-\\w+)?|fifty(?:-\\w+)?|(?:the )?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last))";
const DIVISION = new RegExp(
  `^(?:(?:the\\s+)?(?:chapter|chap\\.?|book|part|section|volume|vol\\.?|letter|canto|act|scene|appendix|kapitel|teil|chapitre|cap[ií]tulo|parte|capitolo)\\s+(?:the\\s+)?${NUMBER_WORD}\\b[.:—–-]?|第[一二三四五六七八九十百千〇零\\d]{1,6}[章回节節部卷篇])`,
  "iu",
);
const NAMED =
  /^(?:contents|table of contents|preface|foreword|introduction|prologue|epilogue|conclusion|afterword|appendix|acknowledge?ments|bibliography|references|glossary|index|abstract)[.:]?$/iu;
const NUMBERED_TITLE = /^(?:[IVXLC]{1,7}|\d{1,3})\.\s+\p{Lu}[^.!?]{2,}$/u;
const HIGH = /^(?:book|part|volume|vol|teil|partie|parte|第[^章]{1,6}[部卷篇])/iu;

/** Rank of parts, and of chapters. */
const RANK_PART = 3;
const RANK_DIVISION = 2;

/** A line of plain text that begins a chapter or part, in a book without other marks. 0: it does not. */
export function divisionRank(text: string): number {
  if (text.length > 120) return 0;
  if (DIVISION.test(text)) return HIGH.test(text.replace(/^the\s+/iu, "")) ? RANK_PART : RANK_DIVISION;
  if (NAMED.test(text)) return RANK_DIVISION;
  return NUMBERED_TITLE.test(text) && isMostlyUpper(text) ? RANK_DIVISION : 0;
}

export function isMostlyUpper(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  const upper = text.match(/\p{Lu}/gu) ?? [];
  return letters.length > 0 && upper.length > letters.length * 0.7;
}
