/**
 * The bundled samples: put into a new library once, read like any other document. A person may remove them for good.
 * Shared by every host. Knows nothing about windows.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, reviveError, type EngineClient, type ErrorEnvelope, type Job } from "../protocol/index.ts";
import { programRoot } from "./layout.ts";
import type { LibraryHost } from "./library-host.ts";

const samples = ["assets/sample-book/the-lost-world.pdf", "assets/sample-repository/ferry"];

/** Imports the samples into a library that never had them; resolves when they are read. `onJob` follows the progress. */
export async function seedSamples(
  host: LibraryHost,
  client: EngineClient,
  onJob: (job: Job) => void = () => {},
): Promise<void> {
  const marker = join(host.layout.host, "samples-given");
  if (existsSync(marker) || !host.isOwner) return;
  const jobs: Job[] = [];
  for (const sample of samples) {
    const path = join(programRoot, sample);
    if (!existsSync(path)) continue;
    const { grant, name } = await host.grant(path);
    jobs.push(await client.call("document.import", { grant, name, isSample: true }));
  }
  for (const started of jobs) {
    for await (const job of client.stream("job.watch", { jobId: started.id })) {
      onJob(job);
      if (job.state === "failed" && job.error) throw reviveError(job.error as ErrorEnvelope);
      if (job.state === "cancelled") throw new EngineError("Cancelled", "reading the samples was cancelled");
    }
  }
  writeFileSync(marker, new Date().toISOString());
}
