/**
 * The engine's life: stopped > starting > ready > crashed, started again with back-off.
 * Owns the child process and its channels. Knows nothing about documents; relays frames unread.
 */
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { ChannelHub, type ChannelMessage } from "../rpc/channels.ts";
import { EngineError, type FramePort } from "../protocol/index.ts";
import { engineNode, programRoot, readerFolder, type LibraryLayout } from "./layout.ts";

const FIRST_BACK_OFF_MS = 250;
const LONGEST_BACK_OFF_MS = 10_000;
/** An engine that lived this long ends a row of crashes. */
const STEADY_MS = 30_000;
const START_TIMEOUT_MS = 30_000;

export type EngineState = "stopped" | "starting" | "ready" | "crashed";

export interface EngineOptions {
  readonly layout: LibraryLayout;
  readonly modelFolder: string;
  readonly provider: "cpu" | "webgpu";
  /** Answers what the engine asks of its host, anew for every engine process. */
  readonly serveHost: (port: FramePort) => void;
  readonly onState?: (state: EngineState) => void;
}

/** Node flags of the wall (architecture.md section 2): no user files, no sockets, no children. */
export function engineFlags(layout: Pick<LibraryLayout, "store" | "incoming">, modelFolder: string): string[] {
  return [
    "--permission",
    "--allow-addons",
    "--allow-worker",
    `--allow-fs-read=${programRoot}`,
    `--allow-fs-read=${modelFolder}`,
    `--allow-fs-read=${layout.store}`,
    `--allow-fs-read=${layout.incoming}`,
    `--allow-fs-write=${layout.store}`,
    `--allow-fs-write=${layout.incoming}`,
    "--disable-warning=ExperimentalWarning",
    "--disable-warning=SecurityWarning",
  ];
}

export class EngineProcess {
  readonly #options: EngineOptions;
  #state: EngineState = "stopped";
  #child: ChildProcess | null = null;
  #hub: ChannelHub | null = null;
  #ready: Promise<ChannelHub> | null = null;
  #nextChannel = 2;
  #crashes = 0;
  #closing = false;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  get state(): EngineState {
    return this.#state;
  }
  /** Process id of the running engine, for tests and `doctor`. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** A new connection to the engine; starts it when needed. Errors: `EngineCrashed` when it does not come up. */
  async connect(): Promise<FramePort> {
    const hub = await this.start();
    return hub.open(this.#nextChannel++);
  }

  /** The host's own connection: the only one on which host-only methods answer. */
  async connectAsHost(): Promise<FramePort> {
    return (await this.start()).open(0);
  }

  start(): Promise<ChannelHub> {
    this.#ready ??= this.#spawn();
    return this.#ready;
  }

  async close(): Promise<void> {
    this.#closing = true;
    const child = this.#child;
    if (!child) return;
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => child.kill("SIGKILL"), 5_000);
      child.once("exit", () => (clearTimeout(force), resolve())); // after our disconnect there is no "close"
      if (child.connected) child.disconnect(); // the engine finishes its unit in flight and ends
      else child.kill("SIGTERM");
    });
  }

  #spawn(): Promise<ChannelHub> {
    this.#setState("starting");
    const { layout, modelFolder, provider } = this.#options;
    const child = fork(
      join(programRoot, "engine/main.ts"),
      [
        JSON.stringify({
          store: layout.store,
          incoming: layout.incoming,
          modelFolder,
          readerFolder,
          provider,
        }),
      ],
      {
        execPath: engineNode(),
        execArgv: engineFlags(layout, modelFolder),
        env: engineEnvironment(layout),
        serialization: "json", // Electron's V8 writes structured clones that Node's cannot read
        stdio: ["ignore", "ignore", process.env["LONGLEAF_ENGINE_LOG"] ? "inherit" : "pipe", "ipc"],
      },
    );
    this.#child = child;
    const started = Date.now();
    const hub = new ChannelHub({ post: (message) => postTo(child, message) }, (channel, port) => {
      if (channel === 1) this.#options.serveHost(port); // the engine asks its host on channel 1
      else port.close();
    });
    this.#hub = hub;
    let complaint = "";
    child.stderr?.on("data", (bytes: Buffer) => (complaint = (complaint + bytes.toString("utf8")).slice(-4_000)));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
      child.on("message", (message: unknown) => {
        if (isReady(message)) {
          clearTimeout(timer);
          this.#setState("ready");
          resolve(hub);
        } else if (isStartError(message)) {
          clearTimeout(timer);
          this.#closing = true;
          reject(new EngineError(message.startError.code, message.startError.message, message.startError));
        } else hub.receive(message);
      });
      child.once("error", (error) => (complaint += error.message));
      child.once("exit", (code, signal) => {
        clearTimeout(timer);
        this.#ended(Date.now() - started);
        reject(
          new EngineError("EngineCrashed", `the reading engine ended (${signal ?? `exit code ${code}`})`, {
            details: { complaint: complaint.slice(-1_500) },
            hint: "Nothing is lost; start Longleaf again.",
          }),
        );
      });
    });
  }

  #ended(livedMs: number): void {
    this.#hub?.dispose();
    this.#child = null;
    this.#ready = null;
    if (this.#closing) return this.#setState("stopped");
    this.#crashes = livedMs > STEADY_MS ? 1 : this.#crashes + 1;
    this.#setState("crashed");
    const wait = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (this.#crashes - 1));
    setTimeout(() => {
      if (!this.#closing) void this.start().catch(() => {}); // the next crash schedules the next try
    }, wait).unref();
  }

  #setState(state: EngineState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}

/**
 * Nothing of the host's own. NODE_COMPILE_CACHE: stripped and compiled sources, halves the start. HOME: without it the C library asks a
 * name service (a socket) where home is.
 */
function engineEnvironment(layout: LibraryLayout): NodeJS.ProcessEnv {
  const windows = process.env["SystemRoot"] ? { SystemRoot: process.env["SystemRoot"] } : {};
  return { LANG: "C.UTF-8", HOME: layout.store, NODE_COMPILE_CACHE: join(layout.store, "code"), ...windows };
}

function postTo(child: ChildProcess, message: ChannelMessage): void {
  if (!child.connected) return;
  child.send(message, () => {}); // a closed channel shows itself as "close"
}

function isReady(message: unknown): boolean {
  return typeof message === "object" && message !== null && "ready" in message;
}

type StartError = { startError: { code: EngineError["code"]; message: string; hint: string } };
function isStartError(message: unknown): message is StartError {
  return typeof message === "object" && message !== null && "startError" in message;
}
