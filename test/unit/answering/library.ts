/** A real store in a temporary folder with a short document, for the answering tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerQuestion } from "../../../engine/answering/answer.ts";
import type { AnswerRequest, AnswerSources } from "../../../engine/answering/types.ts";
import { sha256 } from "../../../engine/base/hash.ts";
import type { ParserRow } from "../../../engine/documents/rows.ts";
import type { Answer, AnswerEvent, DocumentId } from "../../../engine/protocol/dto.ts";
import { createRetriever } from "../../../engine/retrieval/retriever.ts";
import { openStore } from "../../../engine/store/open-store.ts";
import type { LibraryStore } from "../../../engine/store/types.ts";
import { summarizeDocument } from "../../../engine/summarizing/summarize.ts";

export interface TestLibrary extends Disposable {
  readonly store: LibraryStore;
  readonly sources: AnswerSources;
}

export function openTestLibrary(): TestLibrary {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-answering-"));
  const store = openStore(folder);
  return {
    store,
    sources: {
      retriever: createRetriever(store.chunks),
      texts: store.texts,
      documents: store.documents,
      chunks: store.chunks,
      summary: (id, signal) => summarizeDocument(id, store, { signal }),
      remembering: null,
      reader: null,
    },
    [Symbol.dispose]() {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Pages of paragraphs; a paragraph that begins with "# " is a heading and an entry of the outline. */
export async function addPages(
  library: TestLibrary,
  title: string,
  pages: readonly (readonly string[])[],
): Promise<DocumentId> {
  const rows: ParserRow[] = [
    {
      type: "document",
      format: "pdf",
      title,
      author: "",
      metadata: {},
      sha256: sha256(title),
      sizeBytes: 1,
      pages: pages.length,
    },
  ];
  let blocks = 0;
  pages.forEach((paragraphs, i) => {
    const page = i + 1;
    rows.push({ type: "page", page, label: String(page), width: 400, height: 600, isPicture: false });
    for (const paragraph of paragraphs) {
      const isHeading = paragraph.startsWith("# ");
      const text = isHeading ? paragraph.slice(2) : paragraph;
      if (isHeading) rows.push({ type: "outline", level: 1, title: text, page, block: blocks });
      rows.push({
        type: "block",
        kind: isHeading ? "heading" : "paragraph",
        text,
        level: isHeading ? 1 : 0,
        page,
        line: null,
        endLine: null,
        continues: false,
        hidden: false,
        lines: [],
      });
      blocks += 1;
    }
  });
  rows.push({ type: "end", blocks });
  const session = library.store.importDocument({ grant: title });
  for (const row of rows) session.add(row);
  return (await session.finish()).documentId;
}

export interface Asked {
  readonly events: readonly AnswerEvent[];
  readonly answer: Answer;
}

export async function ask(
  library: TestLibrary,
  scope: readonly DocumentId[],
  question: string,
  options: Partial<AnswerRequest> & { readonly cancel?: AbortSignal; readonly stop?: AbortSignal } = {},
): Promise<Asked> {
  const never = new AbortController().signal;
  const { cancel = never, stop = never, ...request } = options;
  const events: AnswerEvent[] = [];
  const full: AnswerRequest = { question, scope, composer: "extractive", memory: "off", seed: 0, ...request };
  for await (const event of answerQuestion(full, library.sources, { cancel, stop })) events.push(event);
  const last = events.at(-1);
  if (last?.type !== "done") throw new Error("the last event is not the answer");
  return { events, answer: last.answer };
}

/** Enough prose of one kind that words have rarities; no name of it occurs in the tests' questions. */
export function filler(count: number): string[] {
  const subjects = ["The miller", "A carpenter", "The old teacher", "Her neighbour", "The ferryman", "A young clerk"];
  const deeds = [
    "repaired the fence",
    "carried water uphill",
    "counted the sacks",
    "closed the shutters",
    "read the newspaper",
    "sang in the kitchen",
  ];
  const times = [
    "before breakfast",
    "on a cold evening",
    "while the rain fell",
    "without a word",
    "for the third time",
    "as usual",
  ];
  return Array.from(
    { length: count },
    (_, i) =>
      `${subjects[i % 6]} ${deeds[(i * 5 + 1) % 6]} ${times[(i * 7 + 2) % 6]}. Nobody in the village thought much of it, and number ${i} was forgotten.`,
  );
}
