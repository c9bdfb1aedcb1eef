/**
 * What the page asks of the program around it: choosing files, taking dropped ones, the address of a document's bytes.
 * Two hosts exist: Electron (through the preload's few calls) and the browser window (uploads). A page never sees a path.
 */
/** A file or folder that the engine may import once. */
export interface Grant {
  readonly grant: string;
  readonly name: string;
}

export interface UploadProgress {
  readonly name: string;
  readonly sentBytes: number;
  readonly totalBytes: number;
}

export interface Host {
  /** null when nothing was chosen. */
  chooseFiles(onProgress: (progress: UploadProgress) => void): Promise<readonly Grant[]>;
  chooseFolder(onProgress: (progress: UploadProgress) => void): Promise<readonly Grant[]>;
  grantDropped(dropped: Dropped, onProgress: (progress: UploadProgress) => void): Promise<readonly Grant[]>;
  /** Same-origin address of the source's bytes; 404 when it has moved. */
  sourceAddress(documentId: string): string;
}

/** What a drop carries, read while the event is alive: entries die with it. */
export interface Dropped {
  readonly files: readonly File[];
  readonly folders: readonly FileSystemDirectoryEntry[];
}

export function sourceAddress(documentId: string): string {
  return `/document/${encodeURIComponent(documentId)}/source`;
}
