/**
 * Plain data that crosses the contract, as schemas; the types are inferred, nobody writes one twice.
 * Units: text offsets are UTF-16 units in a document's normalised text; times ms since epoch or ms; sizes bytes;
 * `page` counts from 1, `line` counts from 1; boxes are [x0, y0, x1, y1] in points from the page's top left corner.
 */
import { z } from "zod";

export const documentId = z.string().min(1).max(80).brand<"DocumentId">();
export type DocumentId = z.infer<typeof documentId>;
export const jobId = z.string().min(1).max(80).brand<"JobId">();
export type JobId = z.infer<typeof jobId>;

/** What was opened: one file with pages, one file without, or a folder of files. */
export const documentFormat = z.enum(["pdf", "epub", "docx", "html", "markdown", "text", "repository"]);
export type DocumentFormat = z.infer<typeof documentFormat>;

export const documentState = z.enum(["importing", "searchable", "reading", "paused", "read", "failed"]);
export type DocumentState = z.infer<typeof documentState>;

export const documentSummary = z.object({
  id: documentId,
  title: z.string(),
  author: z.string(),
  format: documentFormat,
  state: documentState,
  /** Pages of a paged document, else 0. */
  pages: z.number().int(),
  /** Files of a repository, else 0. */
  files: z.number().int(),
  characters: z.number().int(),
  tokens: z.number().int(),
  /** Segments of the memory plan, and how many are read. */
  segments: z.number().int(),
  segmentsRead: z.number().int(),
  memoryBytes: z.number().int(),
  addedAt: z.number(),
  openedAt: z.number(),
  /** Part of the bundled samples. */
  isSample: z.boolean(),
  /** Pages without a text layer ("pictures of text"). */
  picturePages: z.number().int(),
  warnings: z.array(z.string()),
});
export type DocumentSummary = z.infer<typeof documentSummary>;

/** One entry of the contents: a chapter, a section, a folder or a file. Tree by `level` (1 = top). */
export const outlineEntry = z.object({
  level: z.number().int(),
  title: z.string(),
  start: z.number().int(),
  end: z.number().int(),
  page: z.number().int().nullable(),
  file: z.string().nullable(),
});
export type OutlineEntry = z.infer<typeof outlineEntry>;

export const skippedFile = z.object({ path: z.string(), reason: z.string() });
export type SkippedFile = z.infer<typeof skippedFile>;

export const documentDetail = z.object({
  summary: documentSummary,
  outline: z.array(outlineEntry),
  skipped: z.array(skippedFile),
  skippedTotal: z.number().int(),
  metadata: z.record(z.string(), z.string()),
  /** Bytes of stored memory per 1,000 source tokens; 0 before anything was read. */
  memoryBytesPerThousandTokens: z.number(),
  chunks: z.number().int(),
});
export type DocumentDetail = z.infer<typeof documentDetail>;

/** Where a stretch of text stands: page and boxes, or file and lines. */
export const place = z.object({
  documentId,
  start: z.number().int(),
  end: z.number().int(),
  page: z.number().int().nullable(),
  pageLabel: z.string().nullable(),
  file: z.string().nullable(),
  line: z.number().int().nullable(),
  endLine: z.number().int().nullable(),
  /** Contents path of the place, outermost first. */
  heading: z.array(z.string()),
});
export type Place = z.infer<typeof place>;

export const lineBox = z.object({
  page: z.number().int(),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
});
export type LineBox = z.infer<typeof lineBox>;

/** Why a passage was chosen: shown on demand. */
export const whyChosen = z.object({
  /** Words of the question that stand there, rarest first. */
  words: z.array(z.string()),
  retriever: z.string(),
  /** The retriever's own score; higher is better, comparable within one answer only. */
  score: z.number(),
  /** Probability (0..1) that the passage answers the question, of all that is known; null where it was not weighed. */
  probability: z.number().nullable().default(null),
  /** What the reader read there: its answer, where that stands (document offsets), how sure it is (0..1) of these words. */
  read: z
    .object({ text: z.string(), start: z.number().int(), end: z.number().int(), certainty: z.number() })
    .nullable()
    .default(null),
});

export type WhyChosen = z.infer<typeof whyChosen>;

/** A stretch of the document's own words that stands behind a claim. `text` is exactly the stored text. */
export const citation = place.extend({
  text: z.string(),
  /** The text was found again in the stored document, character by character, at [start, end). */
  supported: z.boolean(),
  why: whyChosen.nullable(),
});
export type Citation = z.infer<typeof citation>;

export const searchHit = place.extend({
  text: z.string(),
  score: z.number(),
  /** Ranges of `text` that matched, for emphasis. */
  marks: z.array(z.tuple([z.number().int(), z.number().int()])),
});
export type SearchHit = z.infer<typeof searchHit>;

export const answerRoute = z.enum(["whole", "find", "count", "quote"]);
export type AnswerRoute = z.infer<typeof answerRoute>;
export const answerComposer = z.enum(["extractive", "generative"]);
export type AnswerComposer = z.infer<typeof answerComposer>;
export const memoryMode = z.enum(["on", "off", "wrong"]);
export type MemoryMode = z.infer<typeof memoryMode>;

/** What was looked at, in units a person can check: pages, files or chunks. `checked` of `total` is proven by a scan. */
export const coverage = z.object({
  checked: z.number().int(),
  total: z.number().int(),
  unit: z.enum(["pages", "files", "passages"]),
});
export type Coverage = z.infer<typeof coverage>;

/** A sentence of an answer: quoted from the text, written by the model, or Longleaf's own frame ("Checked 12 of 12"). */
export const answerSentence = z.object({
  text: z.string(),
  voice: z.enum(["document", "model", "longleaf"]),
  /** Indexes into the answer's citations; empty means no page says this. */
  citations: z.array(z.number().int()),
});
export type AnswerSentence = z.infer<typeof answerSentence>;

export const answer = z.object({
  question: z.string(),
  answer: z.string(),
  sentences: z.array(answerSentence),
  answerable: z.boolean(),
  /** Plain words for how sure the evidence is. */
  confidence: z.enum(["stated", "likely", "not found"]),
  composer: answerComposer,
  memoryUsed: z.boolean(),
  route: answerRoute,
  citations: z.array(citation),
  /** The shortest answer that was read, and the citation in which it stands; null when none was. */
  span: z.object({ text: z.string(), citation: z.number().int() }).nullable().default(null),
  /** Probability (0..1) that the document answers the question; null where no place was looked for. */
  support: z.number().nullable().default(null),
  coverage,
  finishReason: z.enum(["done", "stopped"]),
  timings: z.record(z.string(), z.number()),
});
export type Answer = z.infer<typeof answer>;

export const answerEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("route"), route: answerRoute, composer: answerComposer }),
  z.object({ type: z.literal("coverage"), coverage }),
  z.object({ type: z.literal("citation"), index: z.number().int(), citation }),
  z.object({ type: z.literal("sentence"), sentence: answerSentence }),
  z.object({ type: z.literal("delta"), text: z.string() }),
  /** What came so far was a first look; the answer begins anew behind this event, and `note` says so to the person. */
  z.object({ type: z.literal("revised"), note: z.string() }),
  z.object({ type: z.literal("done"), answer }),
]);
export type AnswerEvent = z.infer<typeof answerEvent>;

/** A person, place or term that a text speaks of often: places of mentions from first to last, one a page. */
export const keyTerm = z.object({
  term: z.string(),
  kind: z.enum(["person", "place", "term"]),
  /** Mentions in the whole text. */
  count: z.number().int(),
  places: z.array(place),
});
export type KeyTerm = z.infer<typeof keyTerm>;

export interface SummaryNode {
  readonly title: string;
  readonly summary: string;
  readonly citations: readonly Citation[];
  readonly children: readonly SummaryNode[];
  /** Of the whole only: people, then places, then terms, most mentioned first. */
  readonly keyTerms?: readonly KeyTerm[] | undefined;
}
export const summaryNode: z.ZodType<SummaryNode> = z.lazy(() =>
  z.object({
    title: z.string(),
    summary: z.string(),
    citations: z.array(citation),
    children: z.array(summaryNode),
    keyTerms: z.array(keyTerm).optional(),
  }),
);

export const jobPhase = z.enum(["waiting", "opening", "text", "index", "reading", "summary", "done"]);
export type JobPhase = z.infer<typeof jobPhase>;
export const jobState = z.enum(["waiting", "running", "paused", "done", "failed", "cancelled"]);
export type JobState = z.infer<typeof jobState>;

export const jobProgress = z.object({
  phase: jobPhase,
  done: z.number(),
  total: z.number(),
  unit: z.enum(["pages", "files", "tokens", "chapters", "bytes"]),
  /** Units per second over the last few seconds; 0 when unknown. */
  perSecond: z.number(),
  /** Milliseconds left, as a range; null when unknown. */
  leftMs: z.tuple([z.number(), z.number()]).nullable(),
});
export type JobProgress = z.infer<typeof jobProgress>;

export const errorEnvelope = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

/** What an import has to say at its end; `reused` counts segments whose memory was there already. */
export const importResult = z.object({
  documentId,
  pages: z.number().int(),
  files: z.number().int(),
  tokens: z.number().int(),
  chunks: z.number().int(),
  segments: z.number().int(),
  reused: z.number().int(),
  reusedChunks: z.number().int(),
  reusedFiles: z.number().int(),
  skipped: z.number().int(),
  memoryBytes: z.number().int(),
  tokensPerSecond: z.number(),
  searchableMs: z.number(),
  totalMs: z.number(),
  warnings: z.array(z.string()),
});
export type ImportResult = z.infer<typeof importResult>;

export const job = z.object({
  id: jobId,
  kind: z.enum(["import", "read"]),
  title: z.string(),
  documentId: documentId.nullable(),
  state: jobState,
  progress: jobProgress,
  error: errorEnvelope.nullable(),
  result: importResult.nullable(),
  /** Grows with every change of this job; `job.watch` re-attaches with the last one seen. */
  seq: z.number().int(),
});
export type Job = z.infer<typeof job>;

export const chat = z.object({
  id: z.string(),
  title: z.string(),
  scope: z.array(documentId),
  createdAt: z.number(),
  turns: z.number().int(),
});
export type Chat = z.infer<typeof chat>;
export const chatTurn = z.object({ question: z.string(), answer: answer, askedAt: z.number() });
export type ChatTurn = z.infer<typeof chatTurn>;

/** One bar of the leaf: begin and end of the text on the page (0..1 of its height), and what is known of it. */
export const leafBar = z.object({
  begin: z.number(),
  end: z.number(),
  state: z.enum(["unread", "read", "picture"]),
});
export const leaf = z.object({
  bars: z.array(leafBar),
  /** Part numerals at the spine side: bar index and title. */
  parts: z.array(z.object({ bar: z.number().int(), title: z.string() })),
  unit: z.enum(["pages", "files", "passages"]),
});
export type Leaf = z.infer<typeof leaf>;

export const fileEntry = z.object({
  path: z.string(),
  language: z.string(),
  lines: z.number().int(),
  start: z.number().int(),
  end: z.number().int(),
});
export type FileEntry = z.infer<typeof fileEntry>;

export const pageText = z.object({
  page: z.number().int().nullable(),
  label: z.string().nullable(),
  file: z.string().nullable(),
  start: z.number().int(),
  text: z.string(),
  isPicture: z.boolean(),
  width: z.number(),
  height: z.number(),
});
export type PageText = z.infer<typeof pageText>;

export const engineInfo = z.object({
  version: z.string(),
  protocol: z.number().int(),
  model: z
    .object({
      name: z.string(),
      parameters: z.number(),
      provider: z.enum(["cpu", "webgpu"]),
      segmentLength: z.number().int(),
      /** How many times smaller memories are than keys and values of all tokens in 16 bits. */
      compression: z.number().int(),
      hasMemory: z.boolean(),
    })
    .nullable(),
  modelError: errorEnvelope.nullable(),
  /** The reader that weighs passages is loaded; without it, search decides alone. */
  reader: z.boolean(),
  readerError: errorEnvelope.nullable(),
  documents: z.number().int(),
  memoryBytes: z.number().int(),
});
export type EngineInfo = z.infer<typeof engineInfo>;

export const settings = z.object({
  theme: z.enum(["system", "light", "dark"]),
  textScale: z.number().min(0.85).max(2),
  composer: answerComposer,
  useMemory: z.boolean(),
  readInBackground: z.boolean(),
});
export type Settings = z.infer<typeof settings>;
