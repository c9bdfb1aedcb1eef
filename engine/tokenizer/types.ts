/**
 * The model's own tokenizer as its users see it. Not the search tokenizer.
 * Knows nothing about documents or prompts.
 */
export interface ModelTokenizer {
  /** Hex sha256 of tokenizer.json; part of every memory's key. */
  readonly hash: string;
  /** Size of the vocabulary, special tokens included. */
  readonly vocabulary: number;
  /** Ids that end a text or a turn (eos and the like); default stop ids of a generation. */
  readonly stopIds: readonly number[];
  /** Text as data: strings that look like special tokens stay text. No special token is added. */
  encode(text: string): number[];
  /** The id of one special token by its exact name (`<|doc|>`), or undefined when this model has none such. */
  specialId(name: string): number | undefined;
  /** Text of the ids; special tokens are left out. */
  decode(ids: readonly number[]): string;
  /** Text as ids arrive: `push` returns what is certain by now (never half a character), `flush` the rest. */
  stream(): TextStream;
}

export interface TextStream {
  push(id: number): string;
  flush(): string;
}
