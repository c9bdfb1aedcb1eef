/** What the scripted engine and its connections share. */
import type { ErrorCode } from "../../../engine/protocol/errors.ts";

export class ScriptedError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type Params = Readonly<Record<string, unknown>>;

export interface ScriptOptions {
  /** Milliseconds between events of a stream. */
  readonly pace?: number;
  readonly protocol?: number;
  /** Only the two samples, as at the first start. */
  readonly isFirstStart?: boolean;
  readonly now?: number;
}
