/**
 * Bytes to text in any common encoding: byte order marks, UTF-8 and UTF-16 without a mark, then chardet's guess.
 * What cannot be decoded becomes U+FFFD and is counted, never dropped. Knows nothing about lines or formats.
 */
import { analyse } from "chardet";
import iconv from "iconv-lite";

export interface Encoding {
  /** A name that iconv-lite and people know. */
  readonly name: string;
  /** Bytes of the mark at the start. */
  readonly markBytes: number;
  /** Neither a mark nor valid UTF-8 said so. */
  readonly isGuess: boolean;
}

/** Bytes that detection looks at. */
export const DETECT_BYTES = 4 * 1024 * 1024;
const GUESS_BYTES = 64 * 1024;
const REPLACEMENT = "\uFFFD";

const MARKS: readonly { readonly bytes: readonly number[]; readonly name: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], name: "utf-8" },
  { bytes: [0xff, 0xfe, 0x00, 0x00], name: "utf-32le" },
  { bytes: [0x00, 0x00, 0xfe, 0xff], name: "utf-32be" },
  { bytes: [0xff, 0xfe], name: "utf-16le" },
  { bytes: [0xfe, 0xff], name: "utf-16be" },
];

/** `head`: the first DETECT_BYTES of the file, or all of it. */
export function detectEncoding(head: Uint8Array): Encoding {
  for (const { bytes, name } of MARKS) {
    if (bytes.every((byte, index) => head[index] === byte)) return { name, markBytes: bytes.length, isGuess: false };
  }
  const wide = utf16Without(head);
  if (wide !== null) return { name: wide, markBytes: 0, isGuess: true };
  const { sequences, invalid } = surveyUtf8(head);
  // Other encodings hardly ever form good sequences (one in eight at most): a damaged UTF-8 file, not another encoding.
  if (invalid === 0 || sequences > invalid) return { name: "utf-8", markBytes: 0, isGuess: false };
  const first = head.findIndex((byte) => byte >= 0x80);
  const start = Math.max(0, first - 1_024);
  const guess = analyse(head.subarray(start, start + GUESS_BYTES)).find((match) => iconv.encodingExists(match.name));
  const name = guess === undefined || /^(utf-8|ascii)$/i.test(guess.name) ? "windows-1252" : guess.name;
  // Every byte of ISO-8859-1 means the same in windows-1252, which also has the quotation marks that such files use.
  return { name: name === "ISO-8859-1" ? "windows-1252" : name, markBytes: 0, isGuess: true };
}

/** Decodes pieces in order; a character cut between two pieces is put together. */
export class TextStream {
  readonly #decoder: { write(bytes: Uint8Array): string; end(): string };
  #markBytes: number;
  /** Places that could not be decoded. */
  replaced = 0;

  constructor({ name, markBytes }: Encoding) {
    this.#markBytes = markBytes;
    this.#decoder = name === "utf-8" ? utf8Decoder() : iconvDecoder(name);
  }

  write(piece: Uint8Array): string {
    const bytes = this.#markBytes > 0 ? piece.subarray(this.#markBytes) : piece;
    this.#markBytes = 0;
    return this.#counted(this.#decoder.write(bytes));
  }

  end(): string {
    return this.#counted(this.#decoder.end());
  }

  #counted(text: string): string {
    for (let at = text.indexOf(REPLACEMENT); at !== -1; at = text.indexOf(REPLACEMENT, at + 1)) this.replaced += 1;
    return text;
  }
}

/** All of some bytes at once. */
export function decodeAll(bytes: Uint8Array, encoding: Encoding): { text: string; replaced: number } {
  const stream = new TextStream(encoding);
  const text = stream.write(bytes) + stream.end();
  return { text, replaced: stream.replaced };
}

/** The sentence about a guess or a loss, or null when all is well. */
export function decodingWarning({ name, isGuess }: Encoding, replaced: number): string | null {
  if (replaced > 0) {
    const places = replaced === 1 ? "1 place" : `${replaced.toLocaleString("en-US")} places`;
    return `${places} could not be decoded as ${name.toUpperCase()} and show as “${REPLACEMENT}”.`;
  }
  return isGuess ? `The file does not say how its letters are stored; it was read as ${name}.` : null;
}

function utf8Decoder(): { write(bytes: Uint8Array): string; end(): string } {
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
}

function iconvDecoder(name: string): { write(bytes: Uint8Array): string; end(): string } {
  const decoder = iconv.getDecoder(name, { stripBOM: false });
  return {
    write: (bytes) => decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
    end: () => decoder.end() ?? "",
  };
}

/** UTF-16 without a mark shows as NULs at every other place. */
function utf16Without(head: Uint8Array): "utf-16le" | "utf-16be" | null {
  const sample = head.subarray(0, 4_096);
  if (sample.length < 8) return null;
  let even = 0;
  let odd = 0;
  for (const [index, byte] of sample.entries()) {
    if (byte !== 0) continue;
    if (index % 2 === 0) even += 1;
    else odd += 1;
  }
  const half = sample.length / 2;
  if (odd > half * 0.4 && even < half * 0.05) return "utf-16le";
  return even > half * 0.4 && odd < half * 0.05 ? "utf-16be" : null;
}

/** Well-formed sequences beyond ASCII, and bytes that belong to none. A sequence cut at the end counts as neither. */
function surveyUtf8(bytes: Uint8Array): { sequences: number; invalid: number } {
  let sequences = 0;
  let invalid = 0;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte < 0x80) {
      at += 1;
      continue;
    }
    const length =
      byte >= 0xc2 && byte < 0xe0 ? 2 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
    if (length > 0 && at + length > bytes.length) break;
    let good = length > 0;
    for (let next = 1; next < length; next += 1) good &&= (bytes[at + next] & 0xc0) === 0x80;
    if (good) sequences += 1;
    else invalid += 1;
    at += good ? length : 1;
  }
  return { sequences, invalid };
}

/** Whether a name that a document declares can be decoded. */
export function isKnownEncoding(name: string): boolean {
  return iconv.encodingExists(name);
}
