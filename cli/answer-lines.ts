/**
 * An answer as lines for a terminal: the short answer first, how sure it is, the sentences with their places, further or
 * nearest places, and on demand why each passage was chosen. Pure; prints nothing.
 */
import type { Answer, AnswerSentence, Citation } from "../engine/protocol/index.ts";
import { placeOf } from "./output.ts";

const SURETY: Readonly<Record<Answer["confidence"], string>> = {
  stated: "The text states this.",
  likely: "Likely; check the passage.",
  "not found": "The text does not say.",
};
const VERY_LIKELY = 0.8;
const LIKELY = 0.5;

/** All lines of an answer. `why` adds the reasons of every citation. */
export function answerLines(answer: Answer, { why = false }: { readonly why?: boolean } = {}): string[] {
  const lines = [...shortAnswer(answer), ...sentenceLines(answer), ...otherPlaces(answer)];
  if (why) lines.push(...whyLines(answer));
  const { checked, total, unit } = answer.coverage;
  const who =
    answer.composer === "extractive"
      ? "Quoted from the text"
      : `Written by the model ${answer.memoryUsed ? "with" : "without"} memory`;
  return [...lines, "", `${who}. ${checked === total ? "Checked" : "Looked at"} ${checked} of ${total} ${unit}.`];
}

/** The short answer with its place, then how sure it is. Nothing where no place was looked for: a summary, a count. */
function shortAnswer({ span, support, confidence, answerable, citations }: Answer): string[] {
  if (answerable && span === null && support === null) return [];
  const first = span === null ? [] : [`${inQuotes(inOneLine(span.text))} [${placeOf(citations[span.citation])}]`];
  return [...first, SURETY[confidence], ...(answerable ? [""] : [])];
}

function sentenceLines(answer: Answer): string[] {
  const isSaid = ({ text }: AnswerSentence): boolean => !answer.answerable && text === SURETY["not found"];
  return answer.sentences
    .filter((sentence) => !isSaid(sentence))
    .map((sentence) => {
      const places = sentence.citations.map((index) => placeOf(answer.citations[index])).join("; ");
      const text = quoted(sentence, answer);
      if (answer.composer === "extractive") return places ? `${text} [${places}]` : text;
      return places ? `  [${places}] supports: ${text}` : `  no page says this: ${text}`;
    });
}

/** Places that no sentence rests on: in full where nothing was found, by page only behind an answer. */
function otherPlaces({ sentences, citations, answerable }: Answer): string[] {
  const used = new Set(sentences.flatMap((sentence) => sentence.citations));
  const others = citations.filter((citation, index) => citation.supported && !used.has(index));
  if (others.length === 0) return [];
  if (answerable) return ["", `Further places: ${[...new Set(others.map(placeOf))].join("; ")}.`];
  return ["", "Nearest places:", ...others.map((one) => `  ${inQuotes(inOneLine(one.text))} [${placeOf(one)}]`)];
}

/** For each citation: the question's words in it, what the reader read there, how likely it is the place. */
function whyLines({ citations }: Answer): string[] {
  const known = citations.flatMap((citation) => (citation.why === null ? [] : [reasons(citation, citation.why)]));
  return known.length === 0 ? [] : ["", "Why these passages:", ...known.flat()];
}

function reasons(citation: Citation, { words, probability, read }: NonNullable<Citation["why"]>): string[] {
  return [
    `  ${placeOf(citation)}${probability === null ? "" : `: ${likelihood(probability)}`}`,
    ...(words.length === 0 ? [] : [`    words of the question: ${words.join(", ")}`]),
    ...(read === null
      ? []
      : [`    the reader read: ${inQuotes(inOneLine(read.text))}, ${percent(read.certainty)} sure of these words`]),
  ];
}

function likelihood(probability: number): string {
  const text =
    probability >= VERY_LIKELY
      ? "very likely the place"
      : probability >= LIKELY
        ? "likely the place"
        : "a possible place";
  return `${text}, ${percent(probability)}`;
}

/** Never 0 or 100: a probability is no proof. */
function percent(probability: number): string {
  return `${Math.min(99, Math.max(1, Math.round(probability * 100)))} %`;
}

/** Prose in one line and quotation marks, its own where it brings some; code line by line as it stands. */
function quoted({ text, voice, citations }: AnswerSentence, answer: Answer): string {
  const isCode = citations.some((index) => answer.citations[index].file !== null) && text.includes("\n");
  if (isCode) return `\n${text.replaceAll(/^/gm, "    ")}\n `;
  return voice === "document" ? inQuotes(inOneLine(text)) : inOneLine(text);
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** Marks that the words themselves bring are not doubled, and none stays open. */
function inQuotes(line: string): string {
  if (/^["«]/u.test(line)) return line;
  const begun = line.startsWith("“") ? line : `“${line}`;
  return begun.split("“").length > begun.split("”").length ? `${begun}”` : begun;
}
