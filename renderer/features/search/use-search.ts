/** Search as one types: asks when the typing pauses, keeps the last hits in sight until the next ones come. */
import { useEffect, useState } from "react";
import type { CallResult } from "../../../engine/protocol/contract.ts";
import type { DocumentId } from "../../../engine/protocol/dto.ts";
import { useCall, type CallState } from "../../engine/use-call.ts";

const PAUSE_MS = 120;

/** `documentId` null: the whole library. An empty query asks nothing. */
export function useSearch(
  query: string,
  documentId: DocumentId | null,
  limit: number,
): CallState<CallResult<"search.query">> {
  const [settled, setSettled] = useState(query);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(query), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [query]);
  const trimmed = settled.trim();
  const params =
    trimmed === "" ? null : { query: trimmed, limit, ...(documentId === null ? {} : { scope: [documentId] }) };
  const state = useCall("search.query", params);
  const [last, setLast] = useState(state.data);
  // Information from an earlier render, kept as React advises: changed while rendering, without an effect.
  if (state.data !== undefined && state.data !== last) setLast(state.data);
  return { ...state, data: trimmed === "" || state.error !== undefined ? state.data : (state.data ?? last) };
}
