/**
 * A zip of about 1 KB in the place of Electron's own, so that packaging runs where the binary cannot be had: a shell script that
 * carries the fuse wire (sentinel, version, count, one byte a fuse), and the few files that a packager expects beside it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

const FUSE_SENTINEL = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";
const FUSES = 9;

/** Writes the zip under the name that the packager looks for; returns its folder. */
export function writeStubElectron(repository: string, folder: string): string {
  const { version } = JSON.parse(readFileSync(join(repository, "node_modules/electron/package.json"), "utf8")) as {
    version: string;
  };
  const wire = Buffer.concat([Buffer.from(FUSE_SENTINEL), Buffer.from([1, FUSES]), Buffer.from("1".repeat(FUSES))]);
  const script = Buffer.concat([Buffer.from("#!/bin/sh\n# "), wire, Buffer.from("\necho a stub, not Electron\n")]);
  mkdirSync(folder, { recursive: true });
  const zip = storedZip([
    { name: "electron", bytes: script, mode: 0o755 },
    { name: "version", bytes: Buffer.from(version), mode: 0o644 },
    { name: "LICENSE", bytes: Buffer.from("a stub"), mode: 0o644 },
    { name: "resources/stub", bytes: Buffer.alloc(0), mode: 0o644 },
  ]);
  writeFileSync(join(folder, `electron-v${version}-linux-${process.arch}.zip`), zip);
  return folder;
}

interface Entry {
  readonly name: string;
  readonly bytes: Buffer;
  readonly mode: number;
}

/** An uncompressed zip with unix modes (APPNOTE 4.3.7, 4.3.12, 4.3.16). */
function storedZip(entries: readonly Entry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, mode } of entries) {
    const shared = Buffer.alloc(26); // version needed … extra length: the same in both headers
    shared.writeUInt16LE(20, 0);
    shared.writeUInt32LE(crc32(bytes), 10);
    shared.writeUInt32LE(bytes.length, 14);
    shared.writeUInt32LE(bytes.length, 18);
    shared.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), shared, Buffer.from(name), bytes]);
    const rest = Buffer.alloc(14); // comment length … offset of the local header
    rest.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    const madeByUnix = Buffer.from([20, 3]);
    central.push(Buffer.concat([Buffer.from("PK\u0001\u0002"), madeByUnix, shared, rest, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from("PK\u0005\u0006"), end]);
}
