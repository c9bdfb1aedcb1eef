/**
 * What every host of the window says the same way: the built page's files, the headers that keep the page to itself, and
 * which bytes of a document's own file were asked for. Knows nothing about HTTP servers or Electron.
 */
import { readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { EngineError } from "../protocol/index.ts";

const types: Readonly<Record<string, string>> = {
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

export function contentType(path: string): string {
  return types[extname(path).toLowerCase()] ?? "application/octet-stream";
}

/** `engine`: where beside its own origin the page may connect ("ws://…"); empty when the engine is reached by a port. */
export function pageHeaders(engine = ""): Readonly<Record<string, string>> {
  return {
    "Content-Security-Policy": [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' blob: data:",
      "font-src 'self' data:",
      `connect-src 'self'${engine && ` ${engine}`}`,
      "worker-src 'self' blob:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
  };
}

/** Of a document's own file: never rendered as a page of ours, whatever it contains. */
export function sourceHeaders(path: string): Readonly<Record<string, string>> {
  return {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Disposition": extname(path).toLowerCase() === ".pdf" ? "inline" : "attachment",
    "Content-Type": contentType(path),
    "Accept-Ranges": "bytes",
  };
}

/** The document that an address path names, or null. */
export function sourceAddress(pathname: string): string | null {
  return /^\/document\/([\w-]{1,80})\/source$/.exec(pathname)?.[1] ?? null;
}

/** One `bytes=` range (pdf.js asks for one at a time), both ends included; null when none, or none that we know, is asked. */
export function byteRange(
  header: string | null | undefined,
  size: number,
): { readonly start: number; readonly end: number } | "beyond" | null {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!asked || (asked[1] === "" && asked[2] === "")) return null;
  const start = asked[1] === "" ? Math.max(0, size - Number(asked[2])) : Number(asked[1]);
  const end = asked[1] === "" || asked[2] === "" ? size - 1 : Math.min(size - 1, Number(asked[2]));
  return start > end || start >= size ? "beyond" : { start, end };
}

/** Address path > file, listed once: a request can only name what was built. Errors: `NotFound` when it was not built. */
export function listPage(folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  try {
    listInto(files, folder, "/");
  } catch (error) {
    throw new EngineError("NotFound", `the window is not built (${folder})`, {
      cause: error,
      hint: "Run `npm run build`, or `npm start`, which builds it.",
    });
  }
  const index = files.get("/index.html");
  if (index !== undefined) files.set("/", index);
  return files;
}

/** By hand: not every archive-aware `readdir` of Electron knows `recursive`. */
function listInto(files: Map<string, string>, folder: string, prefix: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) listInto(files, path, `${prefix}${entry.name}/`);
    else if (entry.isFile()) files.set(`${prefix}${entry.name}`, path);
  }
}
