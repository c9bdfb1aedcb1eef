/**
 * Answers with the shipped reader over a real store: what it adds to a citation, what happens while it has not read yet,
 * when it fails, and when it cannot help.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerQuestion } from "../../../engine/answering/answer.ts";
import type { AnswerEvent, DocumentId } from "../../../engine/protocol/dto.ts";
import { answerEvent } from "../../../engine/protocol/dto.ts";
import { readerFolder } from "../../../engine/host/layout.ts";
import { loadReader } from "../../../engine/reading/client.ts";
import type { PassageReader } from "../../../engine/reading/reading.ts";
import { addPages, ask, filler, openTestLibrary } from "./library.ts";
import type { TestLibrary } from "./library.ts";

const PAGES = [
  ["# Arrival", ...filler(12), "The new keeper of the lighthouse was Magnus Tveit, a quiet man from Bergen."],
  [
    ...filler(10),
    "The keeper of the lighthouse liked tea. The keeper of the lighthouse kept two goats and a red boat.",
  ],
  [...filler(10), "灯塔的看守人是一位来自卑尔根的安静的人。"],
];
const QUESTION = "Who was the new keeper of the lighthouse?";
const never = new AbortController().signal;

let library: TestLibrary;
let id: DocumentId;
let reader: PassageReader;
const cacheFolder = mkdtempSync(join(tmpdir(), "longleaf-reading-"));

beforeAll(async () => {
  library = openTestLibrary();
  id = await addPages(library, "The Lighthouse", PAGES);
  reader = await loadReader({ folder: readerFolder, cacheFolder });
});
afterAll(async () => {
  await reader[Symbol.asyncDispose]();
  library[Symbol.dispose]();
  rmSync(cacheFolder, { recursive: true, force: true });
});

const withReader = (other: PassageReader | null): TestLibrary => ({
  ...library,
  sources: { ...library.sources, reader: other },
});

describe("an answer with the reader", () => {
  it("says what was read, where it stands, and how sure it is", async () => {
    const { answer, events } = await ask(withReader(reader), [id], QUESTION);
    const [first] = answer.citations;
    expect(first?.text).toContain("Magnus Tveit");
    expect(answer.span).not.toBeNull();
    expect(answer.support).toBeGreaterThan(0);
    expect(answer.support).toBeLessThanOrEqual(1);
    for (const { why, text, start } of answer.citations) {
      expect(why?.probability).toBeGreaterThan(0);
      const read = why?.read ?? null;
      if (read !== null) expect(text.slice(read.start - start, read.end - start)).toBe(read.text);
    }
    for (const event of events) expect(answerEvent.safeParse(event).success).toBe(true);
  });

  it("is the answer of search alone when the reader fails", async () => {
    const failing: PassageReader = {
      hash: "none",
      read: () => Promise.reject(new Error("the reading thread ended")),
      [Symbol.asyncDispose]: async () => {},
    };
    const { answer } = await ask(withReader(failing), [id], QUESTION);
    const { answer: alone } = await ask(withReader(null), [id], QUESTION);
    expect(answer.citations.map(({ start }) => start)).toEqual(alone.citations.map(({ start }) => start));
    expect(answer.span).toBeNull();
  });

  it("leaves other scripts to search", async () => {
    const { answer } = await ask(withReader(reader), [id], "灯塔的看守人是什么样的人？");
    expect(answer.citations[0]?.text).toContain("看守人");
    expect(answer.citations.every(({ why }) => why?.read === null)).toBe(true);
  });

  it("throws Cancelled while it reads", async () => {
    const cancel = new AbortController();
    const waiting: PassageReader = {
      ...reader,
      hash: "",
      read: (question, passages, signal) => {
        cancel.abort();
        return reader.read(question, passages, signal);
      },
    };
    await expect(ask(withReader(waiting), [id], QUESTION, { cancel: cancel.signal })).rejects.toMatchObject({
      code: "Cancelled",
    });
  });
});

describe("while the reader has not read yet", () => {
  /** The real reader, which answers only when `open` was called, with its readings in the order that `turn` gives. */
  function held(turn: (count: number) => number[]): { reader: PassageReader; open: () => void } {
    const gate = Promise.withResolvers<void>();
    return {
      open: gate.resolve,
      reader: {
        hash: "held",
        async read(question, passages, signal) {
          await gate.promise;
          const readings = await reader.read(question, passages, signal);
          return turn(readings.length).flatMap((at) => readings[at] ?? []);
        },
        [Symbol.asyncDispose]: async () => {},
      },
    };
  }

  async function events(other: PassageReader, onEvent: (event: AnswerEvent) => void): Promise<AnswerEvent[]> {
    const request = { question: QUESTION, scope: [id], composer: "extractive", memory: "off", seed: 0 } as const;
    const found: AnswerEvent[] = [];
    for await (const event of answerQuestion(
      request,
      { ...library.sources, reader: other },
      { cancel: never, stop: never },
    )) {
      found.push(event);
      onEvent(event);
    }
    return found;
  }

  it("shows a first look, and says so when a closer reading changes it", async () => {
    // Readings in reverse order belong to other passages: the weighing has to change.
    const slow = held((count) => Array.from({ length: count }, (_, i) => count - 1 - i));
    const found = await events(slow.reader, (event) => {
      if (event.type === "sentence") slow.open();
    });
    const at = found.findIndex(({ type }) => type === "revised");
    const last = found.at(-1);
    const before = found.slice(0, at < 0 ? undefined : at);
    expect(before.some(({ type }) => type === "sentence")).toBe(true);
    expect(last?.type).toBe("done");
    if (last?.type !== "done") return;
    const cited = found.slice(at + 1).flatMap((event) => (event.type === "citation" ? [event.citation.start] : []));
    expect(cited).toEqual(last.answer.citations.map(({ start }) => start));
  });

  it("says that a closer reading confirms the first look, and adds what was read", async () => {
    const slow = held((count) => Array.from({ length: count }, (_, i) => i));
    const found = await events(slow.reader, (event) => {
      if (event.type === "sentence") slow.open();
    });
    const at = found.findIndex(({ type }) => type === "revised");
    const [before, after] = [found.slice(0, at), found.slice(at + 1)].map((list) =>
      list.find((event) => event.type === "citation"),
    );
    const last = found.at(-1);
    if (before?.type !== "citation" || after?.type !== "citation" || last?.type !== "done")
      throw new Error("no citations");
    const isSame = before.citation.start === after.citation.start;
    expect(found[at]).toMatchObject({ note: expect.stringMatching(isSame ? /confirmed/u : /changed/u) });
    expect(before.citation.why?.read).toBeNull();
    expect(last.answer.citations.some(({ why }) => (why?.read ?? null) !== null)).toBe(true);
  });
});
