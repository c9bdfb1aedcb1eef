/**
 * From the blocks of a document to candidates for its summary: sentences of prose, opening comments of code.
 * Owns: what may be quoted in a summary. Does not know: which candidates win.
 */
import { splitSentences } from "../chunking/sentences.ts";
import { countWords, tokenizeForSearch } from "../retrieval/search-tokenizer.ts";
import type { StoredBlock } from "../store/types.ts";
import type { Candidate } from "./salience.ts";

/** A quotation of a summary has at most this many words. */
export const LINE_WORDS = 60;

const QUOTED = new Set<StoredBlock["kind"]>(["paragraph", "list", "note"]);

/** Sentences of a block of prose, each at most 60 words; nothing of headings, tables, captions, hidden text. */
export function proseCandidates(block: StoredBlock): Candidate[] {
  if (!QUOTED.has(block.kind) || block.isHidden) return [];
  const speech = new SpeechReader();
  return splitSentences(block.text).flatMap(({ start, end }) => {
    const text = block.text.slice(start, end);
    const isSpeech = speech.read(text);
    const words = countWords(text);
    return words < 3 || words > LINE_WORDS ? [] : [{ ...candidate(text, block.start + start, words), isSpeech }];
  });
}

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

export function candidate(text: string, start: number, words = countWords(text)): Candidate {
  const terms = new Set<string>();
  const names = new Set<string>();
  for (const token of tokenizeForSearch(text)) {
    if (token.form.length < 3 && !/[^\u0000-\u007f]/u.test(token.form)) continue;
    terms.add(token.term);
    if (
      token.start > 0 &&
      /^\p{Lu}/u.test(text.slice(token.start)) &&
      !/[.?!"“‘]\s*$/u.test(text.slice(0, token.start))
    )
      names.add(token.term);
  }
  const isWhole = !/^[\p{Ll},;)]/u.test(text) && /[.!?…。！？:]["”’'»)\]]*$/u.test(text);
  return {
    start,
    end: start + text.length,
    text,
    words,
    isSpeech: false,
    isWhole,
    standing: 1,
    terms: [...terms],
    names: [...names],
  };
}

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
