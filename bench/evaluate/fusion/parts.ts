/**
 * Whether the memory helps to choose parts for questions over the whole, and how much it may say: the development set's
 * whole-document questions, answered with several worths.
 * Owns: which worths are tried, and the gate. Does not know: how parts are chosen.
 */
import type { MemoryForm } from "../../../engine/answering/ranking/regression.ts";
import type { LanguageModel } from "../../../engine/model/types.ts";
import type { PassageReader } from "../../../engine/reading/reading.ts";
import { layDownDevelopmentSet } from "../development-set.ts";
import { openDirectLibrary } from "../direct.ts";
import { CITED_WORDS } from "../comparing.ts";
import { askedOf, markQuestion } from "../marks.ts";
import { bootstrap, mean, type Interval } from "../statistics.ts";
import { longleaf } from "../systems.ts";
import { isNamed } from "./collect.ts";

const WORTHS = [0, 0.1, 0.2, 0.4] as const;

/** Facts covered by each question, for every worth that was tried. */
export type CoveredByWorth = ReadonlyMap<number, readonly number[]>;

/** `only`: of the documents, by parts of their names. Prints the table; returns the worth that passed. */
export async function fitParts(
  reader: PassageReader,
  model: LanguageModel,
  form: MemoryForm,
  only: readonly string[],
): Promise<number> {
  using set = layDownDevelopmentSet();
  const covered = new Map<number, number[]>(WORTHS.map((worth) => [worth, []]));
  for (const { name, path, questions } of set.documents) {
    const whole = questions.filter(({ kind }) => kind === "whole");
    if (whole.length === 0 || !isNamed(name, only)) continue;
    using library = openDirectLibrary(reader, model);
    const id = await library.addPath(path);
    await library.remember(id);
    for (const worth of WORTHS) {
      const partsByMemory = { form, worth };
      const system = longleaf({ name: String(worth), sources: (sources) => ({ ...sources, partsByMemory }) });
      const opened = system.open(library, id);
      for (const question of whole) {
        const asked = askedOf(name, question);
        const marks = markQuestion(asked, await opened.answer(asked.question), {
          citedWords: CITED_WORDS,
          isOnPage: () => true,
        });
        covered.get(worth)?.push(marks.facts);
      }
    }
  }
  printWorths(covered);
  return provenWorth(covered);
}

const liftOf = (covered: CoveredByWorth, facts: readonly number[]): Interval =>
  bootstrap(
    facts.map((value, at) => value - (covered.get(0)?.[at] ?? 0)),
    mean,
  );

/** The best of those whose lift over 0 has an interval above 0, else 0: what is not proven is not asked. */
export function provenWorth(covered: CoveredByWorth): number {
  let [best, most] = [0, 0];
  for (const [worth, facts] of covered) {
    const { value, low } = liftOf(covered, facts);
    if (low > 0 && value > most) [best, most] = [worth, value];
  }
  return best;
}

function printWorths(covered: CoveredByWorth): void {
  console.log("\n## Questions over the whole: facts covered, by what the memory may say\n");
  console.log("| worth | questions | facts covered | over 0 |\n|---|---|---|---|");
  for (const [worth, facts] of covered) {
    const { value, low, high } = liftOf(covered, facts);
    const over = `${value >= 0 ? "+" : ""}${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
    console.log(`| ${worth} | ${facts.length} | ${mean(facts).toFixed(3)} | ${over} |`);
  }
}
