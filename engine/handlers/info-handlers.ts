/** What this engine is, and what it runs on. */
import { APP_VERSION, PROTOCOL_VERSION } from "../protocol/index.ts";
import type { CallHandlers } from "../rpc/handlers.ts";
import type { LibraryStore } from "../store/types.ts";
import type { ModelSlot, ReaderSlot } from "./model-slot.ts";

/** A model that is still loading is waited for this long. */
const WAIT_FOR_MODEL_MS = 3_000;

export function infoHandlers(
  store: LibraryStore,
  slot: ModelSlot,
  reader: ReaderSlot,
): Pick<CallHandlers, "engine.info"> {
  return {
    "engine.info": async (_params, { signal }) => {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(WAIT_FOR_MODEL_MS)]);
      const model = await slot.get(patience).catch(() => null); // its reason is in slot.error
      return {
        version: APP_VERSION,
        protocol: PROTOCOL_VERSION,
        model:
          model === null
            ? null
            : {
                name: model.info.name,
                parameters: model.info.parameters,
                provider: model.info.provider,
                segmentLength: model.info.memory.segmentLength,
                compression: Math.round(model.info.memory.compression),
                hasMemory: model.info.memory.isTrained,
              },
        reader: reader.now !== null,
        readerError: reader.error === null ? null : { ...reader.error },
        modelError: slot.error === null ? null : { ...slot.error },
        documents: store.documents.list().length,
        memoryBytes: store.memories.totalBytes(),
      };
    },
  };
}
