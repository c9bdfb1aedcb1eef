/**
 * Which kind of thing a question asks for (a person, a time, a place, a number, a reason), and whether a sentence holds
 * one that the question does not itself name. Ranking among passages that hold the same words turns on it.
 * Pure rules over English; for other languages and plain search words nothing is expected. Does not know: ranking.
 */

const NUMBER_WORDS =
  "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|" +
  "nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?|half|twice|thrice|" +
  "both|several|none|many|few";
const MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december";

export type Expected = "person" | "time" | "place" | "number" | "reason" | "name" | "none";

const NUMBER = new RegExp(String.raw`\d|\b(?:${NUMBER_WORDS})\b`, "iu");
const DATE = new RegExp(
  String.raw`\b1[0-9]\d{2}s?\b|\b20\d{2}s?\b|\b\d{1,3}(?:st|nd|rd|th)\b|\b(?:${MONTHS}) \d|\d (?:${MONTHS})\b|\bcentur(?:y|ies)\b`,
  "iu",
);
const TIME =
  /\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|o['’]clock|mornings?|evenings?|nights?|noon|midnight|dawn|sunset|sunrise|to-?morrow|yesterday|to-?day|to-?night|spring|summer|autumn|winter|ago|after|before|when|until|till|while|then|once|during|minutes?|hours?|days?|weeks?|months?|years?)\b/iu;
const PLACE =
  /\b(?:in|at|near|from|into|to|of|outside|within|across|towards?)\s+(?:the\s)?(?:north|south|east|west|central\s)?\p{Lu}/u;
const LOCATED =
  /\b(?:in|at|near|on|from|into|to|under|behind|beside|inside|outside|upon|above|below|beneath|within|across|towards?|between)\s+(?:the|an?|his|her|my|our|their|its)\s+\p{Ll}/iu;
const REASON =
  /\b(?:because|so that|so as to|in order|therefore|thus|hence|reasons?|due to|caus(?:e|es|ed|ing)|owing|lest|for fear|thanks to|as a result|led to|since|so)\b|\bfor (?:he|she|it|they|we|i|you|the|there)\b|\bto (?:avoid|prevent|make|keep|help|get|see|have|be)\b/iu;

/** What the question asks for; "none" when nothing special, or when it is no question. */
export function expectedBy(question: string): Expected {
  const start = question
    .toLowerCase()
    .replace(/^[^\p{L}]*(?:and|but|so|well|then|now)?,?\s*/u, "")
    .slice(0, 600);
  if (/\bhow (?:many|much|long|old|far|tall|high|big|large|fast|often|heavy|deep|wide|late|early)\b/u.test(start))
    return "number";
  if (
    /\b(?:what|which) (?:percent\w*|number|share|price|fare|cost|amount|size|distance|height|length|age|population)\b/u.test(
      start,
    )
  )
    return "number";
  if (/^(?:\w+ )?when\b|\b(?:what|which) (?:year|month|day|date|time|hour|century|decade|period|era)\b/u.test(start))
    return "time";
  if (
    /^(?:\w+ )?(?:who|whom|whose)\b|\b(?:what|which) (?:person|man|woman|king|queen|author|people|president|leader|player|actor|scientist)\b/u.test(
      start,
    )
  )
    return "person";
  if (
    /^(?:\w+ )?where\b|\b(?:what|which) (?:city|town|country|state|place|island|river|street|region|area|continent|village|nation|county|building|location)\b/u.test(
      start,
    )
  )
    return "place";
  if (/^why\b|\b(?:for )?what reason\b|\bwhat (?:caused|made|led)\b/u.test(start)) return "reason";
  if (
    /\bwhat(?: is| was|'s)? (?:the |his |her |its )?names?\b|\bwhat (?:company|organization|university|school|book|film|movie|song|language|group|team|award|party|album|magazine|newspaper)\b/u.test(
      start,
    )
  )
    return "name";
  return "none";
}

/** 1: holds such a thing; .5: perhaps; 0: does not. */
export function expectation(question: string): ((sentence: string) => number) | null {
  const kind = expectedBy(question);
  if (kind === "none") return null;
  if (kind === "number") return (sentence) => (/\d/u.test(sentence) ? 1 : NUMBER.test(sentence) ? 0.75 : 0);
  if (kind === "time") return (sentence) => (DATE.test(sentence) ? 1 : TIME.test(sentence) ? 0.5 : 0);
  if (kind === "reason") return (sentence) => (REASON.test(sentence) ? 1 : 0);
  const asked = new Set(question.toLowerCase().match(/\p{L}+/gu) ?? []);
  if (kind === "place") return (sentence) => (PLACE.test(sentence) ? 1 : LOCATED.test(sentence) ? 0.75 : 0);
  return (sentence) => (holdsNewName(asked, sentence) ? 1 : 0);
}

/** A capitalised word that neither opens the sentence nor stands in the question. */
function holdsNewName(asked: ReadonlySet<string>, sentence: string): boolean {
  for (const match of sentence.matchAll(/(?<=[\p{L}\p{N},;:)’'”"]\s+["“‘(]?)\p{Lu}[\p{L}’'-]+/gu))
    if (!asked.has(match[0].toLowerCase()) && !/^I\b/u.test(match[0])) return true;
  const opening = /^["“‘(]*(\p{Lu}\p{Ll}+)\s+(?:\p{Lu}\p{Ll}+|was|is|had|has|said|did)\b/u.exec(sentence)?.[1];
  return (
    opening !== undefined &&
    !/^(?:it|there|this|that|he|she|they|we|what|who|the|and|but)$/iu.test(opening) &&
    !asked.has(opening.toLowerCase())
  );
}
