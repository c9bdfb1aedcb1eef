import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EngineClient, type DocumentSummary, type ImportResult, type SearchHit } from "../../engine/protocol/index.ts";
import { openLibrary } from "../../engine/host/library-host.ts";
import { programRoot, temporaryFolder, type TemporaryFolder } from "../contract/support.ts";

const book = join(programRoot, "assets/sample-book/the-lost-world.pdf");
let folder: TemporaryFolder;
beforeAll(() => {
  folder = temporaryFolder("killed");
});
afterAll(() => folder[Symbol.dispose]());

function longleaf(library: string, ...args: string[]): unknown {
  const run = spawnSync(process.execPath, ["cli/longleaf.mjs", "--json", "--library", library, ...args], {
    cwd: programRoot,
    encoding: "utf8",
  });
  expect(run.stdout, run.stderr).not.toBe("");
  return JSON.parse(run.stdout);
}

/** Starts `read` and resolves when some of the memory is on disk. */
async function startReading(library: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["cli/longleaf.mjs", "--json", "--library", library, "read", book], {
    cwd: programRoot,
    stdio: "ignore",
  });
  const until = Date.now() + 40_000;
  while (Date.now() < until && countBlobs(library) < 20) await wait(20);
  expect(countBlobs(library)).toBeGreaterThanOrEqual(20);
  return child;
}

function countBlobs(library: string): number {
  try {
    return readdirSync(join(library, "store/memories"), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    ).length;
  } catch {
    return 0;
  }
}

function integrityOf(library: string): unknown {
  using database = new DatabaseSync(join(library, "store/library.db"));
  return database.prepare("PRAGMA integrity_check").get();
}

describe("killed in the middle of reading", () => {
  it("the whole program: what was read is there, the rest is read on", async () => {
    const library = join(folder.path, "program");
    const child = await startReading(library);
    child.kill("SIGKILL");
    await wait(600); // the engine sees its host gone and ends
    const before = countBlobs(library);
    expect(integrityOf(library)).toEqual({ integrity_check: "ok" });
    const { documents } = longleaf(library, "list") as { documents: DocumentSummary[] };
    expect(documents).toHaveLength(1);
    const { hits } = longleaf(library, "search", "pterodactyl rookery") as { hits: SearchHit[] };
    expect(hits[0].text.toLowerCase()).toContain("rookery");
    const result = longleaf(library, "read", book) as ImportResult;
    expect(result.reused).toBeGreaterThanOrEqual(before - 1); // at most the one in flight
    const { documents: after } = longleaf(library, "list") as { documents: DocumentSummary[] };
    expect(after).toHaveLength(1);
    expect(after[0]).toMatchObject({ state: "read", segmentsRead: after[0].segments });
  });

  it("the engine alone: the host starts it again and the job goes on by itself", async () => {
    const library = join(folder.path, "engine");
    const host = await openLibrary({ folder: library });
    try {
      const client = new EngineClient(await host.connect());
      const { grant } = await host.grant(book);
      const started = await client.call("document.import", { grant });
      for await (const job of client.stream("job.watch", { jobId: started.id }))
        if (job.progress.phase === "reading" && job.progress.done > 5_000) break;
      const pid = "enginePid" in host ? Number(host.enginePid) : 0;
      expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain("engine/main.ts");
      process.kill(pid, "SIGKILL");
      await expect(
        client
          .call("document.list", {})
          .then(() => wait(200))
          .then(() => client.call("document.list", {})),
      ).rejects.toMatchObject({ code: "EngineCrashed" });
      const again = new EngineClient(await host.connect());
      let result: ImportResult | null = null;
      for await (const job of again.stream("job.watch", { jobId: started.id })) result = job.result;
      expect(result?.reused).toBeGreaterThan(0);
      expect(result?.segments).toBeGreaterThan(result?.reused ?? 0);
    } finally {
      await host.close();
    }
  });

  it("a second command attaches to the first instead of fighting for the library", async () => {
    const library = join(folder.path, "engine");
    const host = await openLibrary({ folder: library });
    try {
      expect(host.isOwner).toBe(true);
      const second = await openLibrary({ folder: library });
      expect(second.isOwner).toBe(false);
      const client = new EngineClient(await second.connect());
      expect(await client.call("document.list", {})).toHaveLength(1);
      const { grant } = await second.grant(book);
      expect(grant).not.toContain("/");
      client.close();
      await second.close();
    } finally {
      await host.close();
    }
  });
});
