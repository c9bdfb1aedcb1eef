import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test } from "vitest";
import { documentId, jobId, type ChatTurn, type Job } from "../../../engine/protocol/dto.ts";
import { temporaryStore } from "./temporary-store.ts";

const job = (id: string, state: Job["state"] = "running"): Job => ({
  id: jobId.parse(id),
  kind: "import",
  title: "Book",
  documentId: null,
  state,
  progress: { phase: "text", done: 1, total: 2, unit: "pages", perSecond: 0, leftMs: null },
  error: null,
  result: null,
  seq: 1,
});

test("jobs keep their request through every change, and are listed oldest first", () => {
  const store = temporaryStore();
  store.jobs.put({ job: job("one"), request: { grant: "g", read: true } });
  store.jobs.put({ job: job("two", "waiting"), request: {} });
  store.jobs.update({ ...job("one", "done"), seq: 5 });
  expect(store.jobs.get(jobId.parse("one"))).toEqual({
    job: { ...job("one", "done"), seq: 5 },
    request: { grant: "g", read: true },
  });
  expect(store.jobs.list().map(({ job: { id } }) => id)).toEqual(["one", "two"]);
  expect(store.jobs.list({ unfinished: true }).map(({ job: { id } }) => id)).toEqual(["two"]);
  expect(() => store.jobs.update(job("three"))).toThrow(expect.objectContaining({ code: "NotFound" }));
  store.jobs.update(job("two", "failed"));
  store.jobs.prune(1);
  expect(store.jobs.list().map(({ job: { id } }) => id)).toEqual(["two"]);
  store.jobs.remove(jobId.parse("two"));
  expect(store.jobs.list()).toEqual([]);
});

const turn = (question: string): ChatTurn => ({
  question,
  askedAt: 1,
  answer: {
    question,
    answer: "Yes.",
    sentences: [],
    answerable: true,
    confidence: "stated",
    composer: "extractive",
    memoryUsed: false,
    route: "find",
    citations: [],
    coverage: { checked: 1, total: 1, unit: "pages" },
    span: null,
    support: null,
    finishReason: "done",
    timings: {},
  },
});

test("chats keep their turns in order and go with all of them", () => {
  const store = temporaryStore();
  const [a, b] = [documentId.parse("a"), documentId.parse("b")];
  const chat = store.chats.create({ title: "First", scope: [a] });
  store.chats.create({ title: "Second", scope: [b] });
  store.chats.addTurn(chat.id, turn("one?"));
  store.chats.addTurn(chat.id, turn("two?"));
  expect(store.chats.turns(chat.id).map(({ question }) => question)).toEqual(["one?", "two?"]);
  expect(store.chats.list().map(({ title, turns }) => [title, turns])).toEqual([
    ["Second", 0],
    ["First", 2],
  ]);
  expect(store.chats.list([a]).map(({ title }) => title)).toEqual(["First"]);
  store.chats.remove(chat.id);
  expect(store.chats.find(chat.id)).toBeNull();
  expect(() => store.chats.addTurn(chat.id, turn("three?"))).toThrow(expect.objectContaining({ code: "NotFound" }));
  const database = new DatabaseSync(join(store.folder, "store", "library.db"));
  expect(database.prepare("select count(*) as n from turns").get()).toEqual({ n: 0 });
  database.close();
});

test("settings have defaults, keep changes, survive values that this program does not know", () => {
  const store = temporaryStore();
  expect(store.settings.get()).toEqual({
    theme: "system",
    textScale: 1,
    composer: "extractive",
    useMemory: true,
    readInBackground: true,
  });
  expect(store.settings.set({ textScale: 1.5 })).toMatchObject({ textScale: 1.5, theme: "system" });
  expect(() => store.settings.set({ textScale: 99 })).toThrow();
  const database = new DatabaseSync(join(store.folder, "store", "library.db"));
  database.exec(`insert into settings values ('theme', '"purple"'), ('unheardOf', '1')`);
  database.close();
  expect(store.settings.get()).toMatchObject({ theme: "system", textScale: 1.5 });
});

test("the ledger is newest first and holds plain details", () => {
  const store = temporaryStore();
  store.ledger.add("failure", "d1", { code: "DiskFull", bytes: 3, again: true });
  const [entry] = store.ledger.list(1);
  expect(entry).toMatchObject({ kind: "failure", subject: "d1", details: { code: "DiskFull", bytes: 3, again: true } });
});
