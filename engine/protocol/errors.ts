/**
 * The one error class that crosses process borders, as an envelope.
 * Owns: the closed list of codes. Does not know: the sentences a person reads (renderer/strings, cli/words).
 */
export const ERROR_CODES = [
  "Cancelled",
  "InvalidRequest",
  "NotFound",
  "UnsupportedFormat",
  "DocumentUnreadable",
  "DocumentTooLarge",
  "PasswordRequired",
  "ModelMissing",
  "ModelIncompatible",
  "ModelLoadFailed",
  "OutOfMemory",
  "ContextOverflow",
  "StoreBusy",
  "StoreCorrupt",
  "StoreTooNew",
  "DiskFull",
  "EngineCrashed",
  "ParserFailed",
  "VersionMismatch",
  "Forbidden",
  "Internal",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Plain data of an error. `message`: what failed, what was found; `hint`: the next step, for a person. */
export interface ErrorEnvelope {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number | boolean>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly hint?: string;
      readonly details?: Readonly<Record<string, string | number | boolean>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EngineError";
    this.code = code;
    this.hint = options.hint ?? "";
    this.details = options.details;
  }
}

/** Any thrown value as an envelope. What is not an EngineError is our bug: `Internal`. */
export function toEnvelope(error: unknown): ErrorEnvelope {
  if (error instanceof EngineError) {
    const { code, message, hint, details } = error;
    return details === undefined ? { code, message, hint } : { code, message, hint, details };
  }
  if (error instanceof Error && error.name === "AbortError")
    return { code: "Cancelled", message: "cancelled", hint: "" };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "Internal", message, hint: "This is a fault in Longleaf; copy the details and report it." };
}

/** The class again, on the receiving side. */
export function reviveError(envelope: ErrorEnvelope): EngineError {
  return new EngineError(envelope.code, envelope.message, envelope);
}
