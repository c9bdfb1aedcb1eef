/**
 * The one supervisor that Electron main, the command line and the browser-window host share.
 * The first process to open a library owns it (lock, engine, parsers, socket); later ones attach to the owner.
 * Keeps no document text and no feature logic.
 */
import { chmodSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import {
  EngineClient,
  EngineError,
  reviveError,
  toEnvelope,
  type DocumentId,
  type ErrorEnvelope,
  type FramePort,
} from "../protocol/index.ts";
import { hostRoutes } from "../rpc/routes.ts";
import { serveConnection } from "../rpc/server.ts";
import { EngineProcess, type EngineState } from "./engine-process.ts";
import { Grants } from "./grants.ts";
import { openLayout, programRoot, type LibraryLayout } from "./layout.ts";
import { takeLock, type LibraryLock } from "./library-lock.ts";
import { LinePort, type ControlReply, type ControlRequest } from "./line-port.ts";
import { Parsers } from "./parsers.ts";
import { SourceCheck, type SourceOfDocument } from "./source-check.ts";

export interface HostOptions {
  readonly folder: string;
  readonly modelFolder?: string;
  readonly provider?: "cpu" | "webgpu";
  readonly onState?: (state: EngineState) => void;
}

/** A library within reach of this process. */
export interface LibraryHost {
  readonly isOwner: boolean;
  readonly layout: LibraryLayout;
  /** A connection to the engine for one client. */
  connect(): Promise<FramePort>;
  /** Turns a path that a person chose into a token. */
  grant(path: string): Promise<{ readonly grant: string; readonly name: string }>;
  /** Path of a document's source file; null when it has moved, was deleted, or is not what was read any more. */
  sourcePath(documentId: DocumentId): Promise<string | null>;
  close(): Promise<void>;
}

export const starterModelFolder = join(programRoot, "assets/models/starter");

/** Errors: `StoreBusy` when another process owns the library but does not answer; those of the engine's start. */
export async function openLibrary(options: HostOptions): Promise<LibraryHost> {
  const layout = openLayout(options.folder);
  for (let attempt = 0; ; attempt++) {
    const lock = takeLock(layout.lockFile);
    if (lock) return await OwningHost.open(layout, lock, options);
    const socket = await dial(layout.socket);
    if (socket) return new AttachedHost(layout, socket);
    if (attempt === 20)
      throw new EngineError("StoreBusy", `another Longleaf has the library at ${layout.root} and does not answer`, {
        hint: "Close the other Longleaf, then try again.",
      });
    await new Promise((resolve) => setTimeout(resolve, 150)); // the owner is starting or leaving
  }
}

class OwningHost implements LibraryHost {
  readonly isOwner = true;
  readonly layout: LibraryLayout;
  readonly #lock: LibraryLock;
  readonly #grants: Grants;
  readonly #parsers: Parsers;
  readonly #engine: EngineProcess;
  readonly #sources = new SourceCheck();
  #own: EngineClient | null = null;
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();

  private constructor(layout: LibraryLayout, lock: LibraryLock, options: HostOptions) {
    this.layout = layout;
    this.#lock = lock;
    this.#grants = new Grants(layout.grantsFile);
    this.#parsers = new Parsers(layout);
    this.#engine = new EngineProcess({
      layout,
      modelFolder: options.modelFolder ?? starterModelFolder,
      provider: options.provider ?? "cpu",
      serveHost: (port) => this.#serveEngine(port),
      onState: (state) => {
        if (state !== "ready") this.#own = null;
        options.onState?.(state);
      },
    });
  }

  static async open(layout: LibraryLayout, lock: LibraryLock, options: HostOptions): Promise<LibraryHost> {
    const host = new OwningHost(layout, lock, options);
    try {
      await host.#engine.start();
      await host.#listen();
      return host;
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  /** Process id of the engine, for tests that kill it. */
  get enginePid(): number | undefined {
    return this.#engine.pid;
  }

  connect(): Promise<FramePort> {
    return this.#engine.connect();
  }

  grant(path: string): Promise<{ grant: string; name: string }> {
    const { token, name } = this.#grants.add(path);
    return Promise.resolve({ grant: token, name });
  }

  async sourcePath(documentId: DocumentId): Promise<string | null> {
    const client = await this.#client();
    const source = (await client.callAny("host.sourceOf", { documentId })) as SourceOfDocument;
    const { path } = this.#grants.resolve(source.grant);
    return (await this.#sources.isUnchanged(path, source)) ? path : null;
  }

  async close(): Promise<void> {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#parsers.dispose();
    await this.#engine.close();
    if (process.platform !== "win32") rmSync(this.layout.socket, { force: true });
    this.#lock.release();
  }

  async #client(): Promise<EngineClient> {
    this.#own ??= new EngineClient(await this.#engine.connectAsHost());
    return this.#own;
  }

  #serveEngine(port: FramePort): void {
    serveConnection(
      port,
      hostRoutes({
        "host.parse": async ({ grant, jobId, password, known }, { signal }) => {
          const source = this.#grants.resolve(grant);
          const client = await this.#client();
          const file = await this.#parsers.parse(
            {
              jobId,
              source: source.path,
              ...(password === undefined ? {} : { password }),
              ...(known === undefined ? {} : { known }),
            },
            ({ done, total, unit }) =>
              void client.callAny("host.parseProgress", { jobId, done, total, unit }).catch(() => {}), // the job may have ended
            signal,
          );
          return { file, sourceName: source.name, grant: source.token };
        },
      }),
    );
  }

  async #listen(): Promise<void> {
    if (process.platform !== "win32") rmSync(this.layout.socket, { force: true });
    const server = createServer((socket) => void this.#welcome(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.layout.socket, () => resolve());
    });
    if (process.platform !== "win32") chmodSync(this.layout.socket, 0o600);
    server.unref();
  }

  async #welcome(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    const outer = new LinePort(socket);
    outer.onControl = (request) => void this.#control(outer, request);
    try {
      relay(outer, await this.connect());
    } catch {
      outer.close(); // no engine: the other side sees its connection end
    }
  }

  async #control(port: LinePort, request: ControlRequest): Promise<void> {
    try {
      const value =
        request.ask === "grant" ? await this.grant(request.value) : await this.sourcePath(request.value as DocumentId);
      port.reply({ id: request.id, value });
    } catch (error) {
      port.reply({ id: request.id, error: toEnvelope(error) });
    }
  }
}

/** Joins two ports: frames go across unread. */
export function relay(left: FramePort, right: FramePort): void {
  left.onFrame((frame) => right.send(frame as Parameters<FramePort["send"]>[0]));
  right.onFrame((frame) => left.send(frame as Parameters<FramePort["send"]>[0]));
  left.onClose(() => right.close());
  right.onClose(() => left.close());
}

class AttachedHost implements LibraryHost {
  readonly isOwner = false;
  readonly layout: LibraryLayout;
  readonly #control: LinePort;
  readonly #asked = new Map<number, (reply: ControlReply) => void>();
  readonly #ports = new Set<LinePort>();
  #nextId = 1;

  constructor(layout: LibraryLayout, socket: Socket) {
    this.layout = layout;
    this.#control = new LinePort(socket);
    this.#control.onReply = (reply) => {
      this.#asked.get(reply.id)?.(reply);
      this.#asked.delete(reply.id);
    };
    this.#control.onClose(() => this.#ownerGone());
  }

  async connect(): Promise<FramePort> {
    const socket = await dial(this.layout.socket);
    if (!socket) throw new EngineError("EngineCrashed", "the owner of this library has gone", { hint: "Try again." });
    const port = new LinePort(socket);
    this.#ports.add(port);
    return port;
  }
  grant(path: string): Promise<{ grant: string; name: string }> {
    return this.#ask("grant", path) as Promise<{ grant: string; name: string }>;
  }
  sourcePath(documentId: DocumentId): Promise<string | null> {
    return this.#ask("source", documentId) as Promise<string | null>;
  }
  close(): Promise<void> {
    for (const port of this.#ports) port.close();
    this.#control.close();
    return Promise.resolve();
  }

  #ownerGone(): void {
    const error = toEnvelope(
      new EngineError("EngineCrashed", "the owner of this library has gone", { hint: "Try again." }),
    );
    for (const [id, settle] of this.#asked) settle({ id, error });
    this.#asked.clear();
  }

  #ask(ask: ControlRequest["ask"], value: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#asked.set(id, (reply) =>
        reply.error ? reject(reviveError(reply.error as ErrorEnvelope)) : resolve(reply.value),
      );
      this.#control.control({ id, ask, value });
    });
  }
}

/** A connection to the owner's socket, or null when nobody listens. */
function dial(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(null));
  });
}
