/**
 * Whether the memory helps to choose parts for questions over the whole, and how much it may say: the development set's
 * whole-document questions, answered with several worths.
 * Owns: which worths are tried, and the gate. Does not know: how parts are chosen.
 */
import type { MemoryForm, PartsRecall } from "../../../engine/answering/ranking/regression.ts";
import type { LanguageModel } from "../../../engine/model/types.ts";
import type { PassageReader } from "../../../engine/reading/reading.ts";
import { layDownDevelopmentSet } from "../development-set.ts";
import { openDirectLibrary } from "../direct.ts";
import { CITED_WORDS } from "../comparing.ts";
import { askedOf, markQuestion } from "../marks.ts";
import { bootstrap, mean } from "../statistics.ts";
import { longleaf } from "../systems.ts";
import { isNamed } from "./collect.ts";

const WORTHS = [0, 0.1, 0.2, 0.4] as const;

/** `only`: of the documents, by parts of their names. Prints the table; returns the best worth whose lift over 0 has an interval above 0, else 0. */
export async function fitParts(
  reader: PassageReader,
  model: LanguageModel,
  form: MemoryForm,
  only: readonly string[],
): Promise<PartsRecall> {
  using set = layDownDevelopmentSet();
  const covered = new Map<number, number[]>(WORTHS.map((worth) => [worth, []]));
  for (const { name, path, questions } of set.documents) {
    const whole = questions.filter(({ kind }) => kind === "whole");
    if (whole.length === 0 || !isNamed(name, only)) continue;
    using library = openDirectLibrary(reader, model);
    const id = await library.addPath(path);
    await library.remember(id);
    for (const worth of WORTHS) {
      const recalls = { parts: { form, worth } };
      const system = longleaf({ name: String(worth), sources: (sources) => ({ ...sources, recalls }) });
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
  return { form, worth: choose(covered) };
}

function choose(covered: ReadonlyMap<number, readonly number[]>): number {
  const without = covered.get(0) ?? [];
  console.log("\n## Questions over the whole: facts covered, by what the memory may say\n");
  console.log("| worth | questions | facts covered | over 0 |\n|---|---|---|---|");
  let [best, most] = [0, 0];
  for (const [worth, facts] of covered) {
    const pairs = facts.map((value, at) => value - (without[at] ?? 0));
    const { value, low, high } = bootstrap(pairs, mean);
    const over = `${value >= 0 ? "+" : ""}${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
    console.log(`| ${worth} | ${facts.length} | ${mean(facts).toFixed(3)} | ${over} |`);
    if (low > 0 && value > most) [best, most] = [worth, value];
  }
  return best;
}
