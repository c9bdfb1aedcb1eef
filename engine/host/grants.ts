/**
 * Chosen paths and their opaque tokens: the only place where a chosen path is kept. The engine and the page see tokens.
 * A path becomes a grant only by a person's act: a dialog, a drop, an upload, a command line.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { EngineError } from "../protocol/index.ts";

export interface Grant {
  readonly token: string;
  /** Real path of the file or folder. */
  readonly path: string;
  readonly name: string;
}

export class Grants {
  readonly #file: string;
  readonly #byToken = new Map<string, Grant>();

  constructor(file: string) {
    this.#file = file;
    for (const grant of readGrants(file)) this.#byToken.set(grant.token, grant);
  }

  /** Errors: `NotFound` when there is nothing at the path. The same path gets the same token. */
  add(path: string): Grant {
    let real: string;
    try {
      real = realpathSync(path);
    } catch (error) {
      throw new EngineError("NotFound", `nothing at ${path}`, {
        cause: error,
        hint: "Check the path, then try again.",
      });
    }
    for (const grant of this.#byToken.values()) if (grant.path === real) return grant;
    const grant: Grant = { token: randomUUID(), path: real, name: basename(real) };
    this.#byToken.set(grant.token, grant);
    this.#save();
    return grant;
  }

  /** Errors: `Forbidden` for a token nobody was given. */
  resolve(token: string): Grant {
    const grant = this.#byToken.get(token);
    if (!grant)
      throw new EngineError("Forbidden", "this file was not chosen by a person", { hint: "Choose the file again." });
    return grant;
  }

  #save(): void {
    const next = `${this.#file}.tmp`;
    writeFileSync(next, JSON.stringify([...this.#byToken.values()]), { mode: 0o600 });
    renameSync(next, this.#file);
  }
}

function readGrants(file: string): Grant[] {
  if (!existsSync(file)) return [];
  try {
    const rows: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(rows) ? rows.filter(isGrant) : [];
  } catch {
    return []; // half-written by a killed host: files are simply chosen again
  }
}

function isGrant(row: unknown): row is Grant {
  return typeof row === "object" && row !== null && "token" in row && "path" in row && "name" in row;
}
