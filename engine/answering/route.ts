/**
 * Which way a question goes: over the whole document, to a place in it, through every passage, or to exact words.
 * Pure rules over the question as the person typed it; document text never comes near this file, so nothing that is
 * written in a document can choose a route or a scope.
 */
import type { AnswerRoute } from "../protocol/dto.ts";
import { formOf } from "./gathering/form.ts";
import { readQuestion } from "./question.ts";

const WHOLE = [
  /\b(?:summari[sz]e|summary|overview|synopsis|outline of|in a nutshell|tl;?dr|the gist)\b/u,
  /\bwhat (?:is|was|'s) (?:this|the|that) (?:whole |entire )?(?:book|document|text|novel|story|report|paper|article|repository|repo|project|code ?base|folder|program)(?: (?:all|mostly|mainly|really))? (?:about|for)\b/u,
  /\bwhat(?:'s| is) it (?:all )?about\b/u,
  /\bwhat does (?:this|the) (?:book|document|text|repository|repo|project|program|code ?base) (?:do|cover|contain|argue|say in short)\b/u,
  /\b(?:main|central|principal|overall|key) (?:themes?|ideas?|points?|arguments?|plot|characters?|message|conclusions?|parts?)\b/u,
  /\bwhat happens in (?:this|the) (?:book|story|novel|text)\b/u,
  /\bthe (?:whole|entire) (?:book|document|text|story|novel|repository|project)\b/u,
  /\b(?:how|in what way) is (?:this|the) (?:project|repository|repo|code ?base|book|document) (?:organi[sz]ed|structured|laid out|built)\b/u,
];

const MENTION = String.raw`(?:mention(?:ed|s)?|named?|appear(?:s|ed|ing)?|occur(?:s|red)?|used?|come up|comes up|called|written|found|referred to|talk(?:s|ed)? about)`;
const COUNT = [
  new RegExp(String.raw`\bhow many (?:times|passages|places|pages|lines|files|sentences)\b.*\b${MENTION}\b`, "u"),
  new RegExp(String.raw`\bhow often (?:is|are|was|were|do|does|did)\b.*\b${MENTION}\b`, "u"),
  /^(?:please )?(?:show|find|collect|count) (?:me )?(?:all|every|each|everything|everywhere|the number of)\b/u,
  /^(?:please )?count (?:the |of )?\p{L}/u,
  /\b(?:all|every) (?:mentions?|occurrences?|places?|passages?|instances?|uses?) (?:of|where|in which|that)\b/u,
  new RegExp(String.raw`\bwhich (?:pages|files|chapters|places|passages)\b.*\b${MENTION}\b`, "u"),
  new RegExp(String.raw`\bwhere (?:all|else|everywhere)\b|\bin which (?:files|chapters|pages)\b`, "u"),
];

const QUOTE = [
  /\b(?:quote|quotation|exact words?|exact wording|word for word|verbatim|exact phrase|exact passage|exact sentence)\b/u,
  /\b(?:find|show|locate|where is) the (?:phrase|sentence|words|wording|line|passage)\b/u,
  /\bwho (?:says|said|wrote|writes)\s*[:,]?\s*["“«‘]/u,
  /\bwhere (?:does|did|do|is|are) .{0,40}["“«‘]/u,
];

/** The route of a question. Ties go to `find`, which is right most often. */
export function routeQuestion(text: string): AnswerRoute {
  const lower = text.trim().replace(/\s+/gu, " ").toLowerCase();
  const { phrases } = readQuestion(text);
  if (COUNT.some((rule) => rule.test(lower))) return "count";
  const isOnlyPhrase = phrases.length === 1 && /^["“«‘][^"”»’]+["”»’][.?!]?$/u.test(lower);
  if (isOnlyPhrase || (phrases.length > 0 && QUOTE.some((rule) => rule.test(lower)))) return "quote";
  return WHOLE.some((rule) => rule.test(lower)) || formOf(text) !== null ? "whole" : "find";
}

/** For what the whole is about, its gist, its build: a summary answers that. */
export function isAboutTheWhole(text: string): boolean {
  const lower = text.trim().replace(/\s+/gu, " ").toLowerCase();
  return WHOLE.some((rule) => rule.test(lower));
}

/**
 * What a count question counts, without its frame: "How many times is the glacier mentioned?" > "glacier".
 * Words in quotation marks win.
 */
export function countTopic(text: string): string {
  const { phrases } = readQuestion(text);
  const [phrase] = phrases;
  if (phrase !== undefined) return phrase;
  const frame = new RegExp(
    String.raw`^(?:please )?(?:(?:list|enumerate|name|show|find|give|collect|count)(?: me)?|how many|how often|which|where|in which)\b|` +
      String.raw`\b(?:all|every|each|everything|everywhere|the|of|times|passages|places|pages|lines|files|chapters|sentences|number|` +
      String.raw`mentions?|occurrences?|instances?|uses?|where|else|in|that|is|are|was|were|do|does|did|has|have|been|there|` +
      String.raw`this|these|book|document|text|story|novel|repository|project|code|word|term|phrase|about|and)\b|\b${MENTION}\b`,
    "giu",
  );
  const topic = text
    .replace(frame, " ")
    .replace(/[?.!,;:]+/gu, " ")
    .replace(/\s+/gu, " ")
    .trim();
  return topic === "" ? text.trim() : topic;
}
