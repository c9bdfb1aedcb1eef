/**
 * Answers the window's own addresses: the built page's files, and ranges of an opened document's own file.
 * Serves nothing else; an address never names a path. Knows nothing of Electron: Request in, Response out.
 */
import { open, readFile, stat } from "node:fs/promises";
import {
  byteRange,
  contentType,
  listPage,
  pageHeaders,
  sourceAddress,
  sourceHeaders,
} from "../engine/host/page-files.ts";
import { EngineError, toEnvelope, type DocumentId } from "../engine/protocol/index.ts";
import { isOwnOrigin } from "./app-address.ts";

const STREAM_CHUNK_BYTES = 256 * 1024;

/** The page reaches its own origin only; the engine is reached through a port, which no policy sees. */
const safetyHeaders = pageHeaders();

export interface Served {
  /** Folder of the built page; may lie in the app's archive. */
  readonly pageFolder: string;
  /** Path of a document's source; null when it has moved. */
  readonly sourcePath: (documentId: DocumentId) => Promise<string | null>;
}

/** Errors: `NotFound` when the page was not built. The answerer itself never rejects. */
export function answerer({ pageFolder, sourcePath }: Served): (request: Request) => Promise<Response> {
  const files = listPage(pageFolder);
  return async (request) => {
    try {
      const url = new URL(request.url);
      if (!isOwnOrigin(url)) return refuse(404, "Nothing here.");
      if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, "Not here.");
      const document = sourceAddress(url.pathname);
      if (document !== null) return await answerSource(request, await sourcePath(document as DocumentId));
      const file = files.get(url.pathname);
      return file === undefined ? refuse(404, "Nothing here.") : await answerPage(file);
    } catch (error) {
      const { code, message } = toEnvelope(error);
      return refuse(code === "NotFound" ? 404 : 500, message);
    }
  };
}

/** Page files are small and may lie in the archive, where reading whole files is what Electron supports best. */
async function answerPage(path: string): Promise<Response> {
  return new Response(await readFile(path), {
    status: 200,
    headers: { ...safetyHeaders, "Content-Type": contentType(path) },
  });
}

async function answerSource(request: Request, path: string | null): Promise<Response> {
  const found = path === null ? null : await stat(path).catch(() => null); // it may have gone just now
  if (path === null || !found?.isFile()) return refuse(404, "The file has moved.");
  const headers = new Headers({ ...safetyHeaders, ...sourceHeaders(path) });
  const range = byteRange(request.headers.get("range"), found.size);
  if (range === "beyond") {
    headers.set("Content-Range", `bytes */${found.size}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = range ?? { start: 0, end: found.size - 1 };
  if (range) headers.set("Content-Range", `bytes ${start}-${end}/${found.size}`);
  headers.set("Content-Length", String(end - start + 1));
  const body = request.method === "HEAD" || found.size === 0 ? null : fileStream(path, start, end);
  return new Response(body, { status: range ? 206 : 200, headers });
}

/** Reads on demand; a reader that goes away (pdf.js drops ranges often) closes the file and throws nowhere. */
function fileStream(path: string, start: number, end: number): ReadableStream<Uint8Array> {
  const opened = open(path);
  let at = start;
  const close = async (): Promise<void> => await (await opened).close();
  const readNext = async (): Promise<Uint8Array> => {
    const wanted = Math.min(STREAM_CHUNK_BYTES, end + 1 - at);
    const { bytesRead, buffer } = await (await opened).read(new Uint8Array(wanted), 0, wanted, at);
    // A file that shrank while it was read: an answer that is too short must not look whole.
    if (bytesRead === 0) throw new EngineError("DocumentUnreadable", `the file ended at byte ${at} of ${end + 1}`);
    at += bytesRead;
    return buffer.subarray(0, bytesRead);
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        controller.enqueue(await readNext());
      } catch (error) {
        await close();
        throw error;
      }
      if (at <= end) return;
      await close();
      controller.close();
    },
    cancel: close,
  });
}

function refuse(status: number, why: string): Response {
  return new Response(why, { status, headers: { ...safetyHeaders, "Content-Type": "text/plain; charset=utf-8" } });
}
