/**
 * Joins the contract's schemas with what answers them, so that a server needs one table.
 * The one place where a handler's parameter type meets the schema that guarantees it.
 */
import type { z } from "zod";
import { calls, hostCalls, hostOnlyCalls, streams } from "../protocol/index.ts";
import type { CallContext, CallHandlers, HostHandlers, HostOnlyHandlers, StreamHandlers } from "./handlers.ts";

export type Route =
  | { readonly verb: "call"; readonly params: z.ZodType; run(params: unknown, context: CallContext): unknown }
  | {
      readonly verb: "stream";
      readonly params: z.ZodType;
      run(params: unknown, context: CallContext): AsyncIterable<unknown>;
    };
export type Routes = ReadonlyMap<string, Route>;

/** What any client may ask; with `hostOnly`, what the host's own channel may ask beside it. */
export function engineRoutes(handlers: CallHandlers & StreamHandlers, hostOnly?: HostOnlyHandlers): Routes {
  return new Map([
    ...join("call", calls, handlers),
    ...join("stream", streams, handlers),
    ...(hostOnly ? join("call", hostOnlyCalls, hostOnly) : []),
  ]);
}

/** What the engine may ask of its host. */
export function hostRoutes(handlers: HostHandlers): Routes {
  return new Map(join("call", hostCalls, handlers));
}

function join(verb: Route["verb"], table: Record<string, { params: z.ZodType }>, handlers: object): [string, Route][] {
  return Object.entries(table).map(([method, { params }]) => {
    const run = handlers[method as keyof typeof handlers] as Route["run"];
    return [method, { verb, params, run: run.bind(handlers) } as Route];
  });
}
