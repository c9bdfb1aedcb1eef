/**
 * What a question asks for: its words of substance, names, numbers, quoted phrases, the kind of answer, its parts.
 * Pure rules over the question alone. Does not know: documents, rarity of words, routes.
 */
import { tokenizeForSearch } from "../retrieval/search-tokenizer.ts";

/** What an answer has to hold. `fact`: no special form. */
export type AnswerKind =
  | "person"
  | "time"
  | "place"
  | "number"
  | "reason"
  | "manner"
  | "definition"
  | "decision"
  | "fact";

export interface QuestionWord {
  /** As the search index holds it. */
  readonly term: string;
  /** As the person wrote it. */
  readonly word: string;
  /** Written with a capital inside the question, or with a digit, or as an identifier: it has to be in the text as it stands. */
  readonly isName: boolean;
}

export interface Question {
  readonly text: string;
  /** Words of substance in order, each once; frame words ("who", "does", "the text") are left out. */
  readonly words: readonly QuestionWord[];
  readonly kind: AnswerKind;
  /** Stretches in quotation marks. */
  readonly phrases: readonly string[];
  /** The questions it is made of: one, or several when it asks several things ("Who … and where …?"). */
  readonly parts: readonly string[];
}

const FRAME = new Set(
  (
    "a an the of in on at by for from with without to into onto as and or but nor so than then that this these those there here " +
    "is are was were be been being am do does did done doing has have had having will would shall should can could may might must " +
    "who whom whose what which when where why how i you he she it we they me him her us them my your his hers its our their " +
    "not no yes any some all each every other such only also just very much many more most long often " +
    "about according text book document story novel author say says said tell tells told describe describes explain explains give gives " +
    "happen happens happened mean means meant called call named name please according if while during between because"
  ).split(" "),
);

/** The question taken apart. Never fails: any text is a question. */
export function readQuestion(text: string): Question {
  const trimmed = text.trim().replace(/\s+/gu, " ");
  return {
    text: trimmed,
    words: wordsOf(trimmed),
    kind: kindOf(trimmed),
    phrases: phrasesOf(trimmed),
    parts: partsOf(trimmed),
  };
}

/** Words of substance; when nothing else is left ("Who said what?") the frame words themselves. */
export function wordsOf(text: string): QuestionWord[] {
  const all = tokenizeForSearch(text).filter(({ kind }) => kind !== "part" && kind !== "single");
  const real = all.filter(({ form }) => !FRAME.has(form));
  const seen = new Set<string>();
  const words: QuestionWord[] = [];
  for (const token of real.length > 0 ? real : all) {
    if (seen.has(token.term)) continue;
    seen.add(token.term);
    const word = text.slice(token.start, token.end);
    words.push({ term: token.term, word, isName: isNameLike(text, token.start, word) });
  }
  return words;
}

function isNameLike(text: string, start: number, word: string): boolean {
  if (/\d/u.test(word) || /[a-z][A-Z]|_|\.\w/u.test(word)) return true;
  if (!/^\p{Lu}/u.test(word)) return false;
  const before = text.slice(0, start).trimEnd();
  return before !== "" && !/[.?!:"“‘]$/u.test(before);
}

const PLACE =
  /^(?:in|on|at|from|to) (?:which|what) (?:place|city|town|country|room|street|island|river|file|folder|house|village)\b/u;
const TIME = /^(?:in|on|at|since|until) (?:which|what) (?:year|month|day|date|time|hour|century|version|week)\b/u;
const DECIDED = /^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must)\b/u;

function kindOf(text: string): AnswerKind {
  const lower = text.toLowerCase();
  const start = lower.replace(/^[^\p{L}]*(?:and|but|so|well|then|now)?,?\s*/u, "");
  if (/^who (?:is|was|are|were) \p{Lu}/u.test(text.replace(/^who/iu, "who"))) return "definition";
  if (
    /^(?:who|whom|whose|by whom|to whom|with whom)\b/u.test(start) ||
    /^what (?:is|was) the name of the (?:man|woman|person|author)/u.test(start)
  )
    return "person";
  if (/^when\b/u.test(start) || TIME.test(start) || /^what (?:year|month|day|date|time|hour|age)\b/u.test(start))
    return "time";
  if (/^where\b/u.test(start) || PLACE.test(start) || /^what (?:place|city|town|country|street|address)\b/u.test(start))
    return "place";
  if (/\bhow (?:many|much|long|old|far|tall|high|big|large|fast|often|heavy|deep|wide)\b/u.test(start)) return "number";
  if (/^what (?:number|percentage|share|price|fare|cost|amount|size|limit|distance|height|length)\b/u.test(start))
    return "number";
  if (/^why\b|\bwhat (?:is|was) the reason\b|\bfor what reason\b/u.test(start)) return "reason";
  if (/^how\b/u.test(start)) return "manner";
  if (
    /^(?:what|who) (?:is|are|was|were) (?:an? |the )?[^,?]{1,40}\??$/u.test(start) ||
    /^(?:define|explain)\b/u.test(start)
  )
    return "definition";
  return DECIDED.test(start) ? "decision" : "fact";
}

function phrasesOf(text: string): string[] {
  const found = [...text.matchAll(/"([^"]{2,400})"|“([^”]{2,400})”|«([^»]{2,400})»|‘([^’]{2,400})’(?!\p{L})/gu)];
  return found
    .map((match) => (match[1] ?? match[2] ?? match[3] ?? match[4] ?? "").trim())
    .filter((phrase) => phrase !== "");
}

/**
 * Several questions in one line: "Who is X? Where …?", "Who is X and where does he live?". At most four.
 * A part without a name of its own ("where does he live") gets the names of the first one.
 */
function partsOf(text: string): string[] {
  const questions = text
    .split(/(?<=\?)\s+(?=\p{L})/u)
    .flatMap((sentence) =>
      sentence.split(
        /,?\s+and\s+(?=(?:(?:in|on|at|from|to|by|for|with) )?(?:who|whom|whose|what|which|when|where|why|how)\b)/iu,
      ),
    );
  const parts = questions.map((part) => part.trim()).filter((part) => part !== "");
  const [first] = parts;
  if (first === undefined || parts.length < 2 || parts.length > 4) return [text];
  const names = wordsOf(first).filter(({ isName }) => isName);
  const subject = (names.length > 0 ? names : wordsOf(first)).map(({ word }) => word).join(" ");
  return parts.map((part, i) =>
    i === 0 || !LEANS.test(part) || wordsOf(part).some(({ isName }) => isName) ? part : `${part} (${subject})`,
  );
}

/** Words that stand for something said before. */
const LEANS = /\b(?:he|she|it|they|him|her|his|its|their|them|there|one|this|that|these|those)\b/iu;
