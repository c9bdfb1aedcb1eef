/**
 * What travels on the wire: a closed union. Transports carry it as structured clones or as JSON.
 * Request ids are chosen by the asking side and are unique per connection.
 */
import { z } from "zod";
import { errorEnvelope } from "./dto.ts";

const id = z.number().int().nonnegative();

export const frame = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("hello"), protocol: z.number().int(), build: z.string() }),
  z.object({
    kind: z.literal("request"),
    id,
    method: z.string(),
    params: z.unknown(),
    credit: z.number().int().optional(),
  }),
  /** Throw the work away. */
  z.object({ kind: z.literal("cancel"), id }),
  /** Keep what there is; the stream ends with finishReason "stopped". */
  z.object({ kind: z.literal("stop"), id }),
  z.object({ kind: z.literal("credit"), id, count: z.number().int().positive() }),
  z.object({ kind: z.literal("result"), id, value: z.unknown() }),
  z.object({ kind: z.literal("error"), id, error: errorEnvelope }),
  z.object({ kind: z.literal("events"), id, seq: z.number().int(), values: z.array(z.unknown()) }),
  z.object({ kind: z.literal("end"), id }),
]);
export type Frame = z.infer<typeof frame>;

/** One end of an ordered, reliable channel of frames. */
export interface FramePort {
  send(frame: Frame): void;
  onFrame(listener: (frame: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}
