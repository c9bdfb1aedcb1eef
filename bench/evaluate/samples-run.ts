/**
 * The samples through the program's own host, as every face of it asks: searched only, with memory, with a wrong memory.
 * Owns: which ways of asking are compared. Does not know: how answers are made, how tables look.
 */
import { join } from "node:path";
import type { Answer, DocumentId, EngineClient, MemoryMode } from "../../engine/protocol/index.ts";
import { importPath, openBenchLibrary } from "../support/library.ts";
import type { BenchLibrary } from "../support/library.ts";
import { openDirectLibrary } from "./direct.ts";
import { markAnswer, summarise } from "./measure.ts";
import type { Marks, PlaceText, Summary } from "./measure.ts";
import { markPeer, placeTexts } from "./peers.ts";
import { readQuestions } from "./questions.ts";
import type { EvaluationQuestion } from "./questions.ts";
import type { LikelihoodRow } from "./table.ts";

const ASSETS = join(import.meta.dirname, "..", "..", "assets");
export const SAMPLES = {
  book: { path: join(ASSETS, "sample-book", "the-lost-world.pdf"), folder: null },
  repository: { path: join(ASSETS, "sample-repository", "ferry"), folder: join(ASSETS, "sample-repository", "ferry") },
} as const;
export type SampleName = keyof typeof SAMPLES;

/** What is compared. Written answers need a model; without one these rows are left out. */
const WAYS = [
  { name: "search only, quoted", composer: "extractive", memory: "off" },
  { name: "with memory, written", composer: "generative", memory: "on" },
  { name: "without memory, written", composer: "generative", memory: "off" },
  { name: "with the wrong book's memory, written", composer: "generative", memory: "wrong" },
] as const satisfies readonly { name: string; composer: Answer["composer"]; memory: MemoryMode }[];

export interface SampleResult {
  readonly sample: SampleName;
  readonly summaries: readonly Summary[];
  readonly likelihoods: readonly LikelihoodRow[];
  readonly marks: Readonly<Record<string, readonly Marks[]>>;
}

export async function evaluateSamples(
  names: readonly SampleName[],
  options: { readonly written: boolean },
): Promise<SampleResult[]> {
  await using library = await openBenchLibrary();
  const ids = new Map<SampleName, DocumentId>();
  // Both are always imported: each is the other's wrong memory.
  for (const name of ["book", "repository"] as const) {
    const { documentId } = await importPath(library, SAMPLES[name].path, { read: options.written });
    ids.set(name, documentId);
  }
  const results: SampleResult[] = [];
  for (const name of names) {
    const id = ids.get(name);
    if (id !== undefined) results.push(await evaluateSample(library, name, id, options.written));
  }
  return results;
}

async function evaluateSample(
  library: BenchLibrary,
  sample: SampleName,
  documentId: DocumentId,
  written: boolean,
): Promise<SampleResult> {
  const questions = readQuestions(sample);
  using direct = openDirectLibrary();
  const directId = await direct.addPath(SAMPLES[sample].path);
  const places = placeTexts(direct, directId, SAMPLES[sample].folder);
  const marks: Record<string, readonly Marks[]> = {
    "BM25, 60 words": await markPeer(direct, directId, questions, 60, places),
    "BM25, 180 words": await markPeer(direct, directId, questions, 180, places),
  };
  for (const way of WAYS) {
    if (way.composer === "generative" && !written) continue;
    marks[way.name] = await markWay(library.client, documentId, questions, way, places);
  }
  const summaries = Object.entries(marks).map(([name, list]) => summarise(name, list));
  const likelihoods = written ? await likelihoodsOf(library.client, documentId, questions) : [];
  return { sample, summaries, likelihoods, marks };
}

async function markWay(
  client: EngineClient,
  documentId: DocumentId,
  questions: readonly EvaluationQuestion[],
  way: (typeof WAYS)[number],
  places: PlaceText,
): Promise<Marks[]> {
  const marks: Marks[] = [];
  for (const question of questions) {
    const began = performance.now();
    const answer = await ask(client, documentId, question.question, way);
    marks.push(markAnswer(question, { ...answer, ms: performance.now() - began }, places));
  }
  return marks;
}

async function ask(
  client: EngineClient,
  documentId: DocumentId,
  question: string,
  way: (typeof WAYS)[number],
): Promise<Answer> {
  const events = client.stream("answer.ask", {
    scope: [documentId],
    question,
    composer: way.composer,
    memory: way.memory,
  });
  for await (const event of events) if (event.type === "done") return event.answer;
  throw new Error(`no answer to: ${question}`);
}

async function likelihoodsOf(
  client: EngineClient,
  documentId: DocumentId,
  questions: readonly EvaluationQuestion[],
): Promise<LikelihoodRow[]> {
  const asked = questions.filter(({ answerable }) => answerable);
  const rows: LikelihoodRow[] = [];
  for (const memory of ["on", "off", "wrong"] as const) {
    let nats = 0;
    let tokens = 0;
    let slots = 0;
    for (const { question, answers } of asked) {
      const target = answers.join(", ");
      const found = await client.call("evaluate.nll", { documentId, question, target, memory });
      // JSON has no NaN: a broken memory must not look like a perfect one.
      if (!Number.isFinite(found.nll))
        throw new Error(`${documentId}: the likelihood is not a number with memory ${memory}`);
      nats += found.nll * found.tokens;
      tokens += found.tokens;
      slots += found.memorySlots;
    }
    const name = { on: "its memory", off: "no memory", wrong: "the wrong memory" }[memory];
    rows.push({
      name,
      questions: asked.length,
      nll: nats / Math.max(1, tokens),
      memorySlots: slots / Math.max(1, asked.length),
    });
  }
  return rows;
}
