/**
 * English stems: Porter's algorithm (M. F. Porter 1980, "An algorithm for suffix stripping"), with the two
 * departures of its author's own program (-bli, -logi), after a short table of irregular forms.
 * Owns: one folded word > its stem. Does not know: where words begin, other languages, the index.
 * Changing anything here changes what is in every index: raise SEARCH_TOKENIZER_VERSION.
 */

/** Irregular verbs and plurals by base form. Porter's rules see none of these. */
const IRREGULAR = `go went gone; say said; see saw seen; take took taken; give gave given; come came; get got gotten;
make made; know knew known; think thought; find found; tell told; become became; leave left; feel felt; bring brought;
begin began begun; keep kept; hold held; write wrote written; stand stood; hear heard; mean meant; meet met; run ran;
pay paid; sit sat; speak spoke spoken; lead led; grow grew grown; lose lost; fall fell fallen; send sent; build built;
understand understood; draw drew drawn; break broke broken; spend spent; rise rose risen; drive drove driven; buy bought;
wear wore worn; choose chose chosen; eat ate eaten; throw threw thrown; catch caught; teach taught; fly flew flown;
steal stole stolen; sing sang sung; swim swam swum; drink drank drunk; ride rode ridden; hide hid hidden; fight fought;
die died dying dies; lie lied lying lies; forget forgot forgotten; sell sold; seek sought; sleep slept; shake shook shaken; bite bit bitten; tear tore torn;
weave wove woven; freeze froze frozen; forgive forgave forgiven; swear swore sworn; blow blew blown; dig dug;
man men; woman women; child children; foot feet; tooth teeth; mouse mice; goose geese; wife wives; wolf wolves;
life lives; knife knives; thief thieves; half halves; leaf leaves; shelf shelves`;

let irregular: Map<string, string> | null = null;
let formsByStem: Map<string, string[]> | null = null;

function irregularForms(): Map<string, string> {
  irregular ??= new Map(
    IRREGULAR.split(";").flatMap((line) => {
      const [base = "", ...forms] = line.trim().split(/\s+/u);
      return forms.map((form): [string, string] => [form, base]);
    }),
  );
  return irregular;
}

/** Irregular forms whose stem is this one: of "go": "went", "gone". */
export function irregularFormsOf(stem: string): readonly string[] {
  formsByStem ??= Map.groupBy(irregularForms().keys(), stemEnglish);
  return formsByStem.get(stem) ?? [];
}

const isVowelAt = (word: string, at: number): boolean => {
  const letter = word.charCodeAt(at);
  // a e i o u
  if (letter === 97 || letter === 101 || letter === 105 || letter === 111 || letter === 117) return true;
  return letter === 121 && at > 0 && !isVowelAt(word, at - 1);
};

/** Porter's m: how many vowel-consonant sequences the stem holds. */
function measure(stem: string): number {
  let count = 0;
  let wasVowel = false;
  for (let at = 0; at < stem.length; at += 1) {
    const vowel = isVowelAt(stem, at);
    if (wasVowel && !vowel) count += 1;
    wasVowel = vowel;
  }
  return count;
}

function hasVowel(stem: string): boolean {
  for (let at = 0; at < stem.length; at += 1) if (isVowelAt(stem, at)) return true;
  return false;
}

const endsDouble = (word: string): boolean =>
  word.length > 1 && word.at(-1) === word.at(-2) && !isVowelAt(word, word.length - 1);

/** *o: ends consonant-vowel-consonant, the last not w, x or y. */
function endsShort(word: string): boolean {
  const end = word.length - 1;
  if (end < 2 || isVowelAt(word, end) || !isVowelAt(word, end - 1) || isVowelAt(word, end - 2)) return false;
  return !"wxy".includes(word.charAt(end));
}

const STEP_2: readonly (readonly [string, string])[] = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["bli", "ble"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["logi", "log"],
];
const STEP_3: readonly (readonly [string, string])[] = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
];
const STEP_4: readonly string[] = [
  "al",
  "ance",
  "ence",
  "er",
  "ic",
  "able",
  "ible",
  "ant",
  "ement",
  "ment",
  "ent",
  "ion",
  "ou",
  "ism",
  "ate",
  "iti",
  "ous",
  "ive",
  "ize",
];

/** Steps 1a to 1c: plurals, -ed, -ing, final y. */
function stripInflection(start: string): string {
  let word = start;
  if (word.endsWith("sses") || word.endsWith("ies")) word = word.slice(0, -2);
  else if (word.endsWith("s") && !word.endsWith("ss")) word = word.slice(0, -1);
  if (word.endsWith("eed")) {
    if (measure(word.slice(0, -3)) > 0) word = word.slice(0, -1);
  } else {
    const cut = word.endsWith("ed") ? 2 : word.endsWith("ing") ? 3 : 0;
    if (cut > 0 && hasVowel(word.slice(0, -cut))) word = restoreEnding(word.slice(0, -cut));
  }
  if (word.endsWith("y") && hasVowel(word.slice(0, -1))) word = `${word.slice(0, -1)}i`;
  return word;
}

function restoreEnding(word: string): string {
  if (word.endsWith("at") || word.endsWith("bl") || word.endsWith("iz")) return `${word}e`;
  if (endsDouble(word) && !/[lsz]$/u.test(word)) return word.slice(0, -1);
  return measure(word) === 1 && endsShort(word) ? `${word}e` : word;
}

function replaceSuffix(word: string, rules: readonly (readonly [string, string])[]): string {
  // The longest matching suffix decides, whether or not its condition holds.
  let best: readonly [string, string] | null = null;
  for (const rule of rules) {
    if (word.endsWith(rule[0]) && (best === null || rule[0].length > best[0].length)) best = rule;
  }
  if (best === null) return word;
  const stem = word.slice(0, -best[0].length);
  return measure(stem) > 0 ? stem + best[1] : word;
}

function stripStep4(word: string): string {
  let best = "";
  for (const suffix of STEP_4) if (word.endsWith(suffix) && suffix.length > best.length) best = suffix;
  if (best === "") return word;
  const stem = word.slice(0, -best.length);
  if (best === "ion" && !/[st]$/u.test(stem)) return word;
  return measure(stem) > 1 ? stem : word;
}

function stripFinalE(word: string): string {
  let result = word;
  if (result.endsWith("e")) {
    const stem = result.slice(0, -1);
    const m = measure(stem);
    if (m > 1 || (m === 1 && !endsShort(stem))) result = stem;
  }
  return result.endsWith("ll") && measure(result.slice(0, -1)) > 1 ? result.slice(0, -1) : result;
}

/** The stem of a folded word of the letters a to z; shorter than three letters: the word itself. */
export function stemEnglish(word: string): string {
  const base = irregularForms().get(word) ?? word;
  if (base.length < 3) return base;
  return stripFinalE(stripStep4(replaceSuffix(replaceSuffix(stripInflection(base), STEP_2), STEP_3)));
}
