/**
 * The small tables: jobs, chats, settings, ledger. Each keeps what the contract's schemas describe, as JSON where
 * nobody searches inside. Owns: these tables. Does not know: what a job does or an answer means.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import {
  answer,
  chatTurn,
  documentId,
  job as jobSchema,
  settings as settingsSchema,
  type Chat,
  type ChatTurn,
  type DocumentId,
  type Job,
  type JobId,
  type Settings,
} from "../protocol/dto.ts";
import { EngineError } from "../protocol/errors.ts";
import { integer, json, text } from "./columns.ts";
import type { Database, Row } from "./database.ts";
import type { ChatTable, JobTable, LedgerEntry, LedgerKind, LedgerTable, SettingsTable, StoredJob } from "./types.ts";

const requestSchema = z.record(z.string(), z.unknown());

export class StoredJobs implements JobTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  put({ job, request }: StoredJob): void {
    this.#database.transaction(() => {
      this.#database.change(
        `insert into jobs (id, state, job, request) values (?, ?, ?, ?)
         on conflict (id) do update set state = excluded.state, job = excluded.job, request = excluded.request`,
        ...[job.id, job.state, JSON.stringify(job), JSON.stringify(request)],
      );
    }, true);
  }

  update(job: Job): void {
    const before = this.#database.value("select state from jobs where id = ?", job.id);
    if (before === null) throw new EngineError("NotFound", `no job ${job.id}`);
    // Mere progress may be lost in a power cut; a change of state may not.
    this.#database.transaction(() => {
      this.#database.change("update jobs set state = ?, job = ? where id = ?", job.state, JSON.stringify(job), job.id);
    }, before !== job.state);
  }

  get(id: JobId): StoredJob | null {
    const row = this.#database.row("select job, request from jobs where id = ?", id);
    return row === null ? null : jobOf(row);
  }

  list({ unfinished = false }: { readonly unfinished?: boolean } = {}): StoredJob[] {
    const only = unfinished ? "where state in ('waiting', 'running', 'paused')" : "";
    return this.#database.rows(`select job, request from jobs ${only} order by number`).map(jobOf);
  }

  remove(id: JobId): void {
    this.#database.change("delete from jobs where id = ?", id);
  }

  prune(keep: number): void {
    const finished = "state in ('done', 'failed', 'cancelled')";
    this.#database.change(
      `delete from jobs where ${finished} and number not in
       (select number from jobs where ${finished} order by number desc limit ?)`,
      keep,
    );
  }
}

function jobOf(row: Row): StoredJob {
  return { job: jobSchema.parse(json(row, "job")), request: requestSchema.parse(json(row, "request")) };
}

const scopeSchema = z.array(documentId);
const SELECT_CHAT = `select c.id, c.title, c.scope, c.created_at, (select count(*) from turns t where t.chat = c.number) as turns
  from chats c`;

export class StoredChats implements ChatTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  create({ title, scope }: { readonly title: string; readonly scope: readonly DocumentId[] }): Chat {
    const chat: Chat = {
      id: `c${randomUUID().slice(0, 8)}`,
      title,
      scope: [...scope],
      createdAt: Date.now(),
      turns: 0,
    };
    this.#database.change(
      "insert into chats (id, title, scope, created_at) values (?, ?, ?, ?)",
      ...[chat.id, title, JSON.stringify(scope), chat.createdAt],
    );
    return chat;
  }

  find(id: string): Chat | null {
    const row = this.#database.row(`${SELECT_CHAT} where c.id = ?`, id);
    return row === null ? null : chatOf(row);
  }

  list(scope?: readonly DocumentId[]): Chat[] {
    const chats = this.#database.rows(`${SELECT_CHAT} order by c.number desc`).map(chatOf);
    return scope === undefined ? chats : chats.filter((chat) => chat.scope.some((id) => scope.includes(id)));
  }

  addTurn(id: string, turn: ChatTurn): void {
    const number = this.#number(id);
    this.#database.change(
      "insert into turns (chat, seq, turn) select ?1, coalesce(max(seq) + 1, 0), ?2 from turns where chat = ?1",
      ...[number, JSON.stringify(chatTurn.parse(turn))],
    );
  }

  turns(id: string): ChatTurn[] {
    const rows = this.#database.rows("select turn from turns where chat = ? order by seq", this.#number(id));
    return rows.flatMap((row) => {
      // A turn of an older program whose answer had another shape is not worth losing the chat for.
      const turn = z.object({ question: z.string(), answer, askedAt: z.number() }).safeParse(json(row, "turn"));
      return turn.success ? [turn.data] : [];
    });
  }

  remove(id: string): void {
    this.#database.change("delete from chats where id = ?", id);
  }

  #number(id: string): number {
    const found = this.#database.value("select number from chats where id = ?", id);
    if (typeof found !== "number")
      throw new EngineError("NotFound", `no chat ${id}`, { hint: "It may have been removed." });
    return found;
  }
}

function chatOf(row: Row): Chat {
  return {
    id: text(row, "id"),
    title: text(row, "title"),
    scope: scopeSchema.parse(json(row, "scope")),
    createdAt: integer(row, "created_at"),
    turns: integer(row, "turns"),
  };
}

const DEFAULTS: Settings = {
  theme: "system",
  textScale: 1,
  composer: "extractive",
  useMemory: true,
  readInBackground: true,
};

export class StoredSettings implements SettingsTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get(): Settings {
    let settings: Settings = DEFAULTS;
    for (const row of this.#database.rows("select name, value from settings")) {
      // A value that this program does not know (a newer or older one wrote it) leaves the default.
      const next = settingsSchema.safeParse({ ...settings, [text(row, "name")]: json(row, "value") });
      if (next.success) settings = next.data;
    }
    return settings;
  }

  set(changes: Partial<Settings>): Settings {
    const checked = settingsSchema.partial().parse(changes);
    this.#database.transaction(() => {
      for (const [name, value] of Object.entries(checked)) {
        if (value === undefined) continue;
        this.#database.change(
          "insert into settings (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
          ...[name, JSON.stringify(value)],
        );
      }
    });
    return this.get();
  }
}

const detailsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const kindSchema = z.enum(["migration", "import", "removal", "recovery", "failure"]);

export class StoredLedger implements LedgerTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(kind: LedgerKind, subject: string, details: LedgerEntry["details"] = {}): void {
    this.#database.change(
      "insert into ledger (at, kind, subject, details) values (?, ?, ?, ?)",
      ...[Date.now(), kind, subject, JSON.stringify(details)],
    );
  }

  list(limit = 200): LedgerEntry[] {
    return this.#database.rows("select * from ledger order by id desc limit ?", limit).map((row) => ({
      id: integer(row, "id"),
      at: integer(row, "at"),
      kind: kindSchema.parse(text(row, "kind")),
      subject: text(row, "subject"),
      details: detailsSchema.parse(json(row, "details")),
    }));
  }
}
