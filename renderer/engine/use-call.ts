/**
 * A call as React state: asks again when the method's parameters or the connection change, cancels when nobody looks.
 * The last answer of each question is kept, so that a tab opened again shows it at once while it is asked anew.
 */
import { useCallback, useEffect, useState } from "react";
import type { CallName, CallParams, CallResult } from "../../engine/protocol/contract.ts";
import { EngineError, reviveError, type ErrorEnvelope } from "../../engine/protocol/errors.ts";
import { useClient } from "./engine-context.tsx";

export interface CallState<T> {
  readonly data: T | undefined;
  readonly error: EngineError | undefined;
  readonly isLoading: boolean;
  /** Asks again, for example after an error. */
  readonly again: () => void;
}

const REMEMBERED = 200;
/** Answers by question, oldest first; shared by the page, emptied by age. */
const remembered = new Map<string, unknown>();

/** `params` null: nothing is asked yet. `version` changes ask again. */
export function useCall<M extends CallName>(
  method: M,
  params: CallParams<M> | null,
  version: number | string = 0,
): CallState<CallResult<M>> {
  const client = useClient();
  const key = params === null ? "" : `${method} ${JSON.stringify(params)}`;
  const [state, setState] = useState<{ key: string; data?: CallResult<M>; error?: EngineError }>({ key: "" });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    if (client === null || params === null) return undefined;
    const abort = new AbortController();
    client
      .call(method, params, { signal: abort.signal })
      .then((data) => {
        remember(key, data);
        if (!abort.signal.aborted) setState({ key, data });
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        setState({ key, error: asEngineError(error) });
      });
    return () => abort.abort();
    // `params` is compared by its text in `key`.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [client, method, key, version, attempt]);

  const again = useCallback(() => setAttempt((count) => count + 1), []);
  const isCurrent = state.key === key && key !== "";
  const data = isCurrent && state.data !== undefined ? state.data : (remembered.get(key) as CallResult<M> | undefined);
  const error = isCurrent ? state.error : undefined;
  return { data, error, isLoading: params !== null && data === undefined && error === undefined, again };
}

function remember(key: string, data: unknown): void {
  remembered.delete(key);
  remembered.set(key, data);
  const oldest = remembered.keys().next();
  if (remembered.size > REMEMBERED && oldest.done !== true) remembered.delete(oldest.value);
}

/** Any thrown value as an EngineError. Electron's bridge brings refusals as plain envelopes. */
export function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (typeof error === "object" && error !== null && "code" in error && "message" in error && "hint" in error)
    return reviveError(error as ErrorEnvelope);
  return new EngineError("Internal", String(error));
}
