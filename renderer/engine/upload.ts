/**
 * The browser window's host: files are sent to the host by POST, which answers with a grant.
 * A folder is sent file by file under one upload id. Knows nothing about the engine.
 */
import { sourceAddress, type Dropped, type Grant, type Host, type UploadProgress } from "./host.ts";
import { EngineError, reviveError, type ErrorEnvelope } from "../../engine/protocol/errors.ts";

type OnProgress = (progress: UploadProgress) => void;

/** One file of a folder, with its path below the folder, "/" between names. */
export interface FolderFile {
  readonly path: string;
  readonly file: File;
}

/** Folders that are never sent: their contents are not the person's own text. Said in words beside the button. */
const LEFT_OUT = new Set(["node_modules", ".git"]);

export function browserHost(): Host {
  return {
    async chooseFiles(onProgress) {
      const files = await pick(false);
      return sendAll(files, onProgress);
    },
    async chooseFolder(onProgress) {
      const files = await pick(true);
      const first = files[0];
      if (first === undefined) return [];
      const name = first.webkitRelativePath.split("/")[0] ?? first.name;
      const inside = files.map((file) => ({ path: file.webkitRelativePath.split("/").slice(1).join("/"), file }));
      return [await sendFolder(name, inside, onProgress)];
    },
    async grantDropped(dropped, onProgress) {
      const grants = [...(await sendAll(dropped.files, onProgress))];
      for (const folder of dropped.folders)
        grants.push(await sendFolder(folder.name, await filesBelow(folder, ""), onProgress));
      return grants;
    },
    sourceAddress,
  };
}

/** Reads a drop while its event is alive. */
export function readDrop(transfer: DataTransfer): Dropped {
  const files: File[] = [];
  const folders: FileSystemDirectoryEntry[] = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (isFolder(entry) && window.longleaf === undefined) folders.push(entry);
    else if (file !== null) files.push(file);
  }
  return { files, folders };
}

function isFolder(entry: FileSystemEntry | null): entry is FileSystemDirectoryEntry {
  return entry?.isDirectory === true;
}

/** Opens the browser's own chooser. A closed chooser gives no files. */
function pick(isFolderChoice: boolean): Promise<readonly File[]> {
  return new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = !isFolderChoice;
    input.webkitdirectory = isFolderChoice;
    input.addEventListener("change", () => resolve([...(input.files ?? [])]));
    input.addEventListener("cancel", () => resolve([]));
    input.click();
  });
}

async function sendAll(files: readonly File[], onProgress: OnProgress): Promise<readonly Grant[]> {
  const grants: Grant[] = [];
  for (const file of files) {
    const query = new URLSearchParams({ name: file.name });
    const report = (sentBytes: number): void => onProgress({ name: file.name, sentBytes, totalBytes: file.size });
    grants.push(asGrant(await post(`/upload?${query}`, file, report)));
  }
  return grants;
}

async function sendFolder(name: string, files: readonly FolderFile[], onProgress: OnProgress): Promise<Grant> {
  const kept = files.filter(({ path }) => !path.split("/").some((part) => LEFT_OUT.has(part)));
  if (kept.length === 0) throw new EngineError("DocumentUnreadable", `the folder ${name} holds no files`);
  const folder = crypto.randomUUID();
  const totalBytes = kept.reduce((sum, { file }) => sum + file.size, 0);
  let sentBytes = 0;
  for (const { path, file } of kept) {
    const query = new URLSearchParams({ name, folder, path });
    await post(`/upload?${query}`, file, () => undefined);
    sentBytes += file.size;
    onProgress({ name, sentBytes, totalBytes });
  }
  return asGrant(await post(`/upload/${folder}/done`, null, () => undefined));
}

async function filesBelow(folder: FileSystemDirectoryEntry, prefix: string): Promise<FolderFile[]> {
  const found: FolderFile[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (isFolder(entry)) {
      if (!LEFT_OUT.has(entry.name)) found.push(...(await filesBelow(entry, path)));
    } else found.push({ path, file: await fileOf(entry as FileSystemFileEntry) });
  }
  return found;
}

/** A directory reader gives at most 100 entries at a time, then an empty list. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** XMLHttpRequest, because fetch does not report what was sent. */
function post(address: string, body: File | null, onSent: (bytes: number) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onSent(event.loaded));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response);
      else reject(refusal(request.status, request.response));
    });
    request.addEventListener("error", () => reject(new EngineError("EngineCrashed", `${address} did not answer`)));
    request.send(body);
  });
}

function refusal(status: number, body: unknown): EngineError {
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  if (typeof error === "object" && error !== null && "code" in error) return reviveError(error as ErrorEnvelope);
  return new EngineError(
    status === 413 ? "DocumentTooLarge" : "Forbidden",
    `the upload was refused with status ${status}`,
  );
}

function asGrant(body: unknown): Grant {
  if (typeof body === "object" && body !== null && "grant" in body && "name" in body)
    return { grant: String(body.grant), name: String(body.name) };
  throw new EngineError("Internal", "the upload was answered without a grant");
}
