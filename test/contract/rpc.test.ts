import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { EngineClient, EngineError, type Frame, type FramePort } from "../../engine/protocol/index.ts";
import { ChannelHub, type ChannelMessage } from "../../engine/rpc/channels.ts";
import { createLoopback } from "../../engine/rpc/loopback.ts";
import type { Route, Routes } from "../../engine/rpc/routes.ts";
import { serveConnection } from "../../engine/rpc/server.ts";

/** Small routes of the test's own; the server and the client are the real ones. */
function routes(extra: Record<string, Route> = {}): Routes {
  return new Map<string, Route>([
    ["engine.info", { verb: "call", params: z.object({}), run: () => ({ version: "test" }) }],
    [
      "document.show",
      {
        verb: "call",
        params: z.object({ documentId: z.string() }),
        run: () => {
          throw new EngineError("NotFound", "no such document", { hint: "look again", details: { id: 7 } });
        },
      },
    ],
    ...Object.entries(extra),
  ]);
}

function connected(extra: Record<string, Route> = {}): { client: EngineClient; port: FramePort } {
  const [left, right] = createLoopback();
  serveConnection(right, routes(extra));
  return { client: new EngineClient(left), port: left };
}

describe("rpc over a loopback pair", () => {
  it("answers a call", async () => {
    const { client } = connected();
    await expect(client.call("engine.info", {})).resolves.toEqual({ version: "test" });
  });

  it("carries a typed error with its hint and details", async () => {
    const { client } = connected();
    const error = await client.callAny("document.show", { documentId: "x" }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({
      code: "NotFound",
      message: "no such document",
      hint: "look again",
      details: { id: 7 },
    });
  });

  it("refuses parameters that break the schema, and methods that do not exist", async () => {
    const { client } = connected();
    await expect(client.callAny("document.show", { documentId: 3 })).rejects.toMatchObject({ code: "InvalidRequest" });
    await expect(client.callAny("constructor", {})).rejects.toMatchObject({ code: "InvalidRequest" });
    await expect(client.callAny("host.sourceOf", {})).rejects.toMatchObject({ code: "InvalidRequest" });
  });

  it("refuses requests before hello", async () => {
    const [left, right] = createLoopback();
    serveConnection(right, routes());
    const seen: Frame[] = [];
    left.onFrame((frame) => seen.push(frame as Frame));
    left.send({ kind: "request", id: 1, method: "engine.info", params: {} });
    await wait(5);
    expect(seen.at(-1)).toMatchObject({ kind: "error", id: 1, error: { code: "InvalidRequest" } });
  });

  it("refuses another protocol version with a sentence that says both", async () => {
    const [left, right] = createLoopback();
    const client = new EngineClient(left);
    right.send({ kind: "hello", protocol: 999, build: "9.9.9" });
    await wait(5);
    const error = await client.call("engine.info", {}).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "VersionMismatch" });
    expect(String(error)).toContain("999");
  });

  it("cancels a call: the handler's signal fires and the caller gets Cancelled", async () => {
    let fired = false;
    const { client } = connected({
      "search.query": {
        verb: "call",
        params: z.unknown(),
        run: (_params, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              fired = true;
              reject(new EngineError("Cancelled", "cancelled"));
            });
          }),
      },
    });
    const abort = new AbortController();
    const answer = client.callAny("search.query", {}, { signal: abort.signal });
    await wait(5);
    abort.abort();
    await expect(answer).rejects.toMatchObject({ code: "Cancelled" });
    expect(fired).toBe(true);
  });

  it("streams events in order and ends", async () => {
    const { client } = connected({ "job.watch": counting(100) });
    const seen: unknown[] = [];
    for await (const event of client.stream("job.watch", { jobId: "j" as never })) seen.push(event);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it("holds a producer back when the reader gives no credit", async () => {
    let produced = 0;
    const [left, right] = createLoopback();
    serveConnection(
      right,
      routes({
        "job.watch": {
          verb: "stream",
          params: z.unknown(),
          async *run() {
            for (;;) {
              produced++;
              yield produced;
              if (produced % 50 === 0) await wait(0);
            }
          },
        },
      }),
    );
    let batches = 0;
    left.onFrame((raw) => {
      if ((raw as Frame).kind === "events") batches++;
    });
    left.send({ kind: "hello", protocol: 1, build: "test" });
    left.send({ kind: "request", id: 1, method: "job.watch", params: {}, credit: 2 });
    await wait(300);
    const held = produced;
    await wait(200);
    expect(batches).toBe(2);
    expect(produced).toBe(held);
    left.send({ kind: "credit", id: 1, count: 1 });
    await wait(100);
    expect(batches).toBe(3);
    left.send({ kind: "cancel", id: 1 });
  });

  it("joins events: at most about 30 frames a second", async () => {
    const { port } = connected({
      "job.watch": {
        verb: "stream",
        params: z.unknown(),
        async *run() {
          const until = Date.now() + 600;
          while (Date.now() < until) {
            yield 1;
            await wait(1);
          }
        },
      },
    });
    let frames = 0;
    port.onFrame((raw) => {
      if ((raw as Frame).kind === "events") frames++;
    });
    port.send({ kind: "request", id: 9, method: "job.watch", params: {}, credit: 1_000 });
    await wait(900);
    expect(frames).toBeGreaterThan(5);
    expect(frames).toBeLessThan(30);
  });

  it("stop lets the stream finish with what there is; leaving the loop cancels", async () => {
    let cancelled = false;
    const { client } = connected({
      "answer.ask": {
        verb: "stream",
        params: z.unknown(),
        async *run(_params, { stop, signal }) {
          signal.addEventListener("abort", () => (cancelled = true));
          while (!stop.aborted && !signal.aborted) {
            yield "more";
            await wait(2);
          }
          yield stop.aborted ? "stopped" : "cancelled";
        },
      },
    });
    const stopped = client.stream("answer.ask", { scope: [], question: "x" });
    let last: unknown;
    for await (const event of stopped) {
      last = event;
      stopped.stop();
    }
    expect(last).toBe("stopped");
    for await (const _event of client.stream("answer.ask", { scope: [], question: "x" })) break;
    await wait(20);
    expect(cancelled).toBe(true);
  });

  it("ends every open call when the connection ends", async () => {
    const { client, port } = connected({
      "search.query": { verb: "call", params: z.unknown(), run: () => new Promise(() => {}) },
    });
    const answer = client.callAny("search.query", {});
    port.close();
    await expect(answer).rejects.toMatchObject({ code: "EngineCrashed" });
  });
});

describe("channels over one process pipe", () => {
  it("keeps connections apart and ends them all with the pipe", async () => {
    const hubs: { host?: ChannelHub; engine?: ChannelHub } = {};
    const opened: number[] = [];
    hubs.host = new ChannelHub({
      post: (message) => queueMicrotask(() => hubs.engine?.receive(structuredClone(message))),
    });
    hubs.engine = new ChannelHub(
      { post: (message: ChannelMessage) => queueMicrotask(() => hubs.host?.receive(structuredClone(message))) },
      (channel, port) => {
        opened.push(channel);
        serveConnection(port, routes({ "search.query": { verb: "call", params: z.unknown(), run: () => channel } }));
      },
    );
    const first = new EngineClient(hubs.host.open(2));
    const second = new EngineClient(hubs.host.open(3));
    await expect(first.callAny("search.query", {})).resolves.toBe(2);
    await expect(second.callAny("search.query", {})).resolves.toBe(3);
    expect(opened).toEqual([2, 3]);
    hubs.host.dispose();
    await expect(first.callAny("search.query", {})).rejects.toMatchObject({ code: "EngineCrashed" });
  });
});

function counting(count: number): Route {
  return {
    verb: "stream",
    params: z.unknown(),
    async *run() {
      for (let index = 0; index < count; index++) yield index;
    },
  };
}
