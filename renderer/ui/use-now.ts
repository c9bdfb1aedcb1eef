/** The time of day for words like "today", to the minute: what is drawn stays the same until it should change. */
import { useSyncExternalStore } from "react";

const STEP_MS = 60_000;

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, STEP_MS);
  return () => clearInterval(timer);
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / STEP_MS) * STEP_MS);
}
