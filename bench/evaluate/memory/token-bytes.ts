/**
 * How many bytes of text each token stands for, read from tokenizer.json of a byte-level BPE.
 * Owns: that bits per BYTE are counted the same here and in training/tokenizer.py. Does not know: texts, models.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { EngineError } from "../../../engine/protocol/errors.ts";

const step = z.looseObject({ type: z.string() });
const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number(), special: z.boolean().default(false) })).default([]),
  decoder: z.looseObject({ type: z.string(), decoders: z.array(step).default([]) }).nullish(),
  model: z.looseObject({ vocab: z.record(z.string(), z.number()) }),
});

/** Bytes by id; a special token has none. Errors: ModelIncompatible where a letter of a token is not one byte. */
export function readTokenBytes(folder: string): Map<number, number> {
  const parsed = tokenizerSchema.safeParse(JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8")));
  const decoder = parsed.success ? parsed.data.decoder : undefined;
  const isByteLevel = [decoder, ...(decoder?.decoders ?? [])].some((one) => one?.type === "ByteLevel");
  if (!parsed.success || !isByteLevel)
    throw new EngineError(
      "ModelIncompatible",
      `${folder} has no byte-level tokenizer: bits per byte cannot be counted`,
    );
  const bytes = new Map(Object.entries(parsed.data.model.vocab).map(([token, id]) => [id, Array.from(token).length]));
  for (const token of parsed.data.added_tokens) if (token.special) bytes.set(token.id, 0);
  return bytes;
}

export function bytesOfTokens(ids: readonly number[], bytes: ReadonlyMap<number, number>): number {
  return ids.reduce((sum, id) => sum + (bytes.get(id) ?? 0), 0);
}
