/** A file over HTTP, or the asked range of it (pdf.js asks for ranges). Which file is its caller's business. */
import { createReadStream, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { byteRange, contentType } from "../../engine/host/page-files.ts";

export function sendFile(request: IncomingMessage, response: ServerResponse, path: string): void {
  const size = statSync(path).size;
  response.setHeader("Content-Type", contentType(path));
  response.setHeader("Accept-Ranges", "bytes");
  const range = byteRange(request.headers.range, size);
  if (range === "beyond") {
    response.setHeader("Content-Range", `bytes */${size}`);
    response.writeHead(416).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range) response.setHeader("Content-Range", `bytes ${start}-${end}/${size}`);
  response.setHeader("Content-Length", end - start + 1);
  response.writeHead(range ? 206 : 200);
  if (request.method === "HEAD" || size === 0) response.end();
  else createReadStream(path, { start, end }).pipe(response);
}
