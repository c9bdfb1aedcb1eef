import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWindowServer, type WindowServer } from "../../cli/serve/window-server.ts";
import { openLibrary, type LibraryHost } from "../../engine/host/library-host.ts";
import { EngineClient, type Frame, type FramePort } from "../../engine/protocol/index.ts";

let folder = "";
let host: LibraryHost;
let server: WindowServer;
let cookie = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "longleaf-window-"));
  const pageFolder = join(folder, "page");
  mkdirSync(pageFolder);
  writeFileSync(join(pageFolder, "index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(folder, "outside.txt"), "outside");
  host = await openLibrary({ folder: join(folder, "library") });
  server = await startWindowServer(host, { port: 0, pageFolder });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

function ask(path: string, options: RequestOptions = {}, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port: server.port, path, ...options }, (response) => {
      let text = "";
      response.on("data", (bytes: Buffer) => (text += bytes.toString("utf8")));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

const origin = () => `http://127.0.0.1:${server.port}`;

describe("who may come in", () => {
  it("turns the token into a cookie, once", async () => {
    const { pathname, search } = new URL(server.address);
    const first = await ask(pathname + search);
    expect(first.status).toBe(303);
    const set = String(first.headers["set-cookie"]);
    expect(set).toContain("HttpOnly");
    expect(set).toContain("SameSite=Strict");
    cookie = set.split(";")[0];
    const replayed = await ask(pathname + search);
    expect(replayed.status).toBe(403);
    expect(replayed.headers["set-cookie"]).toBeUndefined();
  });

  it("gives the page to its visitor, and to nobody else", async () => {
    expect((await ask("/")).status).toBe(401);
    expect((await ask("/", { headers: { cookie: "longleaf=guess" } })).status).toBe(401);
    const page = await ask("/", { headers: { cookie } });
    expect(page.status).toBe(200);
    expect(page.body).toContain("<title>page</title>");
  });

  it("refuses a rebound name", async () => {
    const reply = await ask("/", { headers: { cookie, host: "evil.example" } });
    expect(reply.status).toBe(421);
    expect(reply.body).not.toContain("<title>");
  });

  it("refuses a foreign origin on reads, on uploads and on sockets", async () => {
    const headers = { cookie, origin: "http://evil.example" };
    expect((await ask("/", { headers })).status).toBe(403);
    expect((await ask("/upload?name=a.txt", { method: "POST", headers }, "text")).status).toBe(403);
    expect((await ask("/upload?name=a.txt", { method: "POST", headers: { cookie } }, "text")).status).toBe(403);
    await expect(socket({ cookie, origin: "http://evil.example" })).rejects.toThrow("403");
    await expect(socket({ cookie })).rejects.toThrow("403");
    await expect(socket({ origin: origin() })).rejects.toThrow("401");
    await expect(socket({ cookie, origin: origin(), host: "evil.example" })).rejects.toThrow("421");
    await expect(socket({ cookie, origin: origin(), "sec-fetch-site": "cross-site" })).rejects.toThrow("403");
  });

  it("sends the headers that keep a page to itself", async () => {
    const { headers } = await ask("/", { headers: { cookie } });
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["content-security-policy"]).toContain(`connect-src 'self' ws://127.0.0.1:${server.port}`);
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });

  it("serves built files only", async () => {
    for (const path of ["/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt", "/etc/passwd"])
      expect((await ask(path, { headers: { cookie } })).status).toBe(404);
  });
});

describe("what a page may ask", () => {
  it("answers calls over the socket", async () => {
    const client = new EngineClient(await socket({ cookie, origin: origin() }));
    await expect(client.call("document.list", {})).resolves.toEqual([]);
    client.close();
  });

  it("refuses a page that names a path", async () => {
    const client = new EngineClient(await socket({ cookie, origin: origin() }));
    const job = await client.call("document.import", { grant: "/etc/passwd" });
    let failed: unknown;
    for await (const state of client.stream("job.watch", { jobId: job.id })) failed = state.error ?? failed;
    expect(failed).toMatchObject({ code: "Forbidden" });
    client.close();
  });

  it("keeps the host's own methods from a page", async () => {
    const client = new EngineClient(await socket({ cookie, origin: origin() }));
    await expect(client.callAny("host.sourceOf", { documentId: "x" })).rejects.toMatchObject({
      code: "InvalidRequest",
    });
    await expect(client.callAny("host.parse", { grant: "x", jobId: "y" })).rejects.toMatchObject({
      code: "InvalidRequest",
    });
    client.close();
  });

  it("takes an upload as a grant, by its name, not its path", async () => {
    const headers = { cookie, origin: origin() };
    const reply = await ask(
      `/upload?name=${encodeURIComponent("../../../evil.txt")}`,
      { method: "POST", headers },
      "An uploaded text.",
    );
    expect(reply.status).toBe(200);
    const { grant, name } = JSON.parse(reply.body) as { grant: string; name: string };
    expect(name).toBe("evil.txt");
    const client = new EngineClient(await socket(headers));
    const job = await client.call("document.import", { grant, read: false });
    let result: unknown;
    for await (const state of client.stream("job.watch", { jobId: job.id })) result = state.result ?? state.error;
    expect(result).toMatchObject({ chunks: 1 });
    const [document] = await client.call("document.list", {});
    const source = await ask(`/document/${document.id}/source`, { headers: { cookie, range: "bytes=3-10" } });
    expect(source.status).toBe(206);
    expect(source.body).toBe("uploaded");
    expect(source.headers["content-security-policy"]).toContain("sandbox");
    client.close();
  });

  it("keeps a folder's files inside the folder", async () => {
    const headers = { cookie, origin: origin() };
    const part = (path: string) =>
      ask(`/upload?name=notes&folder=folder-0001&path=${encodeURIComponent(path)}`, { method: "POST", headers }, "x");
    expect((await part("a/b.txt")).status).toBe(200);
    expect((await part("../../escape.txt")).status).toBe(400);
    const done = await ask("/upload/folder-0001/done", { method: "POST", headers });
    expect(JSON.parse(done.body)).toMatchObject({ name: "notes" });
  });
});

function socket(headers: Record<string, string>): Promise<FramePort> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${server.port}/engine`, { headers });
    webSocket.once("unexpected-response", (_request, response) => reject(new Error(String(response.statusCode))));
    webSocket.once("error", reject);
    webSocket.once("open", () =>
      resolve({
        send: (frame: Frame) => webSocket.send(JSON.stringify(frame)),
        onFrame: (listener) =>
          void webSocket.on("message", (bytes: Buffer) => listener(JSON.parse(bytes.toString("utf8")))),
        onClose: (listener) => void webSocket.on("close", listener),
        close: () => webSocket.close(),
      }),
    );
  });
}
