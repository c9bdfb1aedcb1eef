/** A library in a temporary folder through the same host that every face of the program uses, for measuring. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLibrary, type LibraryHost } from "../../engine/host/library-host.ts";
import {
  EngineClient,
  reviveError,
  type ErrorEnvelope,
  type ImportResult,
  type Job,
} from "../../engine/protocol/index.ts";

export interface BenchLibrary extends AsyncDisposable {
  readonly folder: string;
  readonly host: LibraryHost;
  readonly client: EngineClient;
}

/** `keep`: the folder stays, so that it can be opened again. */
export async function openBenchLibrary(
  folder?: string,
  options: { readonly keep?: boolean } = {},
): Promise<BenchLibrary> {
  const path = folder ?? mkdtempSync(join(tmpdir(), "longleaf-bench-"));
  const host = await openLibrary({ folder: path });
  const client = new EngineClient(await host.connect());
  return {
    folder: path,
    host,
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await host.close();
      if (!options.keep) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Imports a path and follows the job to its end. */
export async function importPath(
  { host, client }: BenchLibrary,
  path: string,
  options: { readonly read?: boolean; readonly onJob?: (job: Job) => void } = {},
): Promise<ImportResult> {
  const { grant } = await host.grant(path);
  const started = await client.call("document.import", { grant, read: options.read ?? true });
  for await (const job of client.stream("job.watch", { jobId: started.id })) {
    options.onJob?.(job);
    if (job.state === "failed" && job.error) throw reviveError(job.error as ErrorEnvelope);
    if (job.result) return job.result;
  }
  throw new Error(`job ${started.id} ended without a result`);
}

/** Peak resident memory of a process so far, in MB; 0 where the system does not tell. */
export function peakMemoryMb(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found ? Math.round(Number(found[1]) / 1024) : 0;
  } catch {
    return 0;
  }
}

/** Processes of this system whose command line names the file; none where the system does not tell. */
export function pidsOf(file: string): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(file))
      .map(Number);
  } catch {
    return [];
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // it has ended meanwhile
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** One table, as the README quotes it. */
export function printTable(title: string, rows: readonly (readonly [string, string, string])[]): void {
  console.log(`\n## ${title}\n\n| measure | value | must hold |\n|---|---|---|`);
  for (const [name, value, target] of rows) console.log(`| ${name} | ${value} | ${target} |`);
}
