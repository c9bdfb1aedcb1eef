/**
 * 100 held-out prompts that PyTorch has answered from the shipped package (training/scripts/make_answers.py): the engine
 * must give the same greedy answers, logits and bits per byte, in float32 and as it runs, with activations in 8 bits.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { hashFile } from "../../engine/model/hash-file.ts";
import { LoadedModel } from "../../engine/model/loaded-model.ts";
import type { ViewEntry } from "../../engine/model/types.ts";
import { openModelTokenizer } from "../../engine/tokenizer/model-tokenizer.ts";
import { running, temporaryFolder } from "./golden.ts";

const FOLDER = process.env["LONGLEAF_PARITY_PACKAGE"] ?? join(import.meta.dirname, "../../assets/models/starter");
const PATH = process.env["LONGLEAF_PARITY_ANSWERS"] ?? join(import.meta.dirname, "golden/starter-answers.json");

const ids = z.array(z.number().int());
const promptSchema = z.object({
  kind: z.enum(["question", "text"]),
  memory: ids,
  ids,
  nats: z.number(),
  answer: ids,
  last: z.object({ ids, values: z.array(z.number()) }),
});
const answersSchema = z.object({
  weightsSha256: z.string(),
  adapterSha256: z.string(),
  most: z.number(),
  ratio: z.number(),
  prompts: z.array(promptSchema),
});
type Prompt = z.infer<typeof promptSchema>;

interface Compared {
  readonly isSame: boolean;
  /** Norm of the difference of the 8 largest logits, as a share of their norm. */
  readonly relative: number;
  readonly nats: number;
}

async function compare(model: LoadedModel, prompt: Prompt, most: number, ratio: number): Promise<Compared> {
  const [first = 0, ...rest] = prompt.ids;
  const entries: ViewEntry[] =
    prompt.memory.length === 0
      ? []
      : [{ kind: "memory", memory: await model.encoder.encode(prompt.memory, ratio, running) }];
  const sequence = model.openSequence();
  await sequence.open([...entries, { kind: "tokens", ids: [first] }], running);
  const likelihoods = await sequence.score(rest, running);
  const logits = await sequence.nextLogits(running);
  const norm = (of: (value: number, i: number) => number): number =>
    Math.sqrt(prompt.last.values.reduce((sum, value, i) => sum + of(value, i) ** 2, 0));
  const relative = norm((value, i) => (logits[prompt.last.ids[i] ?? NaN] ?? NaN) - value) / norm((value) => value);
  const answer: number[] = [];
  const { stopIds } = openModelTokenizer(FOLDER);
  for await (const id of sequence.generate({ maxTokens: most, stopIds, signal: running })) answer.push(id);
  return {
    isSame: answer.join() === prompt.answer.join(),
    relative,
    nats: likelihoods.reduce((sum, value) => sum - value, 0),
  };
}

describe.skipIf(!existsSync(PATH))("held-out prompts over the shipped package", () => {
  const expected = existsSync(PATH) ? answersSchema.parse(JSON.parse(readFileSync(PATH, "utf8"))) : null;
  const given = (): z.infer<typeof answersSchema> => {
    if (expected === null) throw new Error("no answers");
    return expected;
  };

  beforeAll(() => {
    // Stale answers say nothing: make them again with the package.
    expect(hashFile(join(FOLDER, "model.safetensors"))).toBe(given().weightsSha256);
    expect(hashFile(join(FOLDER, "memory", "adapter_model.safetensors"))).toBe(given().adapterSha256);
  });

  it.each(["float32", "int8"] as const)(
    "are answered as PyTorch answers them, in %s",
    async (quantization) => {
      await using model = await LoadedModel.load({ folder: FOLDER, cacheFolder: temporaryFolder(), quantization });
      const { prompts, most, ratio } = given();
      expect(prompts).toHaveLength(100);
      const compared: Compared[] = [];
      for (const prompt of prompts) compared.push(await compare(model, prompt, most, ratio));
      const same = compared.filter(({ isSame }) => isSame).length;
      const questions = compared.filter((_, i) => prompts[i]?.kind === "question");
      const sameQuestions = questions.filter(({ isSame }) => isSame).length;
      const relative = Math.sqrt(compared.reduce((sum, one) => sum + one.relative ** 2, 0) / compared.length);
      const nats = compared.reduce((sum, one) => sum + one.nats, 0);
      const natsExpected = prompts.reduce((sum, one) => sum + one.nats, 0);
      const figures = `${same} of 100 answers (${sameQuestions} of ${questions.length} questions), logits ${relative.toExponential(1)}, bits ${(nats / natsExpected - 1).toExponential(1)}`;
      console.log(`${quantization}: ${figures}`);
      expect(relative, figures).toBeLessThan(quantization === "float32" ? 1e-3 : 1e-2);
      expect(Math.abs(nats / natsExpected - 1), figures).toBeLessThan(0.005);
      expect(same, figures).toBeGreaterThanOrEqual(95);
    },
    600_000,
  );
});
