/** What the host tells the engine at its start, checked. No other file reads the environment or the arguments. */
import { z } from "zod";

export const engineConfig = z.object({
  /** `<library>/store`: database, memories, compiled graphs. */
  store: z.string().min(1),
  /** `<library>/incoming`: where parsers leave their rows. */
  incoming: z.string().min(1),
  /** Folder of the model package. */
  modelFolder: z.string().min(1),
  /** Folder of the reader's package. */
  readerFolder: z.string().min(1),
  provider: z.enum(["cpu", "webgpu"]).default("cpu"),
});
export type EngineConfig = z.infer<typeof engineConfig>;

/** Imports under way at a time; parsers are processes of their own. */
export const PARSERS_AT_ONCE = 2;
/** Jobs that may be open at a time; most of them wait at a turnstile. */
export const JOBS_AT_ONCE = 16;
