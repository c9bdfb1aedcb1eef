/**
 * The ONE importer of onnxruntime-node: sessions, tensors, threads, providers, foreign errors made ours.
 * Knows nothing about what a graph computes. A run blocks its thread until it ends; hence worker.ts.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { EngineError } from "../protocol/errors.ts";
import type { Provider } from "./types.ts";

/** A graph input: bytes are used in place, not copied. */
export type TensorInput = Tensor;

export interface SessionOptions {
  readonly provider: Provider;
  readonly threads: number;
}

export interface GraphSession extends AsyncDisposable {
  /** Names of the wanted outputs; only these are copied out of the runtime. All our outputs are float32. */
  run(inputs: Readonly<Record<string, TensorInput>>, outputs: readonly string[]): Promise<Record<string, Float32Array>>;
}

export function floatTensor(data: Float32Array, dims: readonly number[]): TensorInput {
  return new Tensor("float32", data, dims);
}

export function int64Tensor(values: readonly number[], dims: readonly number[] = [values.length]): TensorInput {
  return new Tensor("int64", BigInt64Array.from(values, BigInt), dims);
}

export function byteTensor(data: Uint8Array, dims: readonly number[]): TensorInput {
  return new Tensor("uint8", data, dims);
}

/** Loads a graph from a file (external weights lie beside it) or from bytes. Errors: ModelLoadFailed. */
export async function openSession(graph: string | Uint8Array, options: SessionOptions): Promise<GraphSession> {
  const settings: InferenceSession.SessionOptions = {
    executionProviders: [options.provider],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // Halves the encoder's resident memory for 4 to 8 % of time (runtime.md 2).
    enableCpuMemArena: false,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  };
  try {
    const session = await (typeof graph === "string"
      ? InferenceSession.create(graph, settings)
      : InferenceSession.create(graph, settings));
    return new OrtSession(session);
  } catch (cause) {
    throw new EngineError(
      "ModelLoadFailed",
      `the runtime refused a graph on ${options.provider}: ${messageOf(cause)}`,
      {
        hint: "Choose the CPU in the settings, or another model.",
        cause,
      },
    );
  }
}

class OrtSession implements GraphSession {
  readonly #session: InferenceSession;

  constructor(session: InferenceSession) {
    this.#session = session;
  }

  async run(
    inputs: Readonly<Record<string, TensorInput>>,
    outputs: readonly string[],
  ): Promise<Record<string, Float32Array>> {
    let results: InferenceSession.OnnxValueMapType;
    try {
      results = await this.#session.run(inputs, outputs);
    } catch (cause) {
      throw new EngineError("Internal", `a model run failed: ${messageOf(cause)}`, { cause });
    }
    const out: Record<string, Float32Array> = {};
    for (const name of outputs) {
      const data = results[name]?.data;
      if (!(data instanceof Float32Array)) throw new EngineError("Internal", `output ${name} is not float32`);
      out[name] = data;
    }
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
