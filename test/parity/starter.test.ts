/**
 * The shipped starter package against golden.json, which training/scripts/make_golden.py computed from its weights.
 * float32 graphs within the file's own tolerance, memories within float16 rounding on top; int8 graphs (what runs) close.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { numbersOf } from "../../engine/model/codes.ts";
import { fromHalf } from "../../engine/model/half.ts";
import { LoadedModel } from "../../engine/model/loaded-model.ts";
import { isCoded, type Quantization, type SegmentMemory, thinned } from "../../engine/model/types.ts";
import { openModelTokenizer } from "../../engine/tokenizer/model-tokenizer.ts";
import { running, temporaryFolder } from "./golden.ts";

/** Another package can be checked before it is put into its place. */
const FOLDER = process.env["LONGLEAF_PARITY_PACKAGE"] ?? join(import.meta.dirname, "../../assets/models/starter");
const PATH = join(FOLDER, "golden.json");

const ids = z.array(z.number().int());
const numbers = z.array(z.number());
const last = z.object({ ids, values: numbers });
const text = z.object({ text: z.string(), ids });
const goldenSchema = z.object({
  weightsSha256: z.string(),
  tolerance: z.object({ absolute: z.number(), relative: z.number() }),
  tokenizer: z.array(text),
  specialText: text,
  logits: z.array(z.object({ ids, top1: ids, last, firstValues: numbers })),
  memories: z.array(
    z.object({
      ids,
      ratio: z.number(),
      slots: z.number(),
      rows: ids,
      /** (tokens, (layers - 1) 2 groups), where memories are codes. */
      codes: ids.optional(),
      layers: z.record(z.string(), z.object({ k: z.array(numbers), v: z.array(numbers) })),
    }),
  ),
  continuations: z.array(z.object({ memories: ids, ids, last, ratio: z.number().optional() })),
});
type Golden = z.infer<typeof goldenSchema>;

/** Rounding of a float16 number near `value`. */
const halfStep = (value: number): number => Math.abs(value) * 2 ** -10 + 1e-6;

/**
 * A memory in codes with PyTorch's codes, at least `share` of which the engine must have chosen as well: a token between
 * two codewords may go either way, and then all that is predicted from it.
 */
function withCodes(memory: SegmentMemory, codes: readonly number[] | undefined, share: number): SegmentMemory {
  if (!isCoded(memory)) return memory;
  if (codes === undefined) throw new Error("no codes in golden.json");
  const same = codes.filter((code, i) => memory.codes[i] === code).length;
  expect(same / codes.length).toBeGreaterThan(share);
  return { ...memory, codes: Uint8Array.from(codes) };
}

describe.skipIf(!existsSync(PATH))("the starter package", () => {
  const golden = existsSync(PATH) ? goldenSchema.parse(JSON.parse(readFileSync(PATH, "utf8"))) : null;
  const expected = (): Golden => {
    if (golden === null) throw new Error("no golden.json");
    return golden;
  };
  const load = async (quantization: Quantization): Promise<LoadedModel> => {
    const model = await LoadedModel.load({ folder: FOLDER, cacheFolder: temporaryFolder(), quantization });
    onTestFinished(() => model[Symbol.asyncDispose]());
    return model;
  };
  const expectLogits = (
    logits: Float32Array,
    want: Golden["logits"][number]["last"],
    absolute: number,
    relative: number,
  ): void => {
    want.ids.forEach((id, i) => {
      const value = want.values[i] ?? NaN;
      expect(Math.abs((logits[id] ?? NaN) - value), `logit of id ${id}`).toBeLessThanOrEqual(
        absolute + relative * Math.abs(value),
      );
    });
  };

  it("is tokenised as in training", () => {
    const tokenizer = openModelTokenizer(FOLDER);
    for (const one of [...expected().tokenizer, expected().specialText]) {
      expect(tokenizer.encode(one.text)).toEqual(one.ids);
      expect(tokenizer.decode(one.ids)).toBe(one.text);
    }
  });

  it.each([
    ["float32", 1],
    ["int8", 60],
  ] as const)(
    "computes the same in %s",
    async (quantization, slack) => {
      const model = await load(quantization);
      const { absolute, relative } = expected().tolerance;
      for (const one of expected().logits) {
        const sequence = model.openSequence();
        await sequence.open([{ kind: "tokens", ids: one.ids }], running);
        const logits = await sequence.nextLogits(running);
        expectLogits(logits, one.last, slack * absolute, slack * relative);
        if (quantization === "float32") expect(logits.indexOf(Math.max(...logits))).toBe(one.top1.at(-1));
      }
      const memories: SegmentMemory[] = [];
      for (const one of expected().memories) {
        const memory = await model.encoder.encode(one.ids, one.ratio, running);
        expect(memory.slots).toBe(one.slots);
        const exact = withCodes(memory, one.codes, quantization === "float32" ? 0.999 : 0.3);
        memories.push(exact);
        const values = fromHalf((await numbersOf(exact, model.restorer)).payload);
        for (const [layer, { k, v }] of Object.entries(one.layers)) {
          one.rows.forEach((row, i) => {
            const at = (Number(layer) * memory.slots + row) * memory.width;
            const check = (want: readonly number[] | undefined, offset: number): void =>
              want?.forEach((value, n) => {
                const allowed = slack * (absolute + relative * Math.abs(value)) + halfStep(value);
                expect(Math.abs((values[at + offset + n] ?? NaN) - value)).toBeLessThanOrEqual(allowed);
              });
            check(k[i], 0);
            check(v[i], memory.width / 2);
          });
        }
      }
      for (const one of expected().continuations) {
        const sequence = model.openSequence();
        const shown = one.memories.flatMap((n) => {
          const memory = memories[n];
          if (memory === undefined) return [];
          return [isCoded(memory) ? thinned(memory, one.ratio ?? memory.ratio) : memory];
        });
        await sequence.open(
          [...shown.map((memory) => ({ kind: "memory", memory }) as const), { kind: "tokens", ids: one.ids }],
          running,
        );
        expectLogits(await sequence.nextLogits(running), one.last, slack * absolute, slack * relative);
      }
    },
    60_000,
  );
});
