/**
 * A model package turned into running graphs, on the runtime's side of the seam.
 * Owns: which recipe a provider gets, and the check that a GPU computes what the CPU computes before it is used.
 * Knows nothing about messages or queues.
 */
import { availableParallelism } from "node:os";
import { contentKey } from "../base/hash.ts";
import { EngineError } from "../protocol/errors.ts";
import { compileModel, type CompiledModel, encoderParts, type Recipe } from "./compile.ts";
import { CodesEncoder, Restorer } from "./codes.ts";
import { Decoder } from "./decoder.ts";
import { type Encoder, type EncoderSession, GistEncoder } from "./encoder.ts";
import { probeWeightRange } from "./int8-probe.ts";
import { type ModelPackage, openModelPackage } from "./model-package.ts";
import { type GraphSession, openSession, type SessionOptions } from "./runtime.ts";
import { compareAnswers, knownAnswer } from "./self-test.ts";
import { Sequence } from "./sequence.ts";
import { GRAPH_VERSION } from "./signature.ts";
import type { LoadModelOptions, ModelInfo, Provider, Quantization } from "./types.ts";

const MAX_THREADS = 8;
/** Up to 128 MB as float32, which costs the starter a third of its writing speed and nothing of its reading speed. */
const MOST_EXACT_PARAMETERS = 32e6;

/** Sessions of one provider with what runs them. */
export interface Graphs extends AsyncDisposable {
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  /** For memories in codes; null where the model's memories are numbers. */
  readonly restorer: Restorer | null;
}

export class LoadedModel implements AsyncDisposable {
  readonly info: ModelInfo;
  readonly #graphs: Graphs;

  private constructor(info: ModelInfo, graphs: Graphs) {
    this.info = info;
    this.#graphs = graphs;
  }

  /** Errors: ModelMissing, ModelIncompatible, ModelLoadFailed. A refused GPU is not an error: see `providerReason`. */
  static async load(options: LoadModelOptions): Promise<LoadedModel> {
    using model = openModelPackage(options.folder);
    const quantization = options.quantization ?? "int8";
    const threads = options.threads ?? Math.min(MAX_THREADS, availableParallelism());
    let reason = "";
    if (options.provider === "webgpu") {
      const tried = await openVerifiedGpu(model, quantization, options.cacheFolder, threads);
      if (typeof tried !== "string")
        return new LoadedModel(infoOf(model, quantization, tried.recipe, "webgpu", ""), tried.graphs);
      reason = tried;
    }
    const recipe = await recipeFor("cpu", quantization, model);
    const compiled = compileModel(model, recipe, options.cacheFolder);
    const graphs = await openGraphs(model, compiled, { provider: "cpu", threads });
    return new LoadedModel(infoOf(model, quantization, recipe, "cpu", reason), graphs);
  }

  get encoder(): Encoder {
    return this.#graphs.encoder;
  }

  get restorer(): Restorer | null {
    return this.#graphs.restorer;
  }

  get decoder(): Decoder {
    return this.#graphs.decoder;
  }

  /** An empty sequence. */
  openSequence(): Sequence {
    return new Sequence({ ...this.#graphs, memory: this.info.memory });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#graphs[Symbol.asyncDispose]();
  }
}

/**
 * Which kernels suit a provider: integer rows on the CPU, MatMulNBits on the GPU (runtime.md, Recommended design). A small
 * decoder stays float32: activations in 8 bits changed one long answer in six (docs/log.md, starter version 1). So does a
 * small encoder of codes: in 8 bits it chose four codewords in ten differently, and answers follow them.
 */
async function recipeFor(
  provider: Provider,
  quantization: Quantization,
  { weights, adapter }: ModelPackage,
): Promise<Recipe> {
  if (quantization === "float32") return { encoder: "float32", decoder: "float32", weightRange: 127 };
  if (provider === "webgpu") return { encoder: "blocks8", decoder: "blocks8", weightRange: 127 };
  const isSmall = weights.parameters <= MOST_EXACT_PARAMETERS;
  return {
    encoder: isSmall && adapter.form === "codes" ? "float32" : "rowwise8",
    decoder: isSmall ? "float32" : "blocks8",
    weightRange: await probeWeightRange(),
  };
}

/** Graphs on the GPU that gave the CPU's answers on this device, or why not. */
async function openVerifiedGpu(
  model: ModelPackage,
  quantization: Quantization,
  cacheFolder: string,
  threads: number,
): Promise<{ graphs: Graphs; recipe: Recipe } | string> {
  const recipe = await recipeFor("webgpu", quantization, model);
  const compiled = compileModel(model, recipe, cacheFolder);
  let graphs: Graphs | null = null;
  try {
    graphs = await openGraphs(model, compiled, { provider: "webgpu", threads });
    await using reference = await openGraphs(model, compiled, { provider: "cpu", threads });
    const difference = compareAnswers(
      await knownAnswer(graphs, model.adapter.info),
      await knownAnswer(reference, model.adapter.info),
    );
    if (difference === null) return { graphs, recipe };
    await graphs[Symbol.asyncDispose]();
    return difference;
  } catch (error) {
    await graphs?.[Symbol.asyncDispose]();
    if (error instanceof EngineError) return error.message;
    throw error;
  }
}

async function openGraphs(model: ModelPackage, compiled: CompiledModel, options: SessionOptions): Promise<Graphs> {
  const { config, adapter } = model;
  await using opened = new AsyncDisposableStack();
  const open = async (path: string): Promise<GraphSession> => opened.use(await openSession(path, options));
  const ranges = encoderParts(config.shape, adapter.info.segmentLength);
  const parts: EncoderSession[] = [];
  for (const [i, path] of compiled.encoderPaths.entries()) {
    const { from, to } = ranges[i];
    parts.push({ session: await open(path), layers: Array.from({ length: to - from }, (_, n) => from + n) });
  }
  const decoder = new Decoder(config, await open(compiled.decoderPath));
  const restorer =
    adapter.form === "codes" && compiled.restorerPath !== null
      ? new Restorer(config, adapter, await open(compiled.restorerPath))
      : null;
  const sessions = opened.move();
  return {
    encoder:
      adapter.form === "codes"
        ? new CodesEncoder(config, adapter, parts)
        : new GistEncoder(config, adapter.info, parts),
    decoder,
    restorer,
    [Symbol.asyncDispose]: () => sessions.disposeAsync(),
  };
}

function infoOf(
  model: ModelPackage,
  quantization: Quantization,
  recipe: Recipe,
  provider: Provider,
  providerReason: string,
): ModelInfo {
  const { config, adapter, weights } = model;
  return {
    name: model.name,
    family: config.family.modelType,
    parameters: weights.parameters,
    shape: config.shape,
    maxPositions: config.maxPositions,
    memory: adapter.info,
    hashes: {
      // What config.json says about computing changes memories as much as the weights do.
      weights: contentKey(weights.hash, JSON.stringify(config)),
      tokenizer: model.tokenizerHash,
      adapter: adapter.hash,
    },
    graphVersion: `${GRAPH_VERSION}-${recipe.encoder}-${recipe.weightRange}-${provider}`,
    quantization,
    provider,
    providerReason,
  };
}
