/**
 * What preload and main say to each other: four channels, one reply shape. Nothing else crosses.
 * Bundled into both; holds no code that runs.
 */
import type { ErrorEnvelope } from "../engine/protocol/errors.ts";

/** Page to main: a port to the engine, please. */
export const CONNECT = "longleaf:connect";
/** Main to page: here it is, as the message's only port. */
export const ENGINE_PORT = "longleaf:engine-port";
export const CHOOSE_FILES = "longleaf:choose-files";
export const CHOOSE_FOLDER = "longleaf:choose-folder";
export const GRANT_DROPPED = "longleaf:grant-dropped";

/** A file or folder that a person chose, without its path. */
export interface Chosen {
  readonly grant: string;
  readonly name: string;
}

/** Errors travel as data: a rejected `invoke` loses its name and fields on the way (electron/electron#24427). */
export type Reply<T> = { readonly value: T } | { readonly error: ErrorEnvelope };

/** `window.longleaf` of the page (renderer/engine/host.ts). A refusal rejects with an ErrorEnvelope, as plain data. */
export interface DesktopCalls {
  chooseFiles(): Promise<readonly Chosen[]>;
  chooseFolder(): Promise<Chosen | null>;
  grantDropped(file: File): Promise<Chosen>;
}
