/**
 * How common a word is in English at large, from a table of the 4,000 commonest stems.
 * Owns: the lookup and what a function word is. Terms of other languages and rare words are all equally uncommon: then the
 * document's own counts decide alone.
 */
import { COMMON_WORDS } from "./common-words.ts";

/** Bits of a word that is not among the commonest. */
export const RARE = 16;
/** Words at least as common as one in 2^8 serve grammar, not content. */
const FUNCTION_BITS = 7;

const bits = new Map<string, number>();
for (const [bucket, terms] of COMMON_WORDS) for (const term of terms.split(" ")) bits.set(term, bucket);

const FUNCTION_WORDS = new Set(
  (
    "a an the of to in on at by for from with and or but if is are was were be been being am do does did done has have had having " +
    "not no nor it its he she they him his her hers them their theirs himself herself itself themselves i me my mine you your " +
    "yours we us our ours myself yourself this that these those there here what which who whom whose when where why how as than " +
    "then so such can could will would should may might must shall about into over after before out up down also very just too " +
    "any some all each more most other only own same both few many much one two when while until because since though although " +
    "however through during between among under again further once don doesn didn isn wasn weren won ll ve re s t d m " +
    "dont doesnt didnt isnt arent wasnt cant im ive id youre thats hes shes theyre uh um oh yeah okay ok hmm mm yes well like " +
    "upon ever even still yet perhaps rather quite else us get got go going went gone say said says come came make made"
  ).split(" "),
);

/** Bits of the term's share of general text: 4 for "the", 16 for all rare words. */
export const commonness = (term: string): number => bits.get(term) ?? RARE;

export const isFunctionWord = (form: string, term: string): boolean =>
  FUNCTION_WORDS.has(form) || (bits.get(term) ?? RARE) < FUNCTION_BITS;
