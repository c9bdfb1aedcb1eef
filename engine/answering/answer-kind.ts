/**
 * Does a sentence hold the kind of thing that was asked for: a person, a time, a place, a number, a reason?
 * Pure rules over English words; for other languages every sentence is equal. Does not know: documents, ranking.
 */
import type { AnswerKind, Question } from "./question.ts";

const NUMBER_WORDS =
  "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|" +
  "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|hundreds|thousand|thousands|million|millions|dozen|dozens|score|" +
  "half|quarter|twice|thrice|once|both|several|none";

const RULES: Readonly<Record<Exclude<AnswerKind, "person" | "fact" | "decision">, RegExp>> = {
  time: new RegExp(
    String.raw`\b(?:1\d{3}|20\d{2})\b|\b\d{1,2}(?::\d{2}|th|st|nd|rd)\b|\b(?:january|february|march|april|june|july|august|september|october|` +
      String.raw`november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|o['’]clock|morning|evening|night|noon|midnight|` +
      String.raw`dawn|sunset|to-?morrow|yesterday|to-?day|to-?night|spring|summer|autumn|winter|century|ago|after|before|when|until|` +
      String.raw`(?:minute|hour|day|week|month|year)s?)\b`,
    "iu",
  ),
  place:
    /\b(?:in|at|near|on|from|into|to|under|behind|beside|inside|outside|upon|above|below|beneath|within|across|toward|towards|between)\s+(?:the\s|a\s|an\s|his\s|her\s|my\s|our\s|their\s)?\p{L}/iu,
  number: new RegExp(String.raw`\d|\b(?:${NUMBER_WORDS})\b`, "iu"),
  reason:
    /\b(?:because|since|so that|so as to|in order|therefore|thus|hence|reason|due to|cause[sd]?|owing|lest|for fear|so\b|for\b|that (?:he|she|it|they|we|i|you) (?:might|may|could|should)|to (?:avoid|prevent|make|keep|help|get))/iu,
  manner: /\b(?:by|with|using|through|via|means|method|way|first|then|after|until)\b/iu,
  definition: /\b(?:is|are|was|were|means|called|known as|refers to|stands for|consists? of|a kind of)\b|[:=—]/iu,
};

/** A sentence that introduces what was asked for is worth more than any other sign. */
const INTRODUCTION = 4;

/** 1 when the sentence holds such a thing beyond what the question itself says, else 0; 0.5 where anything may answer. */
export function kindFit(question: Pick<Question, "kind" | "text">, sentence: string): number {
  if (question.kind === "fact" || question.kind === "decision") return 0.5;
  if (question.kind === "definition")
    return introduces(question.text, sentence) ? INTRODUCTION : RULES.definition.test(sentence) ? 0.4 : 0;
  if (question.kind === "person") return holdsNewName(question.text, sentence) ? 1 : 0;
  return RULES[question.kind].test(sentence) ? 1 : 0;
}

/** A capitalised word that neither opens the sentence nor stands in the question; or a speaker's "I". */
function holdsNewName(question: string, sentence: string): boolean {
  const asked = new Set(question.toLowerCase().match(/\p{L}+/gu) ?? []);
  for (const match of sentence.matchAll(/(?<=[\p{L}\p{N},;:)’'”"]\s+["“‘(]?)\p{Lu}[\p{L}’'-]+/gu)) {
    if (!asked.has(match[0].toLowerCase())) return true;
  }
  const opening = /^["“‘(]*(\p{Lu}\p{Ll}+)\s+(?:\p{Lu}\p{Ll}+|was|is|had|has|said|did)\b/u.exec(sentence)?.[1];
  return (
    opening !== undefined &&
    !/^(?:it|there|this|that|he|she|they|we|what|who|the|and|but)$/iu.test(opening) &&
    !asked.has(opening.toLowerCase())
  );
}

/** "Zambo, who …", "named Zambo", "Curupuri is the …": the sentence says who or what the thing is. */
function introduces(question: string, sentence: string): boolean {
  const asked = /^\P{L}*(?:what|who)\s+(?:is|are|was|were)\s+(?:an?\s+|the\s+)?(.+?)\s*\??$/iu.exec(question)?.[1];
  if (asked === undefined) return false;
  const name = asked.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
  const pattern = String.raw`\b(?:named|called|known as)\s+${name}\b|\b${name}(?:,? (?:is|was|are|were|means)\b|, (?:an?|the|our|my|his|her|who|which)\b)`;
  return new RegExp(pattern, "iu").test(sentence);
}
