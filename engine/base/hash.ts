/** Content addresses. Every derived thing is keyed by what it was computed from. */
import { createHash } from "node:crypto";

/** Hex sha256 of the parts; each part is preceded by its length, so that ("ab","c") and ("a","bc") differ. */
export function contentKey(...parts: readonly (string | Uint8Array | number)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = part instanceof Uint8Array ? part : Buffer.from(String(part), "utf8");
    hash.update(`${bytes.byteLength}:`);
    hash.update(bytes);
  }
  return hash.digest("hex");
}

/** Plain hex sha256 of some bytes or text. */
export function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
