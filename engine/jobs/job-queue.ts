/**
 * Long work that survives its readers and the process: order, state, progress, cancel, pause, resume after a crash.
 * Features register a handler per kind; a handler may be run again after a pause or a crash and must then go on, not repeat.
 * Knows nothing about documents.
 */
import { randomUUID } from "node:crypto";
import { EventHub } from "../base/event-hub.ts";
import {
  EngineError,
  toEnvelope,
  type DocumentId,
  type ImportResult,
  type Job,
  type JobId,
  type JobPhase,
  type JobProgress,
} from "../protocol/index.ts";
import type { JobTable } from "../store/types.ts";
import { ProgressMeter } from "./progress-meter.ts";

/** No more than this many updates of one job a second reach the journal and the readers. */
const UPDATES_PER_SECOND = 8;
/** Of each kind of journal entry the newest are kept. */
const KEPT_JOBS = 200;

/** What a running job's handler is given. `request` is plain JSON; `remember` adds to it, for the next run of this job. */
export interface JobRun {
  readonly id: JobId;
  readonly request: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  remember(changes: Readonly<Record<string, unknown>>): void;
  report(phase: JobPhase, done: number, total: number, unit: JobProgress["unit"]): void;
  /** From now on the job is about this document, under this title. */
  about(documentId: DocumentId, title: string): void;
}
export type JobHandler = (run: JobRun) => Promise<ImportResult | null>;

interface Active {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  wish: "cancel" | "pause" | null;
}

export class JobQueue {
  readonly #table: JobTable;
  readonly #handlers: Readonly<Record<Job["kind"], JobHandler>>;
  readonly #active = new Map<JobId, Active>();
  readonly #waiting: JobId[] = [];
  readonly #slots: number;
  readonly events = new EventHub<Job>();
  #closed = false;

  constructor(
    table: JobTable,
    handlers: Readonly<Record<Job["kind"], JobHandler>>,
    options: { readonly slots: number },
  ) {
    this.#table = table;
    this.#handlers = handlers;
    this.#slots = options.slots;
  }

  /** Goes on with what an earlier process left: running and waiting jobs start again, paused ones stay paused. */
  resumeAll(): void {
    for (const { job } of this.#table.list({ unfinished: true })) {
      if (job.state === "paused") continue;
      if (!this.#saveIfRoom({ ...job, state: "waiting" })) return;
      this.#waiting.push(job.id);
    }
    this.#startNext();
  }

  add(
    kind: Job["kind"],
    title: string,
    documentId: DocumentId | null,
    request: Readonly<Record<string, unknown>>,
  ): Job {
    const job: Job = {
      id: randomUUID() as JobId,
      kind,
      title,
      documentId,
      state: "waiting",
      progress: new ProgressMeter().last,
      error: null,
      result: null,
      seq: 1,
    };
    this.#table.put({ job, request });
    this.#table.prune(KEPT_JOBS);
    this.events.say(job);
    this.#waiting.push(job.id);
    this.#startNext();
    return job;
  }

  list(): Job[] {
    return this.#table.list().map(({ job }) => job);
  }

  get(id: JobId): Job {
    const stored = this.#table.get(id);
    if (!stored) throw new EngineError("NotFound", `no job ${id}`, { hint: "It ended long ago and was forgotten." });
    return stored.job;
  }

  /** Throws its work away; resolves when it has stopped. */
  cancel(id: JobId): Promise<Job> {
    return this.#end(id, "cancel", "cancelled");
  }
  /** Keeps its work; `resume` goes on. */
  pause(id: JobId): Promise<Job> {
    return this.#end(id, "pause", "paused");
  }
  resume(id: JobId): Job {
    const job = this.get(id);
    if (job.state !== "paused" && job.state !== "failed") return job;
    const next = this.#save({ ...job, state: "waiting", error: null });
    this.#waiting.push(id);
    this.#startNext();
    return next;
  }

  /** Forgets an ended job; one that has not ended is left alone. */
  dismiss(id: JobId): void {
    if (isEnded(this.get(id))) this.#table.remove(id);
  }

  /** This job's states from now on (the present one first, unless it was seen), until it has ended. */
  async *watch(id: JobId, after: number, signal: AbortSignal): AsyncGenerator<Job> {
    const now = this.get(id);
    if (now.seq > after || isEnded(now)) yield now;
    if (isEnded(now)) return;
    let seen = now.seq;
    const closing = new AbortController();
    for await (const job of this.events.listen(AbortSignal.any([signal, closing.signal]), [this.get(id)])) {
      if (job.id !== id || job.seq <= seen) continue;
      seen = job.seq;
      yield job;
      if (isEnded(job)) return;
    }
  }

  /** Stops everything where it stands; a later process goes on. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const active of this.#active.values()) active.abort.abort();
    await Promise.all([...this.#active.values()].map((active) => active.ended));
  }

  async #end(id: JobId, wish: "cancel" | "pause", state: "cancelled" | "paused"): Promise<Job> {
    const job = this.get(id);
    if (isEnded(job)) return job;
    const active = this.#active.get(id);
    if (active) {
      active.wish = wish;
      active.abort.abort();
      await active.ended;
      return this.get(id);
    }
    const place = this.#waiting.indexOf(id);
    if (place >= 0) this.#waiting.splice(place, 1);
    return this.#save({ ...job, state });
  }

  #startNext(): void {
    while (!this.#closed && this.#active.size < this.#slots) {
      const id = this.#waiting.shift();
      if (id === undefined) return;
      const abort = new AbortController();
      const active: Active = { abort, wish: null, ended: Promise.resolve().then(() => this.#run(id, abort.signal)) };
      this.#active.set(id, active);
    }
  }

  async #run(id: JobId, signal: AbortSignal): Promise<void> {
    const meter = new ProgressMeter();
    let lastUpdate = 0;
    const update = (changes: Partial<Job>) => this.#save({ ...this.get(id), ...changes });
    try {
      update({ state: "running" });
      const result = await this.#handlers[this.get(id).kind]({
        id,
        request: this.#table.get(id)?.request ?? {},
        signal,
        remember: (changes) => {
          const stored = this.#table.get(id);
          if (stored) this.#table.put({ job: stored.job, request: { ...stored.request, ...changes } });
        },
        report: (phase, done, total, unit) => {
          const before = meter.last.phase;
          const progress = meter.report(phase, done, total, unit);
          if (phase === before && done < total && Date.now() - lastUpdate < 1_000 / UPDATES_PER_SECOND) return;
          lastUpdate = Date.now();
          update({ progress });
        },
        about: (documentId, title) => void update({ documentId, title }),
      });
      update({ state: "done", result, progress: { ...meter.last, phase: "done", perSecond: 0, leftMs: null } });
    } catch (error) {
      const wish = this.#active.get(id)?.wish ?? null;
      const ending: Partial<Job> =
        wish === "pause"
          ? { state: "paused" }
          : wish === "cancel"
            ? { state: "cancelled" }
            : { state: "failed", error: toEnvelope(error) };
      if (wish !== null || !this.#closed) this.#saveIfRoom({ ...this.get(id), ...ending });
      if (!signal.aborted && !(error instanceof EngineError)) console.error(error);
    } finally {
      this.#active.delete(id);
      this.#startNext();
    }
  }

  /** On a full disk the journal keeps its last word (so the job goes on at the next start), readers hear the new one. */
  #saveIfRoom(job: Job): boolean {
    try {
      this.#save(job);
      return true;
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "DiskFull") throw error;
      this.events.say({ ...job, seq: job.seq + 1 });
      return false;
    }
  }

  #save(job: Job): Job {
    const next = { ...job, seq: job.seq + 1 };
    this.#table.update(next);
    this.events.say(next);
    return next;
  }
}

function isEnded(job: Job): boolean {
  return job.state === "done" || job.state === "failed" || job.state === "cancelled";
}
