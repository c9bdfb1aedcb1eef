/**
 * What a model is given of the past, and how well it then predicts: the conditions of `evaluate memory`.
 *   none     nothing                                   recent  R raw tokens right before
 *   memory   the memories of N earlier segments        both    memories of the N segments before those R tokens, then they
 *   wrong    another document's memories               raw     as much of the N segments raw as the positions hold
 * Owns: the views. Does not know: files, documents' names, means.
 */
import { decodeMemory, encodeMemory, type Precision } from "../../../engine/memory/codec.ts";
import type { CallOptions, LanguageModel, ViewEntry } from "../../../engine/model/types.ts";
import { bytesOfTokens } from "./token-bytes.ts";
import { segmentsBefore, targetOf, tokensBefore, type Window, type WindowShape } from "./windows.ts";

export const CONDITIONS = ["none", "recent", "memory", "both", "wrong", "raw"] as const;
export type Condition = (typeof CONDITIONS)[number];
export type Bits = Readonly<Record<Condition, number>>;

export interface Setting extends WindowShape {
  readonly ratio: number;
  /** In which memories are kept before they are shown. */
  readonly precisions: readonly [Precision, ...Precision[]];
}

/** Of one window: bits per byte of each condition, and of `memory` in every precision. */
export interface Reading {
  readonly bits: Bits;
  readonly byPrecision: readonly number[];
}

export class Reader {
  readonly #model: LanguageModel;
  readonly #setting: Setting;
  readonly #bytes: ReadonlyMap<number, number>;
  /** Of the segments right before each window's predicted one: one document's are another's wrong ones. */
  readonly #near = new Map<Window, KeptMemories[]>();
  readonly #options: CallOptions = { signal: new AbortController().signal, priority: "foreground" };

  constructor(model: LanguageModel, setting: Setting, bytes: ReadonlyMap<number, number>) {
    this.#model = model;
    this.#setting = setting;
    this.#bytes = bytes;
  }

  /** `other`: the window of another document whose memories are the wrong ones. */
  async read(window: Window, other: Window): Promise<Reading> {
    const setting = this.#setting;
    const [main] = setting.precisions;
    const { maxPositions } = this.#model.info;
    const near = await this.#nearMemories(window);
    const older = await this.#memoriesOf(segmentsBefore(window, setting, setting.recent));
    const wrong = await this.#nearMemories(other);
    const recent = tokensBefore(window, setting, setting.recent);
    const raw = tokensBefore(window, setting, Math.min(window.past * setting.segment, maxPositions - setting.segment));
    const byPrecision: number[] = [];
    for (const precision of setting.precisions) byPrecision.push(await this.#bits(window, shown(near, precision), []));
    const bits: Bits = {
      none: await this.#bits(window, [], []),
      recent: await this.#bits(window, [], recent),
      memory: byPrecision[0] ?? NaN,
      both: await this.#bits(window, shown(older, main), recent),
      // Not more of the other document than of this one, so that the number of slots tells nothing.
      wrong: await this.#bits(window, shown(wrong.slice(-window.past), main), []),
      raw: await this.#bits(window, [], raw),
    };
    return { bits, byPrecision };
  }

  async #nearMemories(window: Window): Promise<KeptMemories[]> {
    const kept = this.#near.get(window) ?? (await this.#memoriesOf(segmentsBefore(window, this.#setting, 0)));
    this.#near.set(window, kept);
    return kept;
  }

  async #memoriesOf(segments: readonly (readonly number[])[]): Promise<KeptMemories[]> {
    const kept: KeptMemories[] = [];
    for (const ids of segments) {
      const memory = await this.#model.encodeSegment(ids, { ...this.#options, ratio: this.#setting.ratio });
      kept.push(new Map(this.#setting.precisions.map((precision) => [precision, encodeMemory(memory, precision)])));
    }
    return kept;
  }

  /** Bits per byte of the predicted segment behind a view; its first token is given. */
  async #bits(window: Window, memories: readonly ViewEntry[], before: readonly number[]): Promise<number> {
    const [first, ...rest] = targetOf(window, this.#setting);
    const local: ViewEntry = { kind: "tokens", ids: [...before, ...(first === undefined ? [] : [first])] };
    await using state = await this.#model.openView([...memories, local], this.#options);
    const likelihoods = await state.score(rest, this.#options);
    const nats = likelihoods.reduce((sum, value) => sum - value, 0);
    return nats / Math.LN2 / Math.max(1, bytesOfTokens(rest, this.#bytes));
  }
}

/** A memory as bytes, as the store keeps it, in each precision. */
type KeptMemories = ReadonlyMap<Precision, Uint8Array>;

function shown(kept: readonly KeptMemories[], precision: Precision): ViewEntry[] {
  return kept.flatMap((memory): ViewEntry[] => {
    const bytes = memory.get(precision);
    return bytes === undefined ? [] : [{ kind: "memory", memory: decodeMemory(bytes) }];
  });
}
