/**
 * The ONLY importer of yauzl: entries of a ZIP archive, inflated into memory one at a time under limits of count, size
 * and ratio, never written anywhere. An archive that names a place outside itself, or holds a link, is refused whole.
 * Knows nothing about EPUB or DOCX.
 */
import { fromBuffer, type Entry, type ZipFile } from "yauzl";
import { EngineError } from "../../protocol/errors.ts";
import { oneLine, shorten } from "../clean-text.ts";
import { formatCount, tooLarge, unreadable } from "../document-errors.ts";
import {
  MAX_ARCHIVE_BYTES,
  MAX_ARCHIVE_ENTRIES,
  MAX_ENTRY_BYTES,
  MAX_INFLATED_BYTES,
  MAX_INFLATE_RATIO,
} from "../limits.ts";
import { readWhole, type SourceFile } from "../source-file.ts";

const UTF8_FLAG = 0x800;
const LINK = 0xa000;
const KIND = 0xf000;
const RATIO_FROM = 1024 * 1024;
const AGAIN = "Download or copy the file again, or open it in the program that made it and save it anew.";

export class ZipArchive {
  readonly sha256: string;
  readonly #zip: ZipFile;
  readonly #name: string;
  readonly #entries: ReadonlyMap<string, Entry>;
  #inflated = 0;

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>, name: string, sha256: string) {
    this.#zip = zip;
    this.#entries = entries;
    this.#name = name;
    this.sha256 = sha256;
  }

  /** DocumentUnreadable when damaged or when an entry leads out of the archive; DocumentTooLarge beyond the limits. */
  static async open(file: SourceFile): Promise<ZipArchive> {
    const { bytes, sha256 } = readWhole(file, MAX_ARCHIVE_BYTES);
    const zip = await openZip(bytes, file.name);
    const entries = await listEntries(zip, file.name);
    return new ZipArchive(zip, entries, file.name, sha256);
  }

  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  /** DocumentTooLarge when these entries together are more than will be unpacked: said before the first is. */
  checkTogether(paths: readonly string[]): void {
    const size = paths.reduce((sum, path) => sum + (this.#entries.get(path)?.uncompressedSize ?? 0), 0);
    if (size <= MAX_INFLATED_BYTES) return;
    throw tooLarge(
      `${this.#name} is too large inside`,
      size,
      MAX_INFLATED_BYTES,
      "bytes",
      "Save it anew without what makes it so large, or split it.",
    );
  }

  /** The bytes of an entry, or null when there is none of that name. */
  async read(path: string): Promise<Uint8Array | null> {
    const entry = this.#entries.get(path);
    if (entry === undefined) return null;
    this.#checkSizes(entry, path);
    const bytes = await this.#inflate(entry, path);
    return bytes;
  }

  /** What the archive says about itself; it may lie, so the same limits hold while inflating. */
  #checkSizes(entry: Entry, path: string): void {
    const { uncompressedSize: size, compressedSize } = entry;
    if (size > MAX_ENTRY_BYTES) throw this.#bomb(path, size, MAX_ENTRY_BYTES);
    if (this.#inflated + size > MAX_INFLATED_BYTES) throw this.#bomb(path, this.#inflated + size, MAX_INFLATED_BYTES);
    if (size > RATIO_FROM && size > compressedSize * MAX_INFLATE_RATIO) {
      const times = Math.round(size / Math.max(1, compressedSize));
      throw new EngineError(
        "DocumentTooLarge",
        `${this.#name} swells ${formatCount(times, "times")} when unpacked, which no document does; it may be a bomb.`,
        {
          hint: "Do not trust this file. If it is yours, save it anew in the program that made it.",
          details: { limit: MAX_INFLATE_RATIO, actual: times, unit: "times" },
        },
      );
    }
  }

  #bomb(path: string, actual: number, limit: number): EngineError {
    return tooLarge(
      `${this.#name} is too large inside (${shorten(path, 80)})`,
      actual,
      limit,
      "bytes",
      "Save it anew without what makes it so large, or split it.",
    );
  }

  #inflate(entry: Entry, path: string): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#zip.openReadStream(entry, (error, stream) => {
        if (error !== null || stream === undefined) {
          reject(
            unreadable(`${this.#name} is damaged: its part ${shorten(path, 80)} cannot be unpacked.`, AGAIN, error),
          );
          return;
        }
        const pieces: Uint8Array[] = [];
        let size = 0;
        stream.on("data", (piece: Uint8Array) => {
          size += piece.length;
          this.#inflated += piece.length;
          pieces.push(piece);
          if (size > MAX_ENTRY_BYTES || this.#inflated > MAX_INFLATED_BYTES)
            stream.destroy(this.#bomb(path, size, MAX_ENTRY_BYTES));
        });
        stream.on("error", (cause: unknown) => {
          reject(
            cause instanceof EngineError
              ? cause
              : unreadable(`${this.#name} is damaged: its part ${shorten(path, 80)} cannot be unpacked.`, AGAIN, cause),
          );
        });
        stream.on("end", () => resolve(Buffer.concat(pieces)));
      });
    });
  }
}

function openZip(bytes: Uint8Array, name: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Names are decoded and judged here: yauzl would stop with a message that nobody should have to match.
    fromBuffer(buffer, { lazyEntries: true, decodeStrings: false, validateEntrySizes: true }, (error, zip) => {
      if (error !== null || zip === undefined)
        reject(unreadable(`${name} is damaged: its list of parts cannot be read.`, AGAIN, error));
      else resolve(zip);
    });
  });
}

function listEntries(zip: ZipFile, name: string): Promise<ReadonlyMap<string, Entry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, Entry>();
    if (zip.entryCount > MAX_ARCHIVE_ENTRIES) {
      reject(
        tooLarge(
          `${name} holds too many parts`,
          zip.entryCount,
          MAX_ARCHIVE_ENTRIES,
          "parts",
          "Save it anew in the program that made it.",
        ),
      );
      return;
    }
    zip.on("error", (cause: unknown) =>
      reject(unreadable(`${name} is damaged: its list of parts cannot be read.`, AGAIN, cause)),
    );
    zip.on("end", () => resolve(entries));
    zip.on("entry", (entry: Entry) => {
      const refusal = refusalOf(entry, name);
      if (refusal !== null) {
        reject(refusal);
        return;
      }
      const path = pathOf(entry);
      if (!path.endsWith("/") && !entries.has(path)) entries.set(path, entry);
      zip.readEntry();
    });
    zip.readEntry();
  });
}

function pathOf(entry: Entry): string {
  const raw: unknown = entry.fileName;
  if (raw instanceof Uint8Array)
    return Buffer.from(raw).toString(
      (entry.generalPurposeBitFlag & UTF8_FLAG) !== 0 || isUtf8(raw) ? "utf8" : "latin1",
    );
  return String(raw);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false; // the question was whether it throws
  }
}

/** Absolute paths, drive letters, steps up and links lead out of the archive: nobody makes them by accident. */
function refusalOf(entry: Entry, name: string): EngineError | null {
  const path = pathOf(entry);
  const shown = `“${shorten(oneLine(path), 80)}”`;
  const hint = "Do not trust this file. If it is yours, save it anew in the program that made it.";
  if (/^[/\\]|^[a-z]:/iu.test(path) || path.includes("\u0000") || path.split(/[/\\]/u).includes("..")) {
    return unreadable(`${name} was refused: its part ${shown} leads out of the document.`, hint);
  }
  if (((entry.externalFileAttributes >>> 16) & KIND) === LINK)
    return unreadable(`${name} was refused: its part ${shown} is a link.`, hint);
  return null;
}
