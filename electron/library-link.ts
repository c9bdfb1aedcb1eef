/**
 * The app's hold on its library: opened once; opened anew when the process that owned it, and let us in, has gone.
 * Knows nothing about windows. Restarting a crashed engine is the host's own business.
 */
import type { LibraryHost } from "../engine/host/library-host.ts";
import type { DocumentId, FramePort } from "../engine/protocol/index.ts";

export class LibraryLink {
  readonly #open: () => Promise<LibraryHost>;
  #host: Promise<LibraryHost> | null = null;

  constructor(open: () => Promise<LibraryHost>) {
    this.#open = open;
  }

  /** Errors: those of openLibrary; the next call tries again. */
  host(): Promise<LibraryHost> {
    this.#host ??= this.#open().catch((error: unknown) => {
      this.#host = null;
      throw error;
    });
    return this.#host;
  }

  /** A new connection to the engine, which is started when needed. Errors: `EngineCrashed`. */
  async connect(): Promise<FramePort> {
    const host = await this.host();
    try {
      return await host.connect();
    } catch (error) {
      if (host.isOwner) throw error;
      await host.close();
      this.#host = null;
      return await (await this.host()).connect();
    }
  }

  async grant(path: string): Promise<{ readonly grant: string; readonly name: string }> {
    return await (await this.host()).grant(path);
  }

  async sourcePath(documentId: DocumentId): Promise<string | null> {
    return await (await this.host()).sourcePath(documentId);
  }

  async close(): Promise<void> {
    const host = await this.#host?.catch(() => null); // what never opened needs no closing
    await host?.close();
  }
}
