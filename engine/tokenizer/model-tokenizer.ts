/**
 * The tokenizer of a model package, read from tokenizer.json.
 * Owns: that document text never becomes a special token, and that streamed text never holds half a character.
 * Knows nothing about documents, prompts, chat templates. The search tokenizer is another thing (engine/retrieval).
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { sha256 } from "../base/hash.ts";
import { EngineError } from "../protocol/errors.ts";
import type { ModelTokenizer, TextStream } from "./types.ts";

/** What a decoder writes for bytes that are not (yet) a character. */
const REPLACEMENT = "\uFFFD";
/** Ids of one character at most; beyond that the bytes are simply broken. */
const LONGEST_CHARACTER = 8;

const addedToken = z.looseObject({
  id: z.number().int().nonnegative(),
  content: z.string(),
  special: z.boolean().default(false),
});
const tokenizerSchema = z.looseObject({
  added_tokens: z.array(addedToken).default([]),
  model: z.looseObject({ type: z.string().optional() }),
});
const tokenName = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const settingsSchema = z.looseObject({ eos_token: tokenName });
const configSchema = z.looseObject({ eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish() });

/** Names under which packages list tokens that end a turn. */
const TURN_ENDS = ["<|end|>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<|end_of_text|>", "</s>"];

/** Reads the package in `folder`. Errors: ModelMissing, ModelIncompatible. */
export function openModelTokenizer(folder: string): ModelTokenizer {
  const path = join(folder, "tokenizer.json");
  if (!existsSync(path)) throw new EngineError("ModelMissing", `no tokenizer.json in ${folder}`);
  const bytes = readFileSync(path);
  const parsed = tokenizerSchema.safeParse(parseJson(bytes.toString("utf8"), "tokenizer.json"));
  if (!parsed.success)
    throw new EngineError("ModelIncompatible", "tokenizer.json has no model or its added_tokens are malformed");
  const settings = settingsSchema.safeParse(optionalJson(folder, "tokenizer_config.json"));
  const config = configSchema.safeParse(optionalJson(folder, "config.json"));
  const eosToken = settings.success ? settings.data.eos_token : undefined;
  const eosIds = config.success ? (config.data.eos_token_id ?? []) : [];
  return new HuggingFaceTokenizer(parsed.data, settings.success ? settings.data : {}, {
    hash: sha256(bytes),
    eosName: typeof eosToken === "string" ? eosToken : eosToken?.content,
    eosIds: typeof eosIds === "number" ? [eosIds] : eosIds,
  });
}

class HuggingFaceTokenizer implements ModelTokenizer {
  readonly hash: string;
  readonly vocabulary: number;
  readonly stopIds: readonly number[];
  readonly #whole: Tokenizer;
  readonly #plain: Tokenizer;
  readonly #specials: ReadonlyMap<string, number>;
  readonly #specialIds: ReadonlySet<number>;

  constructor(
    definition: z.infer<typeof tokenizerSchema>,
    settings: object,
    about: { readonly hash: string; readonly eosName: string | undefined; readonly eosIds: readonly number[] },
  ) {
    this.hash = about.hash;
    this.#whole = makeTokenizer(definition, settings);
    // Without the added tokens, text that spells one is cut and merged like any other text. Runs of spaces stay.
    const harmless = definition.added_tokens.filter((token) => !token.special && token.content.trim() === "");
    this.#plain = makeTokenizer({ ...definition, added_tokens: harmless }, settings);
    const specials = definition.added_tokens.filter((token) => !harmless.includes(token));
    this.#specials = new Map(specials.map((token) => [token.content, token.id]));
    this.#specialIds = new Set(this.#specials.values());
    this.vocabulary = this.#whole.get_vocab(true).size;
    const named = [about.eosName, ...TURN_ENDS].flatMap((name) =>
      name === undefined ? [] : (this.specialId(name) ?? []),
    );
    this.stopIds = [...new Set([...about.eosIds, ...named])];
  }

  encode(text: string): number[] {
    const ids = this.#encodePlain(text);
    // A vocabulary may hold the spelling of a special token as one piece; then it is spelled letter by letter.
    if (!ids.some((id) => this.#specialIds.has(id))) return ids;
    return Array.from(text).flatMap((letter) => this.#encodePlain(letter));
  }

  specialId(name: string): number | undefined {
    return this.#specials.get(name);
  }

  decode(ids: readonly number[]): string {
    const plain = ids.filter((id) => !this.#specialIds.has(id));
    if (plain.length === 0) return "";
    return this.#whole.decode(plain, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  #encodePlain(text: string): number[] {
    return this.#plain.encode(text, { add_special_tokens: false }).ids;
  }

  stream(): TextStream {
    return new GrowingText((ids) => this.decode(ids));
  }
}

/** Decodes a short window of ids again and again and gives out what can no longer change. */
class GrowingText implements TextStream {
  readonly #decode: (ids: readonly number[]) => string;
  #ids: number[] = [];
  #given = "";

  constructor(decode: (ids: readonly number[]) => string) {
    this.#decode = decode;
  }

  push(id: number): string {
    this.#ids.push(id);
    const text = this.#decode(this.#ids);
    const isOpen = text.endsWith(REPLACEMENT) && this.#openIds() < LONGEST_CHARACTER;
    return isOpen ? "" : this.#give(text);
  }

  flush(): string {
    const text = this.#give(this.#decode(this.#ids));
    this.#ids = [];
    this.#given = "";
    return text;
  }

  /** Ids since the text last ended in a whole character. */
  #openIds(): number {
    let open = 0;
    while (open < this.#ids.length && this.#decode(this.#ids.slice(0, this.#ids.length - open)).endsWith(REPLACEMENT))
      open++;
    return open;
  }

  #give(text: string): string {
    const fresh = text.slice(this.#given.length);
    this.#given = text;
    // The last ids stay: some decoders treat the first piece of a text differently (a leading space).
    const last = this.#ids.slice(-1);
    const lastText = this.#decode(last);
    if (this.#ids.length > 16 && !lastText.includes(REPLACEMENT)) {
      this.#ids = last;
      this.#given = lastText;
    }
    return fresh;
  }
}

function makeTokenizer(definition: object, settings: object): Tokenizer {
  try {
    return new Tokenizer(definition, settings);
  } catch (cause) {
    throw new EngineError("ModelIncompatible", "tokenizer.json is of a kind that cannot be used", {
      hint: "Choose a model with a BPE, Unigram or WordPiece tokenizer.json.",
      cause,
    });
  }
}

function optionalJson(folder: string, name: string): unknown {
  const path = join(folder, name);
  return existsSync(path) ? parseJson(readFileSync(path, "utf8"), name) : {};
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineError("ModelIncompatible", `${name} is not a readable JSON file`, { cause });
  }
}
