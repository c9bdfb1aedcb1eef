/** The made-up library: four documents in different states, a job that is reading, and their leaves. Pure. */
import type { DocumentId, DocumentSummary, Job, JobId, Leaf } from "../../../engine/protocol/dto.ts";
import { PAGE_HEIGHT, type Book, type Repository } from "./scripted-book.ts";

export const BOOK_ID = "book" as DocumentId;
export const HALF_ID = "half" as DocumentId;
export const REPOSITORY_ID = "ferry" as DocumentId;

const DAY = 86_400_000;

export function scriptedLibrary(
  book: Book,
  repository: Repository,
  now: number,
  isFirstStart: boolean,
): DocumentSummary[] {
  const base = {
    format: "pdf",
    state: "read",
    files: 0,
    addedAt: now - 3 * DAY,
    openedAt: now,
    isSample: false,
    picturePages: 0,
    warnings: [] as string[],
  } satisfies Partial<DocumentSummary>;
  const first: DocumentSummary = {
    ...base,
    id: BOOK_ID,
    title: "The Green Gallery",
    author: "A. Nobody",
    pages: book.pages,
    characters: book.text.length,
    tokens: 52_000,
    segments: 102,
    segmentsRead: 102,
    memoryBytes: 82_000_000,
    isSample: true,
  };
  const second: DocumentSummary = {
    ...base,
    id: REPOSITORY_ID,
    title: "ferry",
    author: "",
    format: "repository",
    pages: 0,
    files: repository.files.length,
    characters: repository.text.length,
    tokens: 1_900,
    segments: 4,
    segmentsRead: 4,
    memoryBytes: 2_100_000,
    openedAt: now - 2 * DAY,
    isSample: true,
  };
  if (isFirstStart) return [first, second];
  return [
    { ...first, isSample: false },
    {
      ...first,
      id: HALF_ID,
      title: "A Longer Winter",
      author: "B. Nobody",
      isSample: false,
      state: "reading",
      segmentsRead: 47,
      memoryBytes: 38_000_000,
    },
    { ...second, isSample: false },
    {
      ...first,
      id: "scan" as DocumentId,
      title: "Tide Tables, scan of 1687",
      author: "",
      isSample: false,
      picturePages: 9,
      openedAt: now - 9 * DAY,
    },
  ];
}

export function readingJob(): Job {
  return {
    id: "job-half" as JobId,
    kind: "read",
    title: "A Longer Winter",
    documentId: HALF_ID,
    state: "running",
    error: null,
    result: null,
    seq: 5,
    progress: {
      phase: "reading",
      done: 24_000,
      total: 52_000,
      unit: "tokens",
      perSecond: 8_200,
      leftMs: [62_000, 118_000],
    },
  };
}

export function scriptedLeaf(document: DocumentSummary, book: Book, repository: Repository): Leaf {
  if (document.format === "repository") {
    const bars = repository.files.map((file) => ({
      begin: 0,
      end: Math.min(1, 0.3 + file.lines / 60),
      state: "read" as const,
    }));
    return { bars, parts: [], unit: "files" };
  }
  const read = Math.floor((document.segmentsRead / document.segments) * book.pages);
  const bars = Array.from({ length: book.pages }, (_, index) => {
    const lines = book.lines.filter((line) => line.page === index + 1);
    const isPicture = document.picturePages > 0 && index > 40 && index <= 40 + document.picturePages;
    return {
      begin: (lines[0]?.box[1] ?? 0) / PAGE_HEIGHT,
      end: (lines.at(-1)?.box[3] ?? PAGE_HEIGHT) / PAGE_HEIGHT,
      state: isPicture ? ("picture" as const) : index < read ? ("read" as const) : ("unread" as const),
    };
  });
  const parts = book.outline
    .filter((entry) => entry.level === 1)
    .map(({ title, page }) => ({ title, bar: (page ?? 1) - 1 }));
  return { bars, parts, unit: "pages" };
}
