/**
 * One command's way to the library: opens it (as owner or attached), gives a client, closes both.
 * Knows nothing about what the command does.
 */
import { defaultLibraryFolder } from "../engine/host/layout.ts";
import { openLibrary, type LibraryHost } from "../engine/host/library-host.ts";
import { EngineClient, EngineError, type DocumentId, type DocumentSummary } from "../engine/protocol/index.ts";

export interface GlobalOptions {
  readonly library?: string;
  readonly json?: boolean;
  readonly model?: string;
  readonly provider?: "cpu" | "webgpu";
}

export interface Session extends AsyncDisposable {
  readonly host: LibraryHost;
  readonly client: EngineClient;
  /** After the engine ended and was started again: a new client. */
  reconnect(): Promise<EngineClient>;
}

export async function openSession(options: GlobalOptions): Promise<Session> {
  const host = await openLibrary({
    folder: options.library ?? defaultLibraryFolder(),
    ...(options.model === undefined ? {} : { modelFolder: options.model }),
    ...(options.provider === undefined ? {} : { provider: options.provider }),
  });
  let client = new EngineClient(await host.connect());
  return {
    host,
    get client() {
      return client;
    },
    async reconnect() {
      client = new EngineClient(await host.connect());
      return client;
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await host.close();
    },
  };
}

/** A document by id, by the beginning of its id, or by its title. Errors: NotFound, InvalidRequest when several fit. */
export async function findDocument(client: EngineClient, name: string): Promise<DocumentSummary> {
  const all = await client.call("document.list", {});
  const exact = all.find(({ id }) => id === name);
  if (exact) return exact;
  const wanted = name.toLowerCase();
  const fits = all.filter(({ id, title }) => id.startsWith(name) || title.toLowerCase() === wanted);
  const loose = fits.length > 0 ? fits : all.filter(({ title }) => title.toLowerCase().includes(wanted));
  if (loose.length === 1) return loose[0];
  if (loose.length > 1)
    throw new EngineError("InvalidRequest", `${loose.length} documents fit "${name}"`, {
      hint: `Name one by its id: ${loose
        .slice(0, 5)
        .map(({ id, title }) => `${id} (${title})`)
        .join(", ")}`,
    });
  throw new EngineError("NotFound", `no document "${name}" in this library`, { hint: "`longleaf list` names them." });
}

/** The documents that a command is about; all of the library when none is named. */
export async function scopeOf(client: EngineClient, names: readonly string[]): Promise<DocumentId[]> {
  if (names.length === 0) return (await client.call("document.list", {})).map(({ id }) => id);
  return await Promise.all(names.map(async (name) => (await findDocument(client, name)).id));
}
