/** The built page's files, and ranges of a document's own file. Serves nothing else. */
import { createReadStream, readdirSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative } from "node:path";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".pdf": "application/pdf",
};

/** Address path > file, listed once: a request can only name what was built. */
export function listFiles(folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, path).replaceAll("\\", "/")}`, path);
  }
  const index = files.get("/index.html");
  if (index) files.set("/", index);
  return files;
}

/** Sends a file, or the asked range of it (pdf.js asks for ranges). */
export function sendFile(request: IncomingMessage, response: ServerResponse, path: string): void {
  const size = statSync(path).size;
  response.setHeader("Content-Type", types[extname(path).toLowerCase()] ?? "application/octet-stream");
  response.setHeader("Accept-Ranges", "bytes");
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
  if (!range || (range[1] === "" && range[2] === "")) {
    response.setHeader("Content-Length", size);
    response.writeHead(200);
    if (request.method === "HEAD" || size === 0) response.end();
    else createReadStream(path).pipe(response);
    return;
  }
  const start = range[1] === "" ? Math.max(0, size - Number(range[2])) : Number(range[1]);
  const end = range[1] === "" || range[2] === "" ? size - 1 : Math.min(size - 1, Number(range[2]));
  if (start > end || start >= size) {
    response.setHeader("Content-Range", `bytes */${size}`);
    response.writeHead(416).end();
    return;
  }
  response.setHeader("Content-Range", `bytes ${start}-${end}/${size}`);
  response.setHeader("Content-Length", end - start + 1);
  response.writeHead(206);
  createReadStream(path, { start, end }).pipe(response);
}
