/**
 * Memories belong to the model that made them. When another model is loaded than last time, every document is planned anew and read
 * again in the background; what that model read before is found by its key. Until then answers do without memory.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { contentKey } from "../base/hash.ts";
import type { ModelInfo } from "../model/types.ts";
import type { LibraryStore } from "../store/types.ts";
import type { JobQueue } from "./job-queue.ts";

/** Everything of a model that its memories' numbers depend on. */
export function modelFingerprint({ hashes, graphVersion, memory }: ModelInfo): string {
  const { kind, segmentLength, defaultRatio } = memory;
  return contentKey(hashes.weights, hashes.tokenizer, hashes.adapter, graphVersion, kind, segmentLength, defaultRatio);
}

/** `file`: where the last model's fingerprint is kept. Returns how many documents are read again. */
export function refreshMemories(
  store: LibraryStore,
  queue: Pick<JobQueue, "add">,
  model: ModelInfo,
  file: string,
): number {
  const now = modelFingerprint(model);
  const last = readLast(file);
  if (last === now) return 0;
  const stale = last === "" ? [] : store.documents.list().filter(({ segments }) => segments > 0);
  for (const { id, title } of stale) {
    store.memories.plan(id, []);
    store.documents.setState(id, "searchable");
    if (store.settings.get().readInBackground) queue.add("read", title, id, { documentId: id });
  }
  writeFileSync(file, now);
  return stale.length;
}

function readLast(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // a new library
  }
}
