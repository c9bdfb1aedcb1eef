/**
 * What kind of text a document is, as far as it matters for summing it up: where the weight lies differs.
 * Pure. Does not know: the weights.
 */
import { SPEECH, TURN, type SentenceTable } from "./sentence-table.ts";

/** talk: a record of who said what. story: much of it is direct speech. exposition: all else. */
export type TextKind = "talk" | "story" | "exposition";

const LEAST_TURNS = 0.3;
const LEAST_SPEECH = 0.12;

export function textKindOf(table: SentenceTable): TextKind {
  let turns = 0;
  let speech = 0;
  for (let sentence = 0; sentence < table.length; sentence += 1) {
    if (table.has(sentence, TURN)) turns += 1;
    if (table.has(sentence, SPEECH)) speech += 1;
  }
  if (turns > table.length * LEAST_TURNS) return "talk";
  return speech > table.length * LEAST_SPEECH ? "story" : "exposition";
}
