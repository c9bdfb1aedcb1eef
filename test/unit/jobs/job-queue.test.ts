import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JobQueue, type JobHandler } from "../../../engine/jobs/job-queue.ts";
import { EngineError, type Job, type JobId } from "../../../engine/protocol/index.ts";
import { openStore } from "../../../engine/store/open-store.ts";
import type { LibraryStore } from "../../../engine/store/types.ts";

let folder = "";
let store: LibraryStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "longleaf-jobs-"));
  store = openStore(folder);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function queueOf(handler: JobHandler, slots = 2): JobQueue {
  return new JobQueue(store.jobs, { import: handler, read: handler }, { slots });
}

/** Counts to ten in steps of 5 ms and remembers how far it came. */
const counting: JobHandler = async (run) => {
  for (let done = Number(run.request["done"] ?? 0); done < 10; done++) {
    if (run.signal.aborted) throw new EngineError("Cancelled", "cancelled");
    run.remember({ done: done + 1 });
    run.report("reading", done + 1, 10, "tokens");
    await wait(5);
  }
  return null;
};

async function ending(queue: JobQueue, id: JobId): Promise<Job> {
  let last = queue.get(id);
  for await (const job of queue.watch(id, 0, new AbortController().signal)) last = job;
  return last;
}

describe("a queue of jobs", () => {
  it("runs a job to its end and tells its readers in order", async () => {
    const queue = queueOf(counting);
    const job = queue.add("import", "a book", null, {});
    const seen: number[] = [];
    for await (const state of queue.watch(job.id, 0, new AbortController().signal)) seen.push(state.seq);
    expect(queue.get(job.id)).toMatchObject({ state: "done", progress: { phase: "done", done: 10, total: 10 } });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("a reader that comes late or comes back gets the present state first, and nothing it has seen", async () => {
    const queue = queueOf(counting);
    const job = queue.add("import", "a book", null, {});
    const ended = await ending(queue, job.id);
    const again: Job[] = [];
    for await (const state of queue.watch(job.id, ended.seq - 1, new AbortController().signal)) again.push(state);
    expect(again).toMatchObject([{ state: "done", seq: ended.seq }]);
  });

  it("keeps the work of a paused job and goes on with it", async () => {
    const queue = queueOf(counting);
    const job = queue.add("import", "a book", null, {});
    await wait(20);
    expect(await queue.pause(job.id)).toMatchObject({ state: "paused" });
    const kept = Number(store.jobs.get(job.id)?.request["done"]);
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(10);
    queue.resume(job.id);
    expect(await ending(queue, job.id)).toMatchObject({ state: "done" });
  });

  it("goes on after a crash: a new queue on the same journal finishes what ran, and leaves what was paused", async () => {
    const first = queueOf(counting);
    const running = first.add("import", "running", null, {});
    const paused = first.add("read", "paused", null, {});
    await wait(15);
    await first.pause(paused.id);
    await first.close(); // the journal still says "running", as after a kill
    expect(store.jobs.get(running.id)?.job.state).toBe("running");
    const second = queueOf(counting);
    second.resumeAll();
    expect(await ending(second, running.id)).toMatchObject({ state: "done" });
    expect(second.get(paused.id).state).toBe("paused");
  });

  it("cancels a job that waits, and one that runs", async () => {
    const queue = queueOf(counting, 1);
    const running = queue.add("import", "running", null, {});
    const waiting = queue.add("import", "waiting", null, {});
    await wait(10);
    expect(queue.get(waiting.id).state).toBe("waiting");
    expect(await queue.cancel(waiting.id)).toMatchObject({ state: "cancelled" });
    expect(await queue.cancel(running.id)).toMatchObject({ state: "cancelled" });
  });

  it("keeps the typed error of a job that fails, and lets it be tried again", async () => {
    let tries = 0;
    const queue = queueOf(() => {
      if (++tries === 1) throw new EngineError("DiskFull", "no room", { hint: "free some" });
      return Promise.resolve(null);
    });
    const job = queue.add("import", "a book", null, {});
    expect(await ending(queue, job.id)).toMatchObject({
      state: "failed",
      error: { code: "DiskFull", hint: "free some" },
    });
    queue.resume(job.id);
    await wait(20);
    expect(queue.get(job.id).state).toBe("done");
  });

  it("forgets an ended job on request, and never one that runs", async () => {
    const queue = queueOf(counting);
    const job = queue.add("import", "a book", null, {});
    await wait(5);
    queue.dismiss(job.id);
    expect(queue.get(job.id).state).toBe("running");
    await ending(queue, job.id);
    queue.dismiss(job.id);
    expect(() => queue.get(job.id)).toThrow(EngineError);
  });
});
