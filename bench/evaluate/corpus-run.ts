/**
 * Books that nobody has seen: haystacks of a corpus file, searched and answered in this process, beside plain BM25.
 * Evidence is the answer, word for word, inside the text that the question is about. Every haystack is also asked the
 * questions of the others, which it cannot answer.
 */
import { answerQuestion } from "../../engine/answering/answer.ts";
import type { Answer, Citation, DocumentId, OutlineEntry } from "../../engine/protocol/dto.ts";
import { PlainBm25 } from "../../engine/retrieval/baseline.ts";
import { openDirectLibrary } from "./direct.ts";
import type { DirectLibrary } from "./direct.ts";
import { makeHaystacks } from "./haystack.ts";
import type { Haystack, HaystackOptions, HaystackQuestion } from "./haystack.ts";
import { CITATIONS, plain, summarise } from "./measure.ts";
import type { Marks, Summary } from "./measure.ts";

/** At most so many questions of one haystack are asked. */
const MOST_QUESTIONS = 120;
const MOST_FOREIGN = 60;

type Stretch = Pick<Citation, "start" | "end" | "text">;

export async function evaluateCorpus(corpusFile: string, options: HaystackOptions): Promise<Summary[]> {
  const haystacks = makeHaystacks(corpusFile, options);
  const marks = new Map<string, Marks[]>();
  const add = (name: string, mark: Marks): void => void marks.set(name, [...(marks.get(name) ?? []), mark]);
  for (const haystack of haystacks) {
    using library = openDirectLibrary();
    const id = await library.addRows(haystack.rows);
    const outline = library.store.documents.outline(id);
    const peers = [60, 180].map((windowWords) => ({
      name: `BM25, ${windowWords} words`,
      bm25: new PlainBm25(library.store.chunks, [id], { windowWords }),
    }));
    for (const asked of someOf(haystack.questions, MOST_QUESTIONS)) {
      for (const { name, bm25 } of peers) {
        const began = performance.now();
        const found = bm25.search(asked.question, CITATIONS);
        add(
          name,
          mark(asked, outline, {
            citations: found,
            refused: false,
            answer: textOf(found),
            ms: performance.now() - began,
          }),
        );
      }
      const answer = await ask(library, id, asked.question);
      add("search only, quoted", mark(asked, outline, given(answer)));
    }
    for (const asked of someOf(foreign(haystacks, haystack), MOST_FOREIGN)) {
      const answer = await ask(library, id, asked.question);
      add("search only, quoted", { ...mark(asked, [], given(answer)), answerable: false, evidenceRank: 0 });
    }
  }
  return [...marks].map(([name, list]) => summarise(name, list));
}

const foreign = (all: readonly Haystack[], own: Haystack): HaystackQuestion[] =>
  all.filter((other) => other !== own).flatMap(({ questions }) => questions);

function someOf<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return items.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}

interface Given {
  readonly citations: readonly Stretch[];
  readonly refused: boolean;
  readonly answer: string;
  readonly ms: number;
}

const textOf = (found: readonly Stretch[]): string =>
  found
    .slice(0, 3)
    .map(({ text }) => text)
    .join(" ");

const given = (answer: Answer): Given => ({
  citations: answer.citations.slice(0, CITATIONS),
  refused: !answer.answerable,
  answer: answer.answer,
  ms: answer.timings["totalMs"] ?? 0,
});

function mark(
  asked: HaystackQuestion,
  outline: readonly OutlineEntry[],
  { citations, refused, answer, ms }: Given,
): Marks {
  const own = outline.find(({ title }) => title === asked.title);
  const holds = ({ start, end, text }: Stretch): boolean =>
    own !== undefined && start < own.end && end > own.start && plain(text).includes(plain(asked.answer));
  return {
    id: asked.question,
    answerable: true,
    refused,
    evidenceRank: citations.findIndex(holds) + 1,
    precision: citations.length === 0 ? 0 : citations.slice(0, 3).filter(holds).length / Math.min(3, citations.length),
    containsAnswer: plain(answer).includes(plain(asked.answer)),
    rightPlaces: citations.length,
    places: citations.length,
    longest: Math.max(0, ...citations.map(({ text }) => text.split(/\s+/u).length)),
    ms,
  };
}

async function ask(library: DirectLibrary, documentId: DocumentId, question: string): Promise<Answer> {
  const never = new AbortController().signal;
  const request = {
    question,
    scope: [documentId],
    route: "find",
    composer: "extractive",
    memory: "off",
    seed: 0,
  } as const;
  for await (const event of answerQuestion(request, library.sources, { cancel: never, stop: never }))
    if (event.type === "done") return event.answer;
  throw new Error(`no answer to: ${question}`);
}
