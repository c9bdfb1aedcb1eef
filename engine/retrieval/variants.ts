/**
 * Other words of the library that count as a word that was asked for: derived ones ("immigrant": immigration), other
 * spellings ("colour": color), and for a word that stands nowhere, what was probably meant (edit distance 1 or 2).
 * Owns: the rules. Does not know: SQL; the vocabulary comes from the index. Costs a few milliseconds at most.
 */
import { numberAlternates } from "./numbers.ts";
import type { QueryTerm, SearchQuery } from "./query.ts";
import { stemEnglish } from "./stem.ts";
import type { ChunkIndex } from "./types.ts";

/** Words of one family that no suffix rule brings together. */
const FAMILIES = `die dead death; live life alive; believe belief; lose loss; choose choice; high height; long length; deep depth;
strong strength strengthen; wide width; broad breadth; speak speech; sell sale; give gift; marry marriage wedding; fly flight;
grow growth; see sight; know knowledge; prove proof; succeed success; sing song; bear born birth; weigh weight; poor poverty;
free freedom; wise wisdom; young youth; true truth; angry anger; hungry hunger; proud pride; hot heat; warm warmth; safe safety;
advise advice; arrive arrival; bury burial; deny denial; refuse refusal; destroy destruction; receive receipt; describe description;
decide decision; divide division; explode explosion; invade invasion; conclude conclusion; permit permission; respond response;
defend defence defense; offend offence offense; pretend pretence; expend expense; absent absence; present presence;
govern government; rule ruler; enter entrance; depart departure; fail failure; mix mixture;
compare comparison; analyse analyze analysis; hypothesis hypothesize; theory theoretical; science scientific scientist;
france french; england english; britain british; germany german; spain spanish; italy italian; china chinese; japan japanese;
russia russian; america american; rome roman; greece greek; turkey turkish; poland polish; ireland irish; scotland scottish;
wales welsh; europe european; africa african; asia asian; india indian; egypt egyptian; norway norwegian; sweden swedish;
denmark danish; netherlands dutch; portugal portuguese; austria austrian; hungary hungarian; mexico mexican; canada canadian;
mother maternal; father paternal; year annual; day daily; sea marine; moon lunar; sun solar; mind mental; city urban; tooth dental`;

const SUFFIXES =
  /(?:isation|ization|ational|ation|ition|ional|ution|ingly|ement|ness|ment|ship|hood|less|able|ible|ance|ence|ancy|ency|iti|ity|ism|ist|ian|ion|ive|ous|ful|ant|ent|age|ate|ize|ise|ish|al|er|or|ly|li|en|th|ic|y|i|e|s)$/u;
const LEAST_ROOT = 4;
/** Letters of a word that may be misspelt: shorter ones have too many neighbours. */
const LEAST_TYPO = 5;
const LEAST_PREFIX = 5;
const DERIVED_MOST = 4;
const VOCABULARY_MOST = 400;
/** Unknown words that are looked up; a list of rubbish is not worth the time. */
const TYPOS_MOST = 4;
const TYPO_VOCABULARY_MOST = 40_000;

let families: Map<string, string[]> | null = null;

function familyOf(term: string): string[] {
  if (families === null) {
    families = new Map();
    for (const line of FAMILIES.split(";")) {
      const stems = [...new Set(line.trim().split(/\s+/u).map(stemEnglish))];
      for (const stem of stems) {
        const others = stems.filter((other) => other !== stem);
        families.set(stem, [...(families.get(stem) ?? []), ...others]);
      }
    }
  }
  return families.get(term) ?? [];
}

export interface VariantSettings {
  readonly numbers: boolean;
  readonly families: boolean;
  readonly derived: boolean;
  readonly typos: boolean;
}

/** The query with alternates; words that have some of their own stay what they are. */
export function withVariants(
  query: SearchQuery,
  index: Pick<ChunkIndex, "vocabulary">,
  occurs: (term: string) => boolean,
  settings: VariantSettings,
): SearchQuery {
  const asked = new Set(query.terms.map(({ term }) => term));
  let typos = 0;
  const terms = query.terms.map((term, at): QueryTerm => {
    const found: string[] = [];
    if (settings.numbers) found.push(...numberAlternates(term.form, query.terms[at - 1]?.form));
    if (/^[a-z]{3,}$/u.test(term.term)) {
      if (settings.families) found.push(...familyOf(term.term), ...spellings(term));
      if (settings.derived) found.push(...derived(term.term, index));
      if (settings.typos && !occurs(term.term) && !found.some(occurs) && term.term.length >= LEAST_TYPO) {
        typos += 1;
        if (typos <= TYPOS_MOST) found.push(...similar(term, index));
      }
    }
    const alternates = [...new Set(found)].filter((other) => !asked.has(other));
    return alternates.length === 0 ? term : { ...term, alternates };
  });
  return { ...query, terms };
}

/** British and American spellings, as stems. */
function spellings({ form }: QueryTerm): string[] {
  const other = [
    form.replace(/our(?=$|s$|ed$|ing$|ful$|able$|ite$)/u, "or"),
    form.replace(/(?<=[bclnv])or(?=$|s$|ed$|ing$|ful$|able$|ite$)/u, "our"),
    form.replace(/(?<=..)is(?=e$|es$|ed$|ing$|ation$)/u, "iz"),
    form.replace(/(?<=..)iz(?=e$|es$|ed$|ing$|ation$)/u, "is"),
    form.replace(/(?<=[bt])re(?=$|s$)/u, "er"),
    form.replace(/(?<=(?:cent|theat|fib|lit|met))er(?=$|s$)/u, "re"),
    form.replace(/^grey/u, "gray"),
    form.replace(/^gray/u, "grey"),
  ];
  return other.filter((word) => word !== form).map(stemEnglish);
}

/** What is left of a stem without derivational suffixes; null when that says too little. */
function rootOf(stem: string): string | null {
  let root = stem;
  for (let round = 0; round < 2; round += 1) {
    const shorter = root.replace(SUFFIXES, "");
    if (shorter.length < LEAST_ROOT) break;
    root = shorter;
  }
  return root.length >= LEAST_ROOT ? root : null;
}

const after = (prefix: string): string =>
  `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;

function derived(term: string, index: Pick<ChunkIndex, "vocabulary">): string[] {
  const root = rootOf(term);
  if (root === null || root.length < 5) return [];
  return index
    .vocabulary(root, after(root), VOCABULARY_MOST)
    .filter(({ term: other }) => other !== term && other.length <= term.length + 5 && rootOf(other) === root)
    .sort((a, b) => b.chunks - a.chunks)
    .slice(0, DERIVED_MOST)
    .map(({ term: other }) => other);
}

/**
 * Words of the same first letter within one edit (two from seven letters on), and words that go on where this one ends
 * ("config": configur); the nearest, then the commonest.
 */
function similar({ term, form }: QueryTerm, index: Pick<ChunkIndex, "vocabulary">): string[] {
  const most = form.length >= 7 ? 2 : 1;
  const first = term.slice(0, 1);
  const distanceTo = (other: string): number => {
    if (term.length >= LEAST_PREFIX && other.startsWith(term)) return most;
    return Math.abs(other.length - term.length) > most ? most + 1 : editDistance(term, other, most);
  };
  return index
    .vocabulary(first, after(first), TYPO_VOCABULARY_MOST)
    .filter(({ term: other }) => /^[a-z]+$/u.test(other))
    .map(({ term: other, chunks }) => ({ other, chunks, distance: distanceTo(other) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance || b.chunks - a.chunks)
    .slice(0, 2)
    .map(({ other }) => other);
}

/** Insertions, deletions, changes, swaps of neighbours (Damerau 1964); `most + 1` for anything farther apart. */
export function editDistance(a: string, b: string, most: number): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    if (Math.min(...row) > most) return most + 1;
    before = last;
    last = row;
  }
  return last[b.length] ?? most + 1;
}
