/**
 * Options of `evaluate memory`, checked against what the model can do.
 * Owns: their defaults and the sentences about wrong ones. Does not know: documents.
 */
import { parseArgs } from "node:util";
import { starterModelFolder } from "../../../engine/host/library-host.ts";
import type { Precision } from "../../../engine/memory/codec.ts";
import type { ModelInfo } from "../../../engine/model/types.ts";
import { EngineError } from "../../../engine/protocol/errors.ts";
import type { Setting } from "./readings.ts";

/** Most earlier segments when --past does not say. */
const MOST_PAST = 7;

export interface Values {
  readonly ratio?: string | undefined;
  readonly past?: string | undefined;
  readonly recent: string;
  readonly windows: string;
  readonly precision: string[];
}

export function parseOptions(args: string[]): {
  values: Values & { json: boolean; package: string };
  positionals: string[];
} {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        /** Source tokens of a memory slot. Default: the package's. */
        ratio: { type: "string" },
        /** Most earlier segments in memory. Default: as many as it was trained with and as fit, at most 7. */
        past: { type: "string" },
        /** Raw tokens right before the predicted segment. */
        recent: { type: "string", default: "256" },
        /** Windows of a document. */
        windows: { type: "string", default: "4" },
        /** float16, int8 or int4; several are compared with the first. Default: the package's. */
        precision: { type: "string", multiple: true, default: [] },
        package: { type: "string", default: starterModelFolder },
      },
    });
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

export function settingOf(values: Values, info: ModelInfo): Setting {
  const { memory, maxPositions } = info;
  const ratio = values.ratio === undefined ? memory.defaultRatio : whole(values.ratio, "--ratio", 1, 1024);
  const recent = whole(values.recent, "--recent", 1, maxPositions);
  const windows = whole(values.windows, "--windows", 1, 1000);
  const segment = memory.segmentLength;
  const slots = Math.ceil(segment / ratio);
  const room = maxPositions - recent - segment;
  const fitting = Math.floor(room / slots);
  if (fitting < 1)
    throw invalid(
      `${recent} recent tokens, a segment of ${segment} and a memory do not fit into ${maxPositions} positions`,
    );
  const trained =
    memory.maxSlots === null ? MOST_PAST : Math.floor(memory.maxSlots / Math.ceil(segment / memory.defaultRatio));
  const past =
    values.past === undefined
      ? Math.max(1, Math.min(MOST_PAST, trained, fitting))
      : whole(values.past, "--past", 1, 1000);
  if (past > fitting)
    throw invalid(
      `${past} memories of ${slots} slots, ${recent} recent tokens and a segment of ${segment}: ` +
        `${past * slots + recent + segment} positions; this model has ${maxPositions}`,
    );
  const precisions = values.precision.map(precisionOf);
  const [first = memory.precision, ...others] = precisions;
  return { segment, past, recent, windows, ratio, precisions: [first, ...others] };
}

function whole(text: string, name: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw invalid(`${name} is a whole number from ${least} to ${most}, not ${text}`);
  return value;
}

function precisionOf(text: string): Precision {
  const known: readonly Precision[] = ["float16", "int8", "int4"];
  const found = known.find((one) => one === text);
  if (found === undefined) throw invalid(`--precision is one of ${known.join(", ")}, not ${text}`);
  return found;
}

export function invalid(what: string): EngineError {
  return new EngineError("InvalidRequest", what);
}
