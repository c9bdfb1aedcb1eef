/**
 * The shape of what answers the contract. Features implement these; the server calls them.
 */
import type {
  CallName,
  CallResult,
  Calls,
  HostCallName,
  HostOnlyCallName,
  StreamEvent,
  StreamName,
  Streams,
  hostCalls,
  hostOnlyCalls,
} from "../protocol/index.ts";
import type { z } from "zod";

/** What a handler is told beside its parameters. `signal`: throw the work away; `stop`: finish with what there is. */
export interface CallContext {
  readonly signal: AbortSignal;
  readonly stop: AbortSignal;
}

export type CallHandlers = {
  readonly [M in CallName]: (
    params: z.output<Calls[M]["params"]>,
    context: CallContext,
  ) => CallResult<M> | Promise<CallResult<M>>;
};

export type StreamHandlers = {
  readonly [M in StreamName]: (
    params: z.output<Streams[M]["params"]>,
    context: CallContext,
  ) => AsyncIterable<StreamEvent<M>>;
};

export type HostOnlyHandlers = {
  readonly [M in HostOnlyCallName]: (
    params: z.output<(typeof hostOnlyCalls)[M]["params"]>,
    context: CallContext,
  ) => z.output<(typeof hostOnlyCalls)[M]["result"]> | Promise<z.output<(typeof hostOnlyCalls)[M]["result"]>>;
};

export type HostHandlers = {
  readonly [M in HostCallName]: (
    params: z.output<(typeof hostCalls)[M]["params"]>,
    context: CallContext,
  ) => z.output<(typeof hostCalls)[M]["result"]> | Promise<z.output<(typeof hostCalls)[M]["result"]>>;
};
