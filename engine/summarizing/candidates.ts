/**
 * From the blocks of a document to candidates for its summary: sentences of prose, opening comments of code.
 * Owns: what may be quoted in a summary. Does not know: which candidates win.
 */
import { splitSentences } from "../chunking/sentences.ts";
import { countWords } from "../retrieval/search-tokenizer.ts";
import type { StoredBlock } from "../store/types.ts";

/** A quotation of a summary has at most this many words. */
export const LINE_WORDS = 60;

/** A stretch of the text that may be quoted, with what can be seen of it without the rest of the document. */
export interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly words: number;
  /** It stands inside a speech that was opened before it, or is one. */
  readonly isSpeech: boolean;
  readonly isWhole: boolean;
  /** It opens with the name of who says it: "Project Manager: ...", `label` characters of it. */
  readonly isTurn: boolean;
  readonly label: number;
  /** First sentence of its paragraph. */
  readonly isFirst: boolean;
  /** How much it speaks for its part by where it stands: 1 usually, more for the opening of a README, less for a changelog. */
  readonly standing: number;
}

const QUOTED = new Set<StoredBlock["kind"]>(["paragraph", "list", "note"]);

/** "Project Manager: We begin." in a record of who said what. */
const TURN = /^[\t ]*(\p{Lu}[\p{L}\p{N}_.'’-]*(?: [\p{L}\p{N}_.'’&-]+){0,4}):[\t ]/u;
/** A line of a block counts as a turn when at least this share of the block's lines are turns. */
const TURN_LINES = 0.6;

/** Sentences of a block of prose, each at most 60 words; nothing of headings, tables, captions, hidden text. */
export function proseCandidates(block: StoredBlock): Candidate[] {
  if (!QUOTED.has(block.kind) || block.isHidden) return [];
  const speech = new SpeechReader();
  const found: Candidate[] = [];
  for (const line of linesOf(block.text)) {
    const text = block.text.slice(line.start, line.end);
    const label = TURN.exec(text)?.[0].length ?? 0;
    for (const { start, end } of splitSentences(text)) {
      const sentence = text.slice(start, end);
      const isSpeech = speech.read(sentence);
      const cut = quotable(sentence);
      const words = countWords(cut);
      if (words < LEAST_WORDS) continue;
      const isTurn = label > start;
      found.push({
        start: block.start + line.start + start,
        end: block.start + line.start + start + cut.length,
        text: cut,
        words,
        isSpeech,
        isWhole: isWhole(cut),
        isTurn,
        label: isTurn ? label - start : 0,
        isFirst: found.length === 0,
        standing: 1,
      });
    }
  }
  return found;
}

/** Sentences with fewer words say nothing alone. */
const LEAST_WORDS = 3;

/** The whole block, or its lines where they are turns of a conversation: no sentence goes on over a change of speaker. */
function linesOf(text: string): { readonly start: number; readonly end: number }[] {
  const whole = [{ start: 0, end: text.length }];
  if (!text.includes("\n")) return whole;
  const lines: { start: number; end: number }[] = [];
  for (let start = 0; start <= text.length;) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    lines.push({ start, end });
    start = end + 1;
  }
  const turns = lines.filter(({ start, end }) => TURN.test(text.slice(start, end))).length;
  return turns >= lines.length * TURN_LINES ? lines : whole;
}

/** The sentence; of one of more than 60 words its beginning up to the last semicolon, colon or dash that fits, else "". */
function quotable(sentence: string): string {
  if (countWords(sentence) <= LINE_WORDS) return sentence;
  let best = "";
  for (const mark of sentence.matchAll(/[;:—](?=\s|\p{L})|,(?=\s(?:and|but|which|who|while|for)\b)|[，；]/gu)) {
    const begin = sentence.slice(0, mark.index);
    const words = countWords(begin);
    if (words > LINE_WORDS) break;
    if (words >= LEAST_CUT_WORDS) best = begin.trimEnd();
  }
  return best;
}

/** What is cut off a long sentence has at least so many words. */
const LEAST_CUT_WORDS = 12;

/** Begins like a sentence and ends like one; a page's end cuts some in two. */
const isWhole = (text: string): boolean => !/^[\p{Ll},;)]/u.test(text) && /[.!?…。！？:]["”’'»)\]]*$/u.test(text);

/** Follows the quotation marks of a paragraph: which sentences are somebody's speech. */
class SpeechReader {
  #isOpen = false;

  /** True when the sentence begins inside a speech or with one. */
  read(text: string): boolean {
    const began = this.#isOpen || /^["“«‘']/u.test(text);
    for (const mark of text.matchAll(/["“”«»]/gu)) {
      this.#isOpen = mark[0] === '"' ? !this.#isOpen : mark[0] === "“" || mark[0] === "«";
    }
    return began;
  }
}

function candidate(text: string, start: number): Candidate {
  return {
    start,
    end: start + text.length,
    text,
    words: countWords(text),
    isSpeech: false,
    isWhole: isWhole(text),
    isTurn: false,
    label: 0,
    isFirst: true,
    standing: 1,
  };
}

/** Length of a beginning of at most 60 words, cut at a space; 0 when nothing but marks stands there. */
export function firstWords(text: string): number {
  const beginning = text.slice(0, MOST_FALLBACK_CHARACTERS);
  const space = beginning.search(/\s\S*$/u);
  const cut = text.length === beginning.length || space <= 0 ? beginning : beginning.slice(0, space);
  return countWords(cut) === 0 ? 0 : cut.trimEnd().length;
}

/** No 60 words of any script are shorter. */
const MOST_FALLBACK_CHARACTERS = 120;

const COMMENT_OPENING = /^(?:#!.*\n)?\s*(?:\/\*\*?|"""|'''|<!--|\/\/\/?|#|--|;)\s*/u;

/**
 * What a file of code says about itself: the first sentence of its opening comment or docstring, else its first
 * definition that others can use. `text`: the file's beginning, `base`: its offset. Null for an empty file.
 */
export function codeCandidate(text: string, base: number): Candidate | null {
  return openingComment(text, base) ?? firstDefinition(text, base);
}

function openingComment(text: string, base: number): Candidate | null {
  const opening = COMMENT_OPENING.exec(text);
  if (opening === null) return null;
  const start = opening[0].length;
  const rest = text.slice(start, start + 600);
  const close = /\s*(?:\*\/|"""|'''|-->)|\n\s*(?:\*?\s*)?\n|\n(?!\s*(?:\*|#|\/\/|--|;|\p{L}))/u.exec(rest);
  const comment = rest.slice(0, close?.index ?? rest.length);
  const [first] = splitSentences(comment);
  if (first === undefined) return null;
  const sentence = comment.slice(first.start, first.end);
  if (countWords(sentence) < 3 || countWords(sentence) > LINE_WORDS) return null;
  return candidate(sentence, base + start + first.start);
}

const DEFINITION =
  /^[^\S\n]*(?:(?:export|public|pub|default|async|abstract|static|final)\s+)*(?:function|class|interface|type|const|enum|struct|trait|fn|def|func|module|impl|CREATE TABLE)\b[^\n]*/imu;

/** What a package says about itself. */
const DESCRIPTION = /^\s*"?description"?\s*[:=]\s*"[^"\n]{12,200}"/mu;

function firstDefinition(text: string, base: number): Candidate | null {
  const found = DESCRIPTION.exec(text) ?? DEFINITION.exec(text);
  if (found === null) return null;
  const line = found[0].trim();
  const start = found.index + found[0].indexOf(line);
  const cut = line.slice(0, 200).trimEnd();
  return cut === "" ? null : candidate(cut, base + start);
}

const README = /(?:^|\/)readme(?:\.\w+)?$/iu;
const ASIDE = /(?:^|\/)(?:changelog|changes|history|license|licence|notice|authors|contributing)(?:\.\w+)?$/iu;
const TEST = /(?:^|\/)(?:tests?|specs?|__tests__)\/|[._](?:test|spec)\.|(?:^|\/)test_/u;

/** `before`: sentences of the file that came before this one. */
export function standingOf(file: string | null, before: number): number {
  if (file === null) return 1;
  if (README.test(file)) return before < 2 ? 4 : 1;
  return ASIDE.test(file) ? 0.4 : TEST.test(file) ? 0.5 : 1;
}
