/**
 * The route of questions over the whole that ask for something in it (list, count, order, change, trace): every part of
 * the document is asked, and the citations span it.
 * Owns: the order of the answer, and the claim of what was checked, which is made only after a scan to the end.
 * Does not know: scores, words to quote, parts (gathering/).
 */
import type { AnswerEvent, AnswerSentence } from "../protocol/dto.ts";
import { findEvidence } from "./find.ts";
import { checkedSentence, frame, NOT_SAID, placesSentence } from "./frames.ts";
import { chooseAcross, partAt } from "./gathering/choose.ts";
import type { Gathered } from "./gathering/choose.ts";
import { beginsWithBest, formOf, type GatherForm } from "./gathering/form.ts";
import { partsOf } from "./gathering/parts.ts";
import type { Part, PartName } from "./gathering/parts.ts";
import { withMemory } from "./gathering/remember.ts";
import { Scanner } from "./gathering/scan.ts";
import type { Candidate } from "./gathering/scan.ts";
import { topicOf } from "./gathering/topic.ts";
import type { Topic } from "./gathering/topic.ts";
import { Pace } from "./pace.ts";
import { cite, CoverageMeter, foundBy } from "./places.ts";
import type { Task } from "./types.ts";

/** Passages that each search ranks. */
const RANKED = 150;
/** Quotations of the route to a place with which the answer begins when the question may ask for one place only. */
const BEST_FIRST = 3;
/** Candidates kept while a very long scope is scanned. */
const MOST_CANDIDATES = 20_000;

/** For a question that may ask for one place, of which search is not sure: the stretches that must hold its subject. */
const LOOKED_AT = 20;
const LEAST_HELD = 0.5;

interface Checked {
  readonly parts: readonly Part[];
  readonly name: PartName;
  readonly isWhole: boolean;
  readonly form: GatherForm;
}

export async function* gatherRoute(task: Task): AsyncGenerator<AnswerEvent, void> {
  const { sources, request, draft, signals } = task;
  const began = performance.now();
  const meter = new CoverageMeter(sources, request.scope);
  const topic = topicOf(request.question, sources, request.scope);
  const { quotations, confidence } = await findEvidence(request.question, task, null);
  if (topic.isEmpty || (confidence === "not found" && topic.isAbsent)) {
    yield* sayNothing(task, meter);
    return;
  }
  const { parts, name } = partsOf(sources, request.scope);
  const scanner = searchFor(task, topic);
  const candidates = scanner.ranked();
  const asked = formOf(request.question) ?? { form: "list", isSure: false };
  const { isSure } = asked;
  if (!isSure && confidence === "not found" && !holdsSubject(candidates, scanner, sources.texts)) {
    yield* sayNothing(task, meter);
    return;
  }
  const pace = new Pace(signals);
  let isWhole = true;
  for (const chunk of sources.retriever.scanChunks(request.scope)) {
    if ((await pace.step()) === "stop") {
      isWhole = false;
      break;
    }
    candidates.push(...scanner.read(chunk));
    if (candidates.length > 2 * MOST_CANDIDATES) keepBest(candidates);
    meter.mark(chunk.documentId, chunk.start, chunk.end);
    if (pace.isReportDue) yield { type: "coverage", coverage: meter.now() };
  }
  const first = beginsWithBest(request.question, asked)
    ? quotations.slice(0, BEST_FIRST).map((place) => ({ ...place, part: partAt(parts, place) }))
    : [];
  const worthOf = (text: string): number => {
    const { own, told } = scanner.measure(text);
    return own + told;
  };
  const weighed = await withMemory(candidates, task);
  const others = chooseAcross(weighed, parts, first, { texts: sources.texts, worthOf });
  draft.timings["searchMs"] = performance.now() - began;
  draft.coverage = meter.now();
  yield { type: "coverage", coverage: draft.coverage };
  yield* tell(task, scanner, [...first, ...others], { parts, name, isWhole, form: asked.form });
  draft.answerable = draft.citations.length > 0;
  // A list is never surer than the evidence for the question as a whole.
  draft.confidence = !draft.answerable ? "not found" : confidence === "stated" ? "stated" : "likely";
}

function searchFor({ sources, request }: Task, topic: Topic): Scanner {
  const search = (words: string): ReturnType<typeof sources.retriever.search> =>
    sources.retriever.search(words, request.scope, { limit: RANKED });
  const subject = search(topic.subject);
  return new Scanner(topic, subject, topic.expanded === topic.subject ? subject : search(topic.expanded));
}

/** Some stretch among the best holds half of the subject's weight, or only a kind of thing is asked for. */
function holdsSubject(candidates: readonly Candidate[], scanner: Scanner, texts: Task["sources"]["texts"]): boolean {
  const best = [...candidates].sort((a, b) => b.score - a.score).slice(0, LOOKED_AT);
  return best.some(({ documentId, start, end }) => {
    const { own, told } = scanner.measure(texts.text(documentId, start, end));
    return Math.max(own, told) >= LEAST_HELD;
  });
}

function keepBest(candidates: Candidate[]): void {
  candidates.sort((a, b) => b.score - a.score);
  candidates.length = MOST_CANDIDATES;
}

function* sayNothing({ draft }: Task, meter: CoverageMeter): Generator<AnswerEvent, void> {
  draft.coverage = meter.now();
  draft.sentences.push(frame(NOT_SAID));
  yield { type: "sentence", sentence: frame(NOT_SAID) };
}

/** Citations best first; the sentences of the answer in the order of the document. */
function* tell(
  task: Task,
  scanner: Scanner,
  places: readonly Gathered[],
  checked: Checked,
): Generator<AnswerEvent, void> {
  const { draft, sources, request } = task;
  const quoted: { readonly place: Gathered; readonly sentence: AnswerSentence }[] = [];
  for (const place of places) {
    const citation = cite(sources.texts, place, foundBy("words", scanner.wordsIn(place.text), place.score));
    if (!citation.supported) continue;
    const index = draft.citations.push(citation) - 1;
    yield { type: "citation", index, citation };
    quoted.push({ place, sentence: { text: citation.text, voice: "document", citations: [index] } });
  }
  const order = new Map(request.scope.map((id, at) => [id, at]));
  const rank = ({ place }: { readonly place: Gathered }): number => order.get(place.documentId) ?? 0;
  quoted.sort((a, b) => rank(a) - rank(b) || a.place.start - b.place.start);
  const spanned = new Set(quoted.map(({ place }) => place.part)).size;
  const found =
    quoted.length === 0
      ? NOT_SAID
      : placesSentence(quoted.length, spanned, { total: checked.parts.length, name: checked.name }, checked.form);
  const said = checkedSentence(draft.coverage);
  const sentences = [
    frame(found),
    frame(checked.isWhole ? said : `Stopped. ${said}`),
    ...quoted.map(({ sentence }) => sentence),
  ];
  for (const sentence of sentences) {
    draft.sentences.push(sentence);
    yield { type: "sentence", sentence };
  }
}
