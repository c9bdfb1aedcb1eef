/**
 * The memory adapter of a package: memory/adapter_config.json and memory/adapter_model.safetensors.
 * Owns: the checks that it is of a kind we know, whole, and made for exactly these weights.
 * Knows nothing about graphs.
 *
 * Shapes   gists   embed   float32 (C)          added to the embedding of a span's last token
 *                  lora_A  float32 (rank, in)   lora_B  float32 (out, rank);  delta = scale * B(A x), on gist rows only
 *          codes   of each layer but the first, R = K D (training/codes.py):
 *                  predictor (2 R, window C + 2 R), bias (2 R); for k and v: analysis, synthesis (R, R),
 *                  codebooks (groups entries, R / groups)
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";
import { hashFile } from "./hash-file.ts";
import type { ModelConfig } from "./model-config.ts";
import { SafetensorsFile } from "./safetensors.ts";
import type { MemoryInfo } from "./types.ts";
import { checkShape, readJson, readRowScales, readTensor, type TensorSource } from "./weight-source.ts";

/** Segment length and ratios of a package without an adapter: every r-th token is simply read a second time. */
const STRIDE = {
  kind: "stride",
  isTrained: false,
  segmentLength: 512,
  ratios: [8, 16],
  defaultRatio: 8,
  leftContext: 0,
  maxSlots: null,
  precision: "int8",
  compression: 16,
} as const satisfies MemoryInfo;

const TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj"] as const;
export type LoraTarget = (typeof TARGETS)[number];

const ratio = z.number().int().min(1).max(1024);
const shared = {
  version: z.literal(1),
  segmentLength: z.number().int().min(16).max(8192),
  ratios: z.array(ratio).min(1).max(16),
  defaultRatio: ratio,
  leftContext: z.literal(0),
  /** Most memory slots in one view that the adapter was trained with; absent: as many as fit. */
  maxSlots: z.number().int().min(1).optional(),
  base: z.looseObject({ sha256: z.string().length(64) }),
};
const gistSchema = z.object({
  ...shared,
  kind: z.literal("span-tiled-gist-kv"),
  rank: z.number().int().min(1).max(4096),
  scale: z.number().finite(),
  start: z.literal("last"),
  precision: z.enum(["int8", "int4"]).default("int8"),
  targets: z.array(z.enum(TARGETS)).max(TARGETS.length),
});
const codesSchema = z.object({
  ...shared,
  kind: z.literal("residual-codes-kv"),
  /** Codewords for a token's keys in one layer, and as many for its values. */
  groups: z.number().int().min(1).max(64),
  entries: z.literal(256),
  /** Tokens whose embeddings predict: the token itself and those before it. */
  window: z.number().int().min(1).max(16),
});
const adapterSchema = z.discriminatedUnion("kind", [gistSchema, codesSchema]);

export interface LoraPair {
  /** (rank, in) */
  readonly a: Float32Array;
  /** (out, rank), already multiplied by the adapter's scale */
  readonly scaledB: Float32Array;
}

interface AnyAdapter {
  readonly info: MemoryInfo;
  /** Hex sha256 of the adapter's weights and of what its config says about computing; empty for `stride`. */
  readonly hash: string;
}

export interface GistAdapter extends AnyAdapter {
  readonly form: "gists";
  readonly rank: number;
  /** (C), or null for `stride`. */
  readonly embed: Float32Array | null;
  pair(layer: number, target: LoraTarget): LoraPair | null;
}

export interface CodesAdapter extends AnyAdapter {
  readonly form: "codes";
  readonly groups: number;
  readonly entries: number;
  readonly window: number;
  readonly tensors: TensorSource;
}

export type MemoryAdapter = GistAdapter | CodesAdapter;

/** Errors: ModelIncompatible. Without a memory/ folder the untrained `stride` memory is given. */
export function openAdapter(folder: string, config: ModelConfig, weightsHash: string): MemoryAdapter {
  const settingsPath = join(folder, "memory", "adapter_config.json");
  if (!existsSync(settingsPath))
    return { form: "gists", info: STRIDE, hash: "", rank: 0, embed: null, pair: () => null };
  const parsed = adapterSchema.safeParse(readJson(settingsPath));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new EngineError(
      "ModelIncompatible",
      `adapter_config.json: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
    );
  }
  const settings = parsed.data;
  if (settings.base.sha256 !== weightsHash)
    throw new EngineError(
      "ModelIncompatible",
      `the memory adapter was made for weights ${settings.base.sha256.slice(0, 12)}, found ${weightsHash.slice(0, 12)}`,
      { hint: "Use the memory folder that came with this model, or remove it to read with an untrained memory." },
    );
  if (!settings.ratios.includes(settings.defaultRatio))
    throw new EngineError(
      "ModelIncompatible",
      `adapter_config.json: defaultRatio ${settings.defaultRatio} is not among its ratios`,
    );
  const path = join(folder, "memory", "adapter_model.safetensors");
  if (!existsSync(path)) throw new EngineError("ModelIncompatible", "memory/adapter_model.safetensors is missing");
  using file = new SafetensorsFile(path);
  const hash = hashFile(path);
  return settings.kind === "residual-codes-kv"
    ? readCodes(file, config, settings, hash)
    : readGists(file, config, settings, hash);
}

function readGists(
  file: SafetensorsFile,
  config: ModelConfig,
  settings: z.infer<typeof gistSchema>,
  hash: string,
): GistAdapter {
  const { kind, segmentLength, ratios, defaultRatio, leftContext, maxSlots = null, precision } = settings;
  const pairs = readPairs(file, config, settings);
  checkTensor(file, "memory.embed", [config.shape.hidden]);
  return {
    form: "gists",
    info: {
      ...{ kind, isTrained: true, segmentLength, ratios, defaultRatio, leftContext, maxSlots, precision },
      compression: defaultRatio * (precision === "int4" ? 4 : 2),
    },
    hash: `${hash}-${settings.rank}-${settings.scale}-${settings.targets.toSorted().join("+")}`,
    rank: settings.rank,
    embed: readTensor(file, "memory.embed"),
    pair: (layer, target) => pairs.get(`${layer}.${target}`) ?? null,
  };
}

/** Codes, and bytes, that are kept of a token: for keys and for values of every layer but the first. */
export function codesPerToken({ groups }: Pick<CodesAdapter, "groups">, layers: number): number {
  return (layers - 1) * 2 * groups;
}

function readCodes(
  file: SafetensorsFile,
  config: ModelConfig,
  settings: z.infer<typeof codesSchema>,
  hash: string,
): CodesAdapter {
  const { kind, segmentLength, ratios, defaultRatio, leftContext, maxSlots = null } = settings;
  const { groups, entries, window } = settings;
  const { hidden, kvHeads, headDim, layers } = config.shape;
  const width = kvHeads * headDim;
  if (width % groups !== 0)
    throw new EngineError(
      "ModelIncompatible",
      `adapter_config.json: ${width} numbers a token cannot be cut into ${groups} equal groups`,
    );
  const tensors = new Map<string, Float32Array>();
  const scales = new Map<string, Float32Array | null>();
  const read = (name: string, shape: readonly number[]): void => {
    checkTensor(file, name, shape);
    tensors.set(name, readTensor(file, name));
    scales.set(name, readRowScales(file, name));
  };
  for (let layer = 1; layer < layers; layer++) {
    const predictor = `layers.${layer}.predictor`;
    read(predictor, [2 * width, window * hidden + 2 * width]);
    // Two matrices: what they multiply differs in size, and is rounded to 8 bits by its largest number.
    const [near, before] = columns(tensors.get(predictor) ?? noTensor(predictor), 2 * width, window * hidden);
    tensors.set(`${predictor}.near`, near);
    tensors.set(`${predictor}.before`, before);
    for (const part of ["near", "before"]) scales.set(`${predictor}.${part}`, scales.get(predictor) ?? null);
    tensors.delete(predictor);
    read(`layers.${layer}.bias`, [2 * width]);
    for (const half of ["k", "v"]) {
      read(`layers.${layer}.${half}.analysis`, [width, width]);
      read(`layers.${layer}.${half}.synthesis`, [width, width]);
      read(`layers.${layer}.${half}.codebooks`, [groups * entries, width / groups]);
    }
  }
  return {
    form: "codes",
    info: {
      ...{ kind, isTrained: true, segmentLength, ratios, defaultRatio, leftContext, maxSlots, precision: "codes" },
      // A byte a code and two for the token's id.
      compression: (layers * 2 * width * 2) / (codesPerToken({ groups }, layers) + 2),
    },
    hash: `${hash}-${groups}-${entries}-${window}`,
    groups,
    entries,
    window,
    tensors: {
      read: (name) => tensors.get(name) ?? noTensor(name),
      rowScales: (name) => scales.get(name) ?? null,
    },
  };
}

/** The first `split` columns of a matrix of `rows` rows, and the others. */
function columns(matrix: Float32Array, rows: number, split: number): [first: Float32Array, rest: Float32Array] {
  const width = matrix.length / rows;
  const part = (from: number, to: number): Float32Array => {
    const out = new Float32Array(rows * (to - from));
    for (let row = 0; row < rows; row++)
      out.set(matrix.subarray(row * width + from, row * width + to), row * (to - from));
    return out;
  };
  return [part(0, split), part(split, width)];
}

function noTensor(name: string): never {
  throw new EngineError("ModelIncompatible", `the memory adapter has no tensor ${name}`);
}

function readPairs(
  file: SafetensorsFile,
  config: ModelConfig,
  settings: z.infer<typeof gistSchema>,
): Map<string, LoraPair> {
  const { hidden, heads, kvHeads, headDim, layers } = config.shape;
  const widths: Readonly<Record<LoraTarget, readonly [out: number, into: number]>> = {
    q_proj: [heads * headDim, hidden],
    k_proj: [kvHeads * headDim, hidden],
    v_proj: [kvHeads * headDim, hidden],
    o_proj: [hidden, heads * headDim],
  };
  const pairs = new Map<string, LoraPair>();
  for (let layer = 0; layer < layers; layer++) {
    for (const target of settings.targets) {
      // The last layer keeps keys and values only; what would change its output is never used.
      if (layer === layers - 1 && (target === "q_proj" || target === "o_proj")) continue;
      const name = `layers.${layer}.${target}`;
      const [out, into] = widths[target];
      checkTensor(file, `${name}.lora_A`, [settings.rank, into]);
      checkTensor(file, `${name}.lora_B`, [out, settings.rank]);
      const scaledB = readTensor(file, `${name}.lora_B`).map((value) => value * settings.scale);
      pairs.set(`${layer}.${target}`, { a: readTensor(file, `${name}.lora_A`), scaledB });
    }
  }
  return pairs;
}

function checkTensor(file: SafetensorsFile, name: string, shape: readonly number[]): void {
  const entry = file.entry(name);
  if (entry === undefined) noTensor(name);
  checkShape(name, entry.shape, shape);
}
