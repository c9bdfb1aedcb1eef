/**
 * The route through everything: every passage of the scope is read, every sentence that holds the topic is an item.
 * Owns: the scan, and the claim "Checked N of N", which is made only when the scan came to its end.
 * Does not know: ranking; order is the order of reading.
 */
import type { AnswerEvent } from "../protocol/dto.ts";
import { visitTokens } from "../retrieval/search-tokenizer.ts";
import type { IndexedChunk } from "../retrieval/types.ts";
import { checkedSentence, countSentence, frame } from "./frames.ts";
import { Pace } from "./pace.ts";
import { cite, CoverageMeter } from "./places.ts";
import { wordsOf } from "./question.ts";
import { countTopic } from "./route.ts";
import type { Task } from "./types.ts";
import { lengthOfWords, QUOTE_WORDS, unitsOf } from "./windows.ts";
import type { Unit } from "./windows.ts";

/** Items that are shown; all are counted. */
const MOST_SHOWN = 40;

export async function* countRoute(task: Task): AsyncGenerator<AnswerEvent, void> {
  const { sources, request, draft } = task;
  const topic = countTopic(request.question);
  const terms = wordsOf(topic).map(({ term }) => term);
  const pace = new Pace(task.signals);
  const meter = new CoverageMeter(sources, request.scope);
  const began = performance.now();
  const tally = { places: 0, items: 0 };
  let isWhole = true;
  for (const chunk of sources.retriever.scanChunks(request.scope)) {
    if ((await pace.step()) === "stop") {
      isWhole = false;
      break;
    }
    for (const { unit, places } of itemsIn(chunk, terms)) {
      tally.places += places;
      tally.items += 1;
      if (tally.items <= MOST_SHOWN) yield* showItem(task, chunk, unit);
    }
    meter.mark(chunk.documentId, chunk.start, chunk.end);
    if (pace.isReportDue) yield { type: "coverage", coverage: meter.now() };
  }
  draft.timings["searchMs"] = performance.now() - began;
  draft.coverage = meter.now();
  yield { type: "coverage", coverage: draft.coverage };
  yield* sayTotal(task, topic, tally, isWhole);
}

function* sayTotal(
  task: Task,
  topic: string,
  tally: { readonly places: number; readonly items: number },
  isWhole: boolean,
): Generator<AnswerEvent, void> {
  const { draft } = task;
  draft.answerable = tally.items > 0;
  draft.confidence = tally.items > 0 ? "stated" : "not found";
  const said = [frame(countSentence(topic, tally.places, tally.places))];
  if (tally.items > MOST_SHOWN)
    said.push(frame(`They stand in ${tally.items} sentences; the first ${MOST_SHOWN} are shown.`));
  // A stopped scan has seen a part only: its number is not the count of the whole.
  said.push(frame(isWhole ? checkedSentence(draft.coverage) : `Stopped. ${checkedSentence(draft.coverage)}`));
  // The number stands first in the finished answer; it is known last.
  draft.sentences.unshift(...said);
  for (const sentence of said) yield { type: "sentence", sentence };
}

/** Sentences (or lines) that hold every word of the topic, with how often its rarest word stands there. */
export function itemsIn(
  chunk: Pick<IndexedChunk, "text" | "start" | "isCode">,
  terms: readonly string[],
): { unit: Unit; places: number }[] {
  const wanted = new Set(terms);
  const here = new Set<string>();
  visitTokens(chunk.text, (term) => {
    if (wanted.has(term)) here.add(term);
  });
  if (here.size < wanted.size) return [];
  const items: { unit: Unit; places: number }[] = [];
  for (const unit of unitsOf(chunk.text, chunk.start, chunk.isCode)) {
    const counts = new Map<string, number>();
    visitTokens(unit.text, (term) => {
      if (wanted.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1);
    });
    if (counts.size === wanted.size) items.push({ unit, places: Math.min(...counts.values()) });
  }
  return items;
}

function* showItem(task: Task, chunk: IndexedChunk, unit: Unit): Generator<AnswerEvent, void> {
  const { texts } = task.sources;
  const end = unit.words > QUOTE_WORDS ? unit.start + lengthOfWords(unit.text, QUOTE_WORDS) : unit.end;
  const text = unit.text.slice(0, end - unit.start);
  const citation = cite(texts, { documentId: chunk.documentId, start: unit.start, end, text }, null);
  if (!citation.supported) return;
  const index = task.draft.citations.push(citation) - 1;
  yield { type: "citation", index, citation };
  const sentence = { text: citation.text, voice: "document" as const, citations: [index] };
  task.draft.sentences.push(sentence);
  yield { type: "sentence", sentence };
}
