/** Failed jobs stay in sight until the person has seen them; these are the ones that were. */
import { create } from "zustand";

const MEMORY_KEY = "longleaf.seen-jobs";
const KEPT = 200;

export const useSeenJobs = create<{ readonly seen: ReadonlySet<string> }>(() => ({ seen: new Set(remembered()) }));

export function markSeen(jobId: string): void {
  useSeenJobs.setState(({ seen }) => ({ seen: new Set(seen).add(jobId) }));
  try {
    localStorage.setItem(MEMORY_KEY, JSON.stringify([...useSeenJobs.getState().seen].slice(-KEPT)));
  } catch {
    // Best effort: without storage a failure is shown again in the next window.
  }
}

function remembered(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(MEMORY_KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}
