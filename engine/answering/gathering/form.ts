/**
 * Is a question about a whole document, and in which way: a list, a count, an order, a change, a trace?
 * Pure rules over the question as the person typed it. Does not know: documents, routes, evidence.
 */

export type GatherForm = "list" | "count" | "order" | "change" | "trace";

/** Asked of the whole in so many words. */
const TRACE = [
  /^(?:please )?(?:trace|follow|track)\b/u,
  /\bwhat (?:happens|happened|becomes|became|has become|will become) (?:to|of)\b/u,
  /\b(?:the )?fate of\b/u,
  /\bwhat (?:part|role) (?:does|do|did|is|are) .*\b(?:play|played)\b/u,
  /\b(?:from (?:the )?(?:beginning|start|first|opening)|from .{2,40}) to (?:the |its |his |her |their )?(?:end|close|last|finish|present|latest)\b/u,
  /\b(?:story|history|course|career|journey|path|adventures) of (?:the|his|her|their)?\b.*\b(?:through|over|in|across) the (?:book|story|novel|text|chapters?)\b/u,
];
const CHANGE = [
  /^(?:\w+ )?(?:how|in what ways?)\b.*\b(?:chang(?:e|es|ed|ing)|develop(?:s|ed)?|evolv(?:e|es|ed)|shift(?:s|ed)?|progress(?:es|ed)?|grow(?:s)? (?:over|during|in the course))\b/u,
  /\b(?:changes?|development|evolution|progress) (?:in|of|to|between)\b.*\b(?:over|during|throughout|through|across|from|course|between)\b/u,
  /\bhow (?:does|do|did) .*\b(?:opinions?|feelings?|attitudes?|relations?|relationships?|views?|friendship|love|fortunes|position|manner)\b.*\b(?:of|to|towards?|with|for|between|about)\b/u,
  /\bwhat (?:changes|changed|is different|has changed)\b/u,
];
const ORDER = [
  /\b(?:in (?:what|which) (?:order|sequence)|what (?:is|was) the (?:order|sequence)|chronolog(?:y|ical(?:ly)?)|timeline|one after (?:the other|another))\b/u,
  /\bput .* in order\b|\bsequence of (?:events|steps)\b/u,
];
/** "Came across the island": a way, not a spread. */
const MOTION =
  "com(?:e|es|ing)|came|go|goes|going|gone|went|get|gets|got|runs?|ran|running|walk\\w*|travel\\w*|sail\\w*|sw[iau]m\\w*|" +
  "rid(?:e|es|ing|den)|rode|driv(?:e|es|ing|en)|drove|cross\\w*|carr\\w+|stretch\\w*|lay|lies?|lying|fl(?:y|ies|ew|ying)|step\\w*|" +
  "look\\w*|reach\\w*|jump\\w*|lean\\w*|throw\\w*|threw|tak(?:e|es|en|ing)|took|brought|bring\\w*|cut\\w*|fall\\w*|fell|fle(?:e|es|d)|" +
  "move\\w*|row\\w*|roll\\w*|drag\\w*|march\\w*|follow\\w*|chase\\w*|ferr\\w+|way|bridge|path|road|line";
/** A list or a number over the whole; for "which …" the noun decides (below). */
const SPREAD = new RegExp(
  String.raw`\b(?:in the course of|over the course of|throughout|all through|in all|altogether|in total|at various|the various|the different|different (?:kinds|types|sorts|ways|forms|places|people)|each of|every one of|one by one|(?:disorder|chapter|section|part|place|person|country|case|step) by (?:disorder|chapter|section|part|place|person|country|case|step)|(?<!\b(?:${MOTION}) (?:\p{L}+ )?)across the|during (?:the|his|her|their) (?:story|book|novel|life|lives)|in the whole (?:book|story|novel|text|document))\b`,
  "u",
);
/** Asked of all places of a thing. */
const WHEREVER =
  /^(?:when|where|why|how) and (?:when|where|why|how) (?:does|do|did|is|are|was|were)\b|^what (?:did|do|does) (?:the )?\p{L}+s? (?:do|gain|lose|learn|suffer|achieve)\b|^who (?:are|were) the (?:two|three|four|five|six|seven|eight|nine|ten|twelve)\b|\b(?:and|or) (?:where|when) not\b|^where (?:may|can|must|should|is|are) .*\b(?:used|allowed|permitted|forbidden|legal|mentioned|discussed)\b/u;
const IN_THE_WHOLE =
  /\b(?:in|of) (?:the|this) (?:whole |entire )?(?:book|story|novel|text|document|chapter|manual|specification|standard|report)\b/u;
const LIST_VERB =
  /^(?:please )?(?:list|enumerate|name|collect|gather|give|show|find|tell|summari[sz]e|describe|compare)\b/u;
const IRREGULAR =
  "people|men|women|children|persons|criteria|phenomena|data|feet|wolves|lives|wives|police|folk|folks|species|series|means|media";
const VERBS_IN_S =
  /^(?:happens|becomes|makes|does|is|was|has|causes|means|gives|takes|keeps|leads|brings|goes|comes|says|shows|drives|prevents|allows|sets|turns|lies|distinguishes|determines|controls|makes|tells|helps|separates|was|this|its|his|us|as|plus|thus|class|process|address|access|status|bus|gas|loss|business|princess|mistress|dress|illness|sickness|success|basis|analysis|crisis|class|glass|news)$/u;
const NUMERAL = /^(?:one|two|three|four|five|six|seven|eight|nine|ten|both|\d+)$/u;
const STOPS_NOUN =
  /^(?:does|do|did|is|are|was|were|can|could|must|may|might|have|has|had|will|would|shall|should|in|on|of|for|from|to|by|with|at|as|that|which|who|into|the|a|an|his|her|their|its|and|or|about|between|among)$/u;
const SINGULAR_BEFORE = /^(?:kind|sort|type|time|day|year|month|hour|date|name|word|colour|color|age|number|reason)$/u;

export interface Asked {
  readonly form: GatherForm;
  /** It says so; otherwise a plural noun suggests it. */
  readonly isSure: boolean;
}

/** What is asked is often told in one place as well: a fate, an order, a change, a number. */
const TOLD_IN_ONE: ReadonlySet<GatherForm> = new Set(["order", "change", "count"]);
const FATE = /\bwhat (?:becomes|became|has become|will become|happens|happened) (?:to|of)\b|\bfate of\b/iu;

/** The answer begins with the best places for the question, as if it were asked of one place. */
export function beginsWithBest(question: string, { form, isSure }: Asked): boolean {
  return !isSure || TOLD_IN_ONE.has(form) || FATE.test(question);
}

/** The form, or null for a question to one place. */
export function formOf(question: string): Asked | null {
  const text = question.trim().replace(/\s+/gu, " ").toLowerCase();
  if (text === "") return null;
  if (CHANGE.some((rule) => rule.test(text))) return { form: "change", isSure: true };
  if (ORDER.some((rule) => rule.test(text))) return { form: "order", isSure: true };
  if (TRACE.some((rule) => rule.test(text))) return { form: "trace", isSure: true };
  if (/\bhow many\b/u.test(text))
    return SPREAD.test(text) || IN_THE_WHOLE.test(text) ? { form: "count", isSure: true } : null;
  if (LIST_VERB.test(text) && (/^(?:please )?(?:list|enumerate)\b/u.test(text) || holdsPlural(text)))
    return /\b(?:all|every|each|the)\b/u.test(text) || SPREAD.test(text) ? { form: "list", isSure: true } : null;
  const noun = askedNoun(text);
  // A plural noun may stand for one place as well ("With what studies does he occupy himself?").
  if (noun === "several") return { form: "list", isSure: SPREAD.test(text) || IN_THE_WHOLE.test(text) };
  if (noun === "numbered") return null;
  if (!/^(?:\w+ )?(?:which|what|who|where|how|when)\b/u.test(text)) return null;
  if (SPREAD.test(text)) return { form: "list", isSure: true };
  return WHEREVER.test(text) ? { form: "list", isSure: false } : null;
}

const isPlural = (word: string): boolean =>
  new RegExp(`^(?:${IRREGULAR})$`, "u").test(word) ||
  // "famous", "campus", "crisis", "the inventor's" are no plurals.
  (/[^sui’']s$/u.test(word) && word.length > 3 && !VERBS_IN_S.test(word));

const holdsPlural = (text: string): boolean => text.split(/[^\p{L}'’]+/u).some(isPlural);

/** Of "which …", "what are the …", "who are the …": is the noun a plural, and does a small number stand before it? */
function askedNoun(text: string): "several" | "numbered" | "none" {
  const start =
    /^(?:(?:and|but|so|then|also) )?(?:(?:in|on|at|from|to|by|for|with|through|under|against|of|about|into|during|between|among|after|before) )?(?:which|what|who)\b ?(?:of (?:the |these |those |his |her |their |its )?)?(?:(?:are|were|have been) (?:all )?(?:the |some |its |his |her |their )?)?/u.exec(
      text,
    )?.[0];
  if (start === undefined || start === "") return "none";
  const words = text.slice(start.length).split(/[^\p{L}\p{N}'’-]+/u);
  const isLinked = /\b(?:are|were|been)\b/u.test(start);
  for (const [at, word] of words.slice(0, 5).entries()) {
    if (NUMERAL.test(word)) return "numbered";
    if (STOPS_NOUN.test(word)) return "none";
    if (at === 0 && SINGULAR_BEFORE.test(word)) return "none";
    if (!isPlural(word)) continue;
    // "what causes the …": a verb, not a noun.
    const next = words[at + 1] ?? "";
    if (!isLinked && /^(?:the|a|an|him|her|them|it|his|their|its|my|our|your|this|that|these)$/u.test(next))
      return "none";
    // "Which of the helpers was …": one of them.
    return /\bof\b/u.test(start) && /^(?:is|was|has|does)$/u.test(next) ? "none" : "several";
  }
  return "none";
}
