/**
 * What passes between the engine's thread and the thread that computes.
 * Owns: the closed list of operations with their parameters and results. Tensors cross by transfer, not by copy.
 */
import type { ErrorEnvelope } from "../protocol/errors.ts";
import type { ScoredTokens } from "./score-tokens.ts";
import type {
  GenerateOptions,
  LoadModelOptions,
  ModelInfo,
  NumberedMemory,
  SegmentMemory,
  ViewEntry,
} from "./types.ts";

/** A sequence is named by a number that the engine's thread chooses. */
export interface Operations {
  readonly load: { readonly parameters: LoadModelOptions; readonly result: ModelInfo };
  readonly encode: {
    readonly parameters: { readonly ids: readonly number[]; readonly ratio: number };
    readonly result: SegmentMemory;
  };
  readonly open: {
    readonly parameters: { readonly sequence: number; readonly entries: readonly ViewEntry[] };
    readonly result: number;
  };
  readonly prefill: {
    readonly parameters: { readonly sequence: number; readonly ids: readonly number[] };
    readonly result: number;
  };
  readonly nextLogits: { readonly parameters: { readonly sequence: number }; readonly result: Float32Array };
  readonly score: {
    readonly parameters: { readonly sequence: number; readonly ids: readonly number[] };
    readonly result: Float32Array;
  };
  /** Mean likelihood of the same tokens behind each memory. */
  readonly scoreBehind: { readonly parameters: ScoredTokens; readonly result: Float32Array };
  /** Ids come as `token` messages before the result. */
  readonly generate: {
    readonly parameters: { readonly sequence: number; readonly options: Omit<GenerateOptions, "signal"> };
    readonly result: number;
  };
  readonly truncate: {
    readonly parameters: { readonly sequence: number; readonly length: number };
    readonly result: number;
  };
  readonly fold: {
    readonly parameters: { readonly sequence: number };
    readonly result: { slots: number; length: number };
  };
  readonly exportRows: {
    readonly parameters: { readonly sequence: number; readonly start: number; readonly count: number };
    readonly result: NumberedMemory;
  };
  readonly close: { readonly parameters: { readonly sequence: number }; readonly result: null };
  readonly unload: { readonly parameters: null; readonly result: null };
}

export type OperationName = keyof Operations;
export type ParametersOf<N extends OperationName> = Operations[N]["parameters"];
export type ResultOf<N extends OperationName> = Operations[N]["result"];

/** Where an operation's result is the length of a sequence, it is the positions in use. */
export type WorkerRequest =
  | {
      [N in OperationName]: {
        readonly type: "run";
        readonly id: number;
        readonly operation: N;
        readonly parameters: ParametersOf<N>;
      };
    }[OperationName]
  | { readonly type: "cancel"; readonly id: number };

export type WorkerReply =
  | { readonly type: "token"; readonly id: number; readonly token: number; readonly length: number }
  | { readonly type: "result"; readonly id: number; readonly value: ResultOf<OperationName> }
  | { readonly type: "error"; readonly id: number; readonly error: ErrorEnvelope };
