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
