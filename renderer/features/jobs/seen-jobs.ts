/** Failed jobs stay in sight until the person has seen them; then the engine forgets them too. */
import { create } from "zustand";
import type { EngineClient } from "../../../engine/protocol/client.ts";
import type { JobId } from "../../../engine/protocol/dto.ts";
import { report } from "../../state/notices.ts";

/** Those seen in this window, out of sight at once. */
export const useSeenJobs = create<{ readonly seen: ReadonlySet<string> }>(() => ({ seen: new Set() }));

export function markSeen(client: EngineClient | null, jobId: JobId): void {
  useSeenJobs.setState(({ seen }) => ({ seen: new Set(seen).add(jobId) }));
  client?.call("job.dismiss", { jobId }).catch(report);
}
