/** A tiny static server for the test page, with the policy of the real host; it also gives the book's PDF. Node only. */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { extname, join, normalize } from "node:path";
import { scriptedPdf } from "./scripted-pdf.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self' ws:; worker-src 'self' blob:";

export async function servePage(
  folder: string,
  port = 0,
): Promise<{ readonly address: string; readonly server: Server }> {
  const pdf = await scriptedPdf();
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    response.setHeader("Content-Security-Policy", POLICY);
    if (path === "/document/half/source") return void response.writeHead(404).end();
    if (path.startsWith("/document/")) {
      response.setHeader("Content-Type", "application/pdf");
      response.setHeader("Content-Length", pdf.byteLength);
      return void response.end(pdf);
    }
    readFile(join(folder, path === "/" ? "index.html" : path)).then(
      (bytes) =>
        response
          .setHeader(
            "Content-Type",
            TYPES[extname(path === "/" ? ".html" : path)] ?? TYPES[extname(path)] ?? "text/html",
          )
          .end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the test server has no address");
  return { address: `http://127.0.0.1:${address.port}`, server };
}
