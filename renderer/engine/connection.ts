/**
 * Keeps one EngineClient alive: connects, and when the engine is gone connects again with back-off.
 * Owns the connection's state, which hooks and the banner read. Knows nothing about methods.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import { EngineError } from "../../engine/protocol/errors.ts";
import type { FramePort } from "../../engine/protocol/frames.ts";
import { EngineClient } from "../../engine/protocol/client.ts";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

export interface ConnectionState {
  readonly status: "connecting" | "ready" | "lost" | "refused";
  /** The client of the present connection; null until the hello is answered. */
  readonly client: EngineClient | null;
  /** Connections made so far: above 1, the engine was started again. */
  readonly epoch: number;
  /** The person has seen the banner of this epoch. */
  readonly seenEpoch: number;
  readonly error: EngineError | null;
}

export interface Connection {
  readonly store: StoreApi<ConnectionState>;
  /** The person closed the banner. */
  readonly dismiss: () => void;
  readonly close: () => void;
}

/** Connects at once. `open` makes a new port for every attempt; `wait` is the clock, replaceable in tests. */
export function connect(
  open: () => Promise<FramePort>,
  wait: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Connection {
  const store = createStore<ConnectionState>(() => ({
    status: "connecting",
    client: null,
    epoch: 0,
    seenEpoch: 1,
    error: null,
  }));
  let isClosed = false;
  const run = async (): Promise<void> => {
    let waitMs = FIRST_WAIT_MS;
    while (!isClosed) {
      const lived = await oneConnection(open, store);
      if (isClosed || store.getState().status === "refused") return;
      waitMs = lived ? FIRST_WAIT_MS : Math.min(waitMs * 2, LONGEST_WAIT_MS);
      await wait(waitMs);
    }
  };
  // `run` handles its own failures: each is a state of the store.
  void run();
  return {
    store,
    dismiss: () => store.setState((state) => ({ seenEpoch: state.epoch })),
    close: () => {
      isClosed = true;
      store.getState().client?.close();
    },
  };
}

/** One connection from its first byte to its end. Returns whether it got as far as the hello. */
async function oneConnection(open: () => Promise<FramePort>, store: StoreApi<ConnectionState>): Promise<boolean> {
  try {
    const port = await open();
    const gone = new Promise<void>((resolve) => port.onClose(resolve));
    const client = new EngineClient(port);
    await client.ready;
    store.setState((state) => ({ status: "ready", client, epoch: state.epoch + 1, error: null }));
    await gone;
    store.setState({ status: "lost", client: null });
    return true;
  } catch (error) {
    const known = error instanceof EngineError ? error : new EngineError("EngineCrashed", String(error));
    const status = known.code === "VersionMismatch" ? "refused" : "lost";
    store.setState({ status, client: null, error: known });
    return false;
  }
}
