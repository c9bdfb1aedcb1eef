/** Made-up English-looking text, the same in every run. */

/** Small deterministic generator (mulberry32): the same numbers in every run. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const NOUNS =
  "river lamp captain orchard letter stone winter garden engine bridge mother clerk island market song".split(" ");
const VERBS = "carried watched remembered followed opened painted lost repaired measured answered".split(" ");
const PLACES = "under the hill|behind the mill|at the harbour|in the old town|near the station|above the lake".split(
  "|",
);

/** English-looking prose: sentences of 8 to 16 words, paragraphs of 3 to 7, a heading every 30 paragraphs. */
export function prose(words: number, seed = 1): string {
  const next = random(seed);
  const pick = (list: readonly string[]): string => list[Math.floor(next() * list.length)] ?? "";
  const parts: string[] = [];
  for (let count = 0, paragraph = 0; count < words; paragraph += 1) {
    if (paragraph % 30 === 0) parts.push(`## Chapter ${paragraph / 30 + 1}`);
    const sentences: string[] = [];
    for (let n = 3 + Math.floor(next() * 5); n > 0; n -= 1) {
      const number = Math.floor(next() * 10_000);
      sentences.push(
        `The ${pick(NOUNS)} of house ${number} ${pick(VERBS)} the ${pick(NOUNS)} ${pick(PLACES)}, and the ${pick(NOUNS)} waited.`,
      );
      count += 16;
    }
    parts.push(sentences.join(" "));
  }
  return parts.join("\n\n");
}
