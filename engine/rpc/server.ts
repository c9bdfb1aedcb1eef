/**
 * The answering side: one connection's requests to handlers, with schema checks, cancel, stop and credit.
 * Knows nothing about what the methods mean. Every parameter is parsed from `unknown`; errors leave as envelopes.
 */
import { z } from "zod";
import {
  APP_VERSION,
  EngineError,
  PROTOCOL_VERSION,
  frame as frameSchema,
  toEnvelope,
  versionMismatch,
  type Frame,
  type FramePort,
} from "../protocol/index.ts";
import type { CallContext } from "./handlers.ts";
import { pumpEvents, type CreditGate } from "./pump.ts";
import type { Routes } from "./routes.ts";

interface Running {
  readonly abort: AbortController;
  readonly stop: AbortController;
  readonly gate: CreditGate;
}

/** Serves one connection until it closes; then everything it asked for is cancelled (jobs are not requests, they go on). */
export function serveConnection(port: FramePort, routes: Routes): void {
  const connection = new Connection(port, routes);
  port.onFrame((raw) => connection.receive(raw));
  port.onClose(() => connection.dispose());
}

class Connection {
  readonly #port: FramePort;
  readonly #routes: Routes;
  readonly #running = new Map<number, Running>();
  #greeted = false;

  constructor(port: FramePort, routes: Routes) {
    this.#port = port;
    this.#routes = routes;
    port.send({ kind: "hello", protocol: PROTOCOL_VERSION, build: APP_VERSION });
  }

  receive(raw: unknown): void {
    const parsed = frameSchema.safeParse(raw);
    if (!parsed.success) {
      const id = requestIdOf(raw);
      if (id !== null) this.#fail(id, new EngineError("InvalidRequest", z.prettifyError(parsed.error)));
      return;
    }
    const frame = parsed.data;
    if (frame.kind === "hello") {
      if (frame.protocol !== PROTOCOL_VERSION) {
        this.#fail(0, versionMismatch(frame.protocol, frame.build));
        this.#port.close();
      }
      this.#greeted = true;
    } else if (frame.kind === "request") void this.#serve(frame); // settles itself: every outcome becomes a frame
    else if (frame.kind === "cancel") this.#running.get(frame.id)?.abort.abort();
    else if (frame.kind === "stop") this.#running.get(frame.id)?.stop.abort();
    else if (frame.kind === "credit") this.#running.get(frame.id)?.gate.add(frame.count);
  }

  dispose(): void {
    for (const running of this.#running.values()) running.abort.abort();
    this.#running.clear();
  }

  async #serve(request: Extract<Frame, { kind: "request" }>): Promise<void> {
    const { id, method } = request;
    const running: Running = {
      abort: new AbortController(),
      stop: new AbortController(),
      gate: pumpEvents.gate(request.credit ?? 0),
    };
    try {
      if (!this.#greeted) throw new EngineError("InvalidRequest", "the first frame must be hello");
      if (this.#running.has(id)) throw new EngineError("InvalidRequest", `request id ${id} is in use`);
      this.#running.set(id, running);
      const context: CallContext = { signal: running.abort.signal, stop: running.stop.signal };
      const route = this.#routes.get(method);
      if (!route) throw new EngineError("InvalidRequest", `no method ${method.slice(0, 60)} on this connection`);
      const params = parseParams(route.params, request.params);
      if (route.verb === "stream") await this.#stream(id, route.run(params, context), context, running);
      else this.#port.send({ kind: "result", id, value: await route.run(params, context) });
    } catch (error) {
      this.#fail(id, error);
    } finally {
      this.#running.delete(id);
    }
  }

  async #stream(id: number, events: AsyncIterable<unknown>, context: CallContext, running: Running): Promise<void> {
    let seq = 0;
    await pumpEvents(events, running.gate, context.signal, (values) =>
      this.#port.send({ kind: "events", id, seq: seq++, values }),
    );
    if (context.signal.aborted) throw new EngineError("Cancelled", "cancelled");
    this.#port.send({ kind: "end", id });
  }

  #fail(id: number, error: unknown): void {
    const envelope = toEnvelope(error);
    if (envelope.code === "Internal" && error instanceof Error) console.error(error.stack);
    this.#port.send({ kind: "error", id, error: envelope });
  }
}

function parseParams(schema: z.ZodType, params: unknown): unknown {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  throw new EngineError("InvalidRequest", z.prettifyError(parsed.error), { hint: "Check what was asked for." });
}

function requestIdOf(raw: unknown): number | null {
  if (typeof raw !== "object" || raw === null || !("id" in raw)) return null;
  return typeof raw.id === "number" && Number.isInteger(raw.id) && raw.id >= 0 ? raw.id : null;
}
