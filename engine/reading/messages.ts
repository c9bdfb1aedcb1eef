/** What passes between the engine's thread and the reader's. */
import type { ErrorEnvelope } from "../protocol/errors.ts";
import type { Reading } from "./reading.ts";
import type { ReaderOptions } from "./session.ts";

export type ReaderRequest =
  | { readonly type: "load"; readonly id: number; readonly options: ReaderOptions }
  | { readonly type: "read"; readonly id: number; readonly question: string; readonly passages: readonly string[] }
  | { readonly type: "cancel"; readonly id: number };

export type ReaderReply =
  | { readonly type: "loaded"; readonly id: number; readonly hash: string }
  | { readonly type: "read"; readonly id: number; readonly readings: readonly Reading[] }
  | { readonly type: "error"; readonly id: number; readonly error: ErrorEnvelope };
