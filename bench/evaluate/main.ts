/**
 * `npm run evaluate`: how good are the answers? The first word says over what:
 *   answers      whole documents that nothing was tuned on, beside plain BM25     answers/main.ts
 *   haystacks    book-long documents made of the corpus's own questions           haystacks/main.ts
 *   summaries    beside summaries by people                                       summaries/main.ts
 *   code         questions about repositories                                     code/main.ts
 *   memory       what the memory is worth in bits per byte, over given texts      memory/main.ts
 *   (no word)    the sample book and the sample repository                        samples-main.ts
 *                (--corpus without a word: haystacks)
 * Owns: nothing but the choice.
 */
import { main as haystacks } from "./haystacks/main.ts";
import { main as samples } from "./samples-main.ts";

type Main = (args: string[]) => Promise<void>;

const WORDS = ["answers", "haystacks", "summaries", "code", "memory"];

async function choose(args: string[]): Promise<void> {
  const [word, ...rest] = args;
  if (word === undefined || word.startsWith("-")) {
    const isCorpus = args.some((arg) => arg === "--corpus" || arg.startsWith("--corpus="));
    await (isCorpus ? haystacks(args) : samples(args));
    return;
  }
  if (!WORDS.includes(word)) throw new Error(`${word} is none of: ${WORDS.join(", ")}`);
  const { main }: { main: Main } = await import(`./${word}/main.ts`);
  await main(rest);
}

await choose(process.argv.slice(2));
