/**
 * The browser-window host: the built page, one WebSocket to the engine, uploads, and the opened documents' own bytes.
 * On 127.0.0.1 only. Knows nothing about features; a page never names a path.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { statSync } from "node:fs";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import { programRoot } from "../../engine/host/layout.ts";
import { listPage, pageHeaders, sourceAddress, sourceHeaders } from "../../engine/host/page-files.ts";
import { relay, type LibraryHost } from "../../engine/host/library-host.ts";
import { MAX_FRAME_BYTES, toEnvelope, type DocumentId } from "../../engine/protocol/index.ts";
import { sendFile } from "./send-file.ts";
import { SocketPort } from "./socket-port.ts";
import { Uploads } from "./uploads.ts";
import { VisitorCheck } from "./visitor-check.ts";

export interface WindowServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

/** Errors: `NotFound` when the page was not built. */
export async function startWindowServer(
  host: LibraryHost,
  options: { readonly port: number; readonly pageFolder?: string },
): Promise<WindowServer> {
  const pageFolder = options.pageFolder ?? join(programRoot, "dist/renderer");
  const files = listPage(pageFolder);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const check = new VisitorCheck(port);
  const uploads = new Uploads(host);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
  server.on("request", (request, response) => void answer({ host, files, check, uploads, port }, request, response));
  server.on("upgrade", (request, socket, head) => void welcome(host, check, sockets, request, socket, head));
  return {
    address: check.address,
    port,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate();
      await close(server);
    },
  };
}

interface Desk {
  readonly host: LibraryHost;
  readonly files: ReadonlyMap<string, string>;
  readonly check: VisitorCheck;
  readonly uploads: Uploads;
  readonly port: number;
}

async function answer(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  for (const [name, value] of Object.entries(pageHeaders(`ws://${request.headers.host ?? ""}`)))
    response.setHeader(name, value);
  const host = desk.check.host(request);
  if (!host.ok) return refuse(response, host.status, host.why);
  const token = url.searchParams.get("token");
  if (url.pathname === "/" && token !== null) return admit(desk.check, request, response, token);
  const verdict = desk.check.visitor(request, request.method !== "GET" && request.method !== "HEAD");
  if (!verdict.ok) return refuse(response, verdict.status, verdict.why);
  try {
    if (request.method === "POST" && url.pathname.startsWith("/upload"))
      await upload(desk.uploads, request, response, url);
    else if (request.method !== "GET" && request.method !== "HEAD") refuse(response, 405, "Not here.");
    else if (url.pathname.startsWith("/document/")) await source(desk.host, request, response, url);
    else {
      const file = desk.files.get(decodeURIComponent(url.pathname));
      if (file) sendFile(request, response, file);
      else refuse(response, 404, "Nothing here.");
    }
  } catch (error) {
    const envelope = toEnvelope(error);
    if (response.headersSent) return void response.destroy();
    response.writeHead(envelope.code === "DiskFull" ? 507 : envelope.code === "NotFound" ? 404 : 400, {
      "Content-Type": "application/json",
    });
    response.end(JSON.stringify({ error: envelope }));
  }
}

/** Token for cookie. Someone who has the cookie may come back with the old address. */
function admit(check: VisitorCheck, request: IncomingMessage, response: ServerResponse, token: string): void {
  if (check.redeem(token)) response.setHeader("Set-Cookie", check.cookie);
  else if (!check.knows(request))
    return refuse(response, 403, "This address was used already. Start Longleaf again for a new one.");
  response.writeHead(303, { Location: "/" }).end();
}

async function upload(uploads: Uploads, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const name = url.searchParams.get("name") ?? "";
  const folder = url.searchParams.get("folder");
  const done = /^\/upload\/([\w-]+)\/done$/.exec(url.pathname);
  let reply: unknown;
  if (done) reply = await uploads.finish(done[1]);
  else if (folder !== null) reply = (await uploads.part(request, folder, name, url.searchParams.get("path") ?? ""), {});
  else if (url.pathname === "/upload") reply = await uploads.file(request, name);
  else return refuse(response, 404, "Nothing here.");
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(reply));
}

async function source(host: LibraryHost, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const id = sourceAddress(url.pathname);
  const path = id === null ? null : await host.sourcePath(id as DocumentId);
  if (path === null || !statSync(path).isFile()) return refuse(response, 404, "The file has moved.");
  for (const [name, value] of Object.entries(sourceHeaders(path))) response.setHeader(name, value);
  sendFile(request, response, path);
}

async function welcome(
  host: LibraryHost,
  check: VisitorCheck,
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const verdict = check.visitor(request, true);
  if (!verdict.ok || new URL(request.url ?? "/", "http://127.0.0.1").pathname !== "/engine") {
    socket.end(`HTTP/1.1 ${verdict.ok ? 404 : verdict.status} Refused\r\nConnection: close\r\n\r\n`);
    return;
  }
  try {
    const engine = await host.connect();
    sockets.handleUpgrade(request, socket, head, (webSocket) => relay(new SocketPort(webSocket), engine));
  } catch {
    socket.end("HTTP/1.1 503 Starting\r\nConnection: close\r\n\r\n"); // the page tries again
  }
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(why);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
