/**
 * The language model that the product ships, for answers in this process, and reading documents into its memory.
 * Owns: where it comes from and that it is closed. Does not know: what its memory is asked.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Remembering } from "../../engine/answering/types.ts";
import { rememberedSegments } from "../../engine/handlers/answer-handlers.ts";
import { programRoot } from "../../engine/host/layout.ts";
import { MemoryReader } from "../../engine/jobs/memory-reader.ts";
import { loadModel } from "../../engine/model/client.ts";
import type { LanguageModel } from "../../engine/model/types.ts";
import type { DocumentId, JobId } from "../../engine/protocol/dto.ts";
import type { LibraryStore } from "../../engine/store/types.ts";

export interface OpenModel extends AsyncDisposable {
  /** null when the program has no model package. */
  readonly model: LanguageModel | null;
}

export const NO_MODEL: OpenModel = { model: null, [Symbol.asyncDispose]: async () => {} };

/** The package that ships. */
export const starterFolder = join(programRoot, "assets/models/starter");

export async function openModel(folder = starterFolder): Promise<OpenModel> {
  if (!existsSync(folder)) return NO_MODEL;
  const cacheFolder = mkdtempSync(join(tmpdir(), "longleaf-model-"));
  const model = await loadModel({ folder, cacheFolder });
  return {
    model,
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      rmSync(cacheFolder, { recursive: true, force: true });
    },
  };
}

/** Reads a document into memory, as the product does in the background. */
export async function remember(store: LibraryStore, model: LanguageModel, id: DocumentId): Promise<void> {
  const reader = new MemoryReader(store, { get: async () => model }, () => {});
  const signal = new AbortController().signal;
  const run = {
    id: "evaluate" as JobId,
    request: {},
    signal,
    remember: () => {},
    report: () => {},
    about: () => {},
  } as const;
  const { warnings } = await reader.read(id, run);
  if (warnings.length > 0) throw new Error(warnings.join(" "));
}

export function rememberingOf(store: LibraryStore, model: LanguageModel): Remembering {
  return { model, segments: (scope, mode) => rememberedSegments(store, scope, mode) };
}
