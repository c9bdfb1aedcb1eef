import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { calls, streams } from "../../../engine/protocol/contract.ts";
import type { AnswerEvent } from "../../../engine/protocol/dto.ts";
import { EngineError } from "../../../engine/protocol/errors.ts";
import { frame as frameSchema } from "../../../engine/protocol/frames.ts";
import { EngineClient } from "../../../engine/protocol/client.ts";
import { connect } from "../../../renderer/engine/connection.ts";
import { ScriptedEngine } from "./scripted-engine.ts";
import { BOOK_ID, REPOSITORY_ID } from "./scripted-library.ts";

async function failure(promise: Promise<unknown>): Promise<EngineError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("the page's engine client", () => {
  it("says hello, then answers a call with its own result", async () => {
    const engine = new ScriptedEngine();
    const client = new EngineClient(engine.connect());
    const [info, documents] = await Promise.all([client.call("engine.info", {}), client.call("document.list", {})]);
    expect(engine.sent[0]?.kind).toBe("hello");
    expect(info.model?.name).toBe("Longleaf starter");
    expect(documents).toHaveLength(4);
  });

  it("sends only frames of the contract", async () => {
    const engine = new ScriptedEngine();
    const client = new EngineClient(engine.connect());
    const stream = client.stream("answer.ask", { scope: [BOOK_ID], question: "Where is the box?" }, {}).batches();
    for await (const batch of stream) expect(batch.length).toBeGreaterThan(0);
    expect(engine.sent.length).toBeGreaterThan(5);
    for (const sent of engine.sent) expect(frameSchema.safeParse(sent).error).toBeUndefined();
  });

  it("refuses an engine of another protocol version, and says both", async () => {
    const client = new EngineClient(new ScriptedEngine({ protocol: 99 }).connect());
    const error = await failure(client.call("engine.info", {}));
    expect(error.code).toBe("VersionMismatch");
    expect(error.message).toMatch(/protocol 1.*99/);
  });

  it("revives an error with its code", async () => {
    const client = new EngineClient(new ScriptedEngine().connect());
    const error = await failure(client.call("document.show", { documentId: "gone" as typeof BOOK_ID }));
    expect(error.code).toBe("NotFound");
  });

  it("gives credit back only after a batch was taken, so that an unread stream stands still", async () => {
    const engine = new ScriptedEngine({ pace: 15 });
    const client = new EngineClient(engine.connect());
    const stream = client.stream("answer.ask", { scope: [BOOK_ID], question: "Where is the box?" }, {}).batches();
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    await sleep(30);
    const given = (): number => engine.sent.filter((sent) => sent.kind === "credit").length;
    expect(given()).toBe(0);
    await reader.next();
    expect(given()).toBe(1);
    await reader.return?.();
  });

  it("keeps every event, in order, to the done", async () => {
    const client = new EngineClient(new ScriptedEngine().connect());
    const events: AnswerEvent[] = [];
    for await (const batch of client
      .stream("answer.ask", { scope: [BOOK_ID], question: "Where is the box?" }, {})
      .batches())
      events.push(...batch);
    expect(events[0]?.type).toBe("route");
    expect(events.at(-1)?.type).toBe("done");
    expect(events.filter((event) => event.type === "sentence")).toHaveLength(4);
  });

  it("stop keeps what was written; the stream ends by itself", async () => {
    const engine = new ScriptedEngine({ pace: 5 });
    const client = new EngineClient(engine.connect());
    const stream = client.stream("answer.ask", { scope: [BOOK_ID], question: "Where is the box?" });
    let last: AnswerEvent | undefined;
    let sentences = 0;
    for await (const batch of stream.batches()) {
      last = batch.at(-1);
      if (last?.type === "sentence") {
        sentences += 1;
        stream.stop();
      }
    }
    expect(last?.type === "done" && last.answer.finishReason).toBe("stopped");
    expect(sentences).toBeLessThan(4);
  });

  it("leaving the loop cancels, and so does the signal", async () => {
    const engine = new ScriptedEngine({ pace: 5 });
    const client = new EngineClient(engine.connect());
    for await (const batch of client.stream("answer.ask", { scope: [BOOK_ID], question: "one" }, {}).batches())
      if (batch.length > 0) break;
    const abort = new AbortController();
    const stream = client.stream("answer.ask", { scope: [BOOK_ID], question: "two" }, { signal: abort.signal });
    const reading = (async () => {
      for await (const batch of stream.batches()) if (batch.length > 0) abort.abort();
    })();
    expect((await failure(reading)).code).toBe("Cancelled");
    expect(engine.sent.filter((sent) => sent.kind === "cancel")).toHaveLength(2);
  });

  it("fails what waits when the connection closes", async () => {
    const port = new ScriptedEngine().connect();
    const client = new EngineClient(port);
    await client.ready;
    const watching = (async () => {
      for await (const batch of client.stream("library.watch", {}, {}).batches()) expect(batch).toBeDefined();
    })();
    await sleep(5);
    port.close();
    expect((await failure(watching)).code).toBe("EngineCrashed");
    expect((await failure(client.call("engine.info", {}))).code).toBe("EngineCrashed");
  });
});

describe("the connection", () => {
  it("connects again after a loss, and counts how often", async () => {
    const engine = new ScriptedEngine();
    const ports: { close(): void }[] = [];
    const waits: number[] = [];
    let refusals = 2;
    const connection = connect(
      async () => {
        if (ports.length > 0 && refusals > 0) {
          refusals -= 1;
          throw new Error("starting");
        }
        const port = engine.connect();
        ports.push(port);
        return port;
      },
      async (ms) => {
        waits.push(ms);
      },
    );
    const until = async (holds: () => boolean): Promise<void> => {
      for (let tries = 0; tries < 200 && !holds(); tries += 1) await sleep(2);
      expect(holds()).toBe(true);
    };
    await until(() => connection.store.getState().status === "ready");
    expect(connection.store.getState().epoch).toBe(1);
    ports[0]?.close();
    await until(() => connection.store.getState().epoch === 2);
    expect(waits).toEqual([250, 500, 1000]);
    expect(await connection.store.getState().client?.call("document.list", {})).toHaveLength(4);
    connection.close();
  });

  it("does not knock again at an engine of another version", async () => {
    let attempts = 0;
    const connection = connect(
      async () => {
        attempts += 1;
        return new ScriptedEngine({ protocol: 2 }).connect();
      },
      async () => undefined,
    );
    await sleep(20);
    expect(connection.store.getState().status).toBe("refused");
    expect(attempts).toBe(1);
  });
});

describe("the scripted engine", () => {
  it("answers in the shapes of the contract", async () => {
    const engine = new ScriptedEngine();
    const client = new EngineClient(engine.connect());
    for (const documentId of [BOOK_ID, REPOSITORY_ID]) {
      for (const method of [
        "document.show",
        "document.text",
        "document.leaf",
        "document.files",
        "summary.make",
      ] as const) {
        const result = await client.call(method, { documentId });
        expect(calls[method].result.safeParse(result).error, `${method} ${documentId}`).toBeUndefined();
      }
    }
    const hits = await client.call("search.query", { query: "pear" });
    expect(calls["search.query"].result.safeParse(hits).error).toBeUndefined();
    for await (const batch of client.stream("answer.ask", { scope: [BOOK_ID], question: "box?" }, {}).batches()) {
      for (const event of batch) expect(streams["answer.ask"].event.safeParse(event).error).toBeUndefined();
    }
  });
});
