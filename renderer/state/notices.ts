/** Errors of actions that have no place of their own on the screen: shown in a corner until closed. */
import { create } from "zustand";
import type { EngineError } from "../../engine/protocol/errors.ts";
import { asEngineError } from "../engine/use-call.ts";

interface NoticesState {
  readonly errors: readonly { readonly key: number; readonly error: EngineError }[];
}

export const useNotices = create<NoticesState>(() => ({ errors: [] }));

let nextKey = 1;

/** `Cancelled` is a wish, not an error. */
export function report(error: unknown): void {
  const known = asEngineError(error);
  if (known.code === "Cancelled") return;
  const key = nextKey;
  nextKey += 1;
  useNotices.setState(({ errors }) => ({ errors: [...errors.slice(-2), { key, error: known }] }));
}

export function closeNotice(key: number): void {
  useNotices.setState(({ errors }) => ({ errors: errors.filter((one) => one.key !== key) }));
}
