/**
 * The contract: every method that crosses a process border, its verb and its schemas.
 * Adding a method touches this file and one handler; the compiler names the rest.
 *   call    answers within about a second
 *   stream  lives as long as its reader
 *   job     methods that return a job at once; `job.watch` follows it
 */
import { z } from "zod";
import * as dto from "./dto.ts";

const scope = z.array(dto.documentId).min(1).max(10_000);
const nothing = z.object({});

export const calls = {
  "engine.info": { params: nothing, result: dto.engineInfo },
  "document.list": { params: nothing, result: z.array(dto.documentSummary) },
  "document.show": { params: z.object({ documentId: dto.documentId }), result: dto.documentDetail },
  "document.text": {
    params: z.object({
      documentId: dto.documentId,
      page: z.number().int().min(1).optional(),
      file: z.string().optional(),
      start: z.number().int().min(0).optional(),
      end: z.number().int().min(0).optional(),
    }),
    result: dto.pageText,
  },
  "document.boxes": {
    params: z.object({ documentId: dto.documentId, start: z.number().int(), end: z.number().int() }),
    result: z.array(dto.lineBox),
  },
  "document.files": { params: z.object({ documentId: dto.documentId }), result: z.array(dto.fileEntry) },
  "document.leaf": { params: z.object({ documentId: dto.documentId }), result: dto.leaf },
  "document.remove": { params: z.object({ documentId: dto.documentId }), result: nothing },
  "document.open": { params: z.object({ documentId: dto.documentId }), result: dto.documentSummary },
  "search.query": {
    params: z.object({
      scope: scope.optional(),
      query: z.string().min(1).max(2_000),
      limit: z.number().int().min(1).max(200).default(20),
    }),
    result: z.object({ hits: z.array(dto.searchHit), tookMs: z.number() }),
  },
  "summary.make": { params: z.object({ documentId: dto.documentId }), result: dto.summaryNode },
  "document.import": {
    params: z.object({
      grant: z.string().min(1).max(200),
      /** What the person sees until the document has a title of its own: usually the file's name. */
      name: z.string().max(300).default(""),
      password: z.string().max(1_000).optional(),
      /** Read into memory after the text is searchable. */
      read: z.boolean().default(true),
      isSample: z.boolean().default(false),
    }),
    result: dto.job,
  },
  "document.read": { params: z.object({ documentId: dto.documentId }), result: dto.job },
  "job.list": { params: nothing, result: z.array(dto.job) },
  "job.cancel": { params: z.object({ jobId: dto.jobId }), result: dto.job },
  "job.pause": { params: z.object({ jobId: dto.jobId }), result: dto.job },
  "job.resume": { params: z.object({ jobId: dto.jobId }), result: dto.job },
  /** Takes an ended job out of the journal; one that has not ended is left alone. */
  "job.dismiss": { params: z.object({ jobId: dto.jobId }), result: nothing },
  "chat.list": { params: z.object({ scope: scope.optional() }), result: z.array(dto.chat) },
  /** A new conversation; its id goes with each `answer.ask`, whose turn is then kept. */
  "chat.create": { params: z.object({ title: z.string().max(300), scope }), result: dto.chat },
  "chat.turns": { params: z.object({ chatId: z.string() }), result: z.array(dto.chatTurn) },
  "chat.remove": { params: z.object({ chatId: z.string() }), result: nothing },
  "settings.get": { params: nothing, result: dto.settings },
  "settings.set": { params: dto.settings.partial(), result: dto.settings },
  "evaluate.nll": {
    /** Mean negative log-likelihood (nats per token) of `target` after the document's view; see answering/. */
    params: z.object({
      documentId: dto.documentId,
      question: z.string(),
      target: z.string(),
      memory: dto.memoryMode,
      zeroSegments: z.array(z.number().int()).default([]),
    }),
    result: z.object({ nll: z.number(), tokens: z.number().int(), memorySlots: z.number().int() }),
  },
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>;

export const streams = {
  "answer.ask": {
    params: z.object({
      scope,
      question: z.string().min(1).max(8_000),
      route: dto.answerRoute.optional(),
      composer: dto.answerComposer.optional(),
      memory: dto.memoryMode.default("on"),
      chatId: z.string().optional(),
      seed: z.number().int().default(0),
    }),
    event: dto.answerEvent,
  },
  "job.watch": {
    params: z.object({ jobId: dto.jobId, after: z.number().int().default(0) }),
    event: dto.job,
  },
  /** Every change of the library's documents and jobs, for the window. */
  "library.watch": {
    params: nothing,
    event: z.discriminatedUnion("type", [
      z.object({ type: z.literal("document"), document: dto.documentSummary }),
      z.object({ type: z.literal("removed"), documentId: dto.documentId }),
      z.object({ type: z.literal("job"), job: dto.job }),
    ]),
  },
} as const satisfies Record<string, { params: z.ZodType; event: z.ZodType }>;

/** What the engine may ask of its host, on the host's own channel only. */
export const hostCalls = {
  "host.parse": {
    params: z.object({
      grant: z.string(),
      jobId: z.string(),
      password: z.string().optional(),
      /** sha256 of files that are already stored, by path: their blocks need not be sent again. */
      known: z.record(z.string(), z.string()).optional(),
    }),
    result: z.object({ file: z.string(), sourceName: z.string(), grant: z.string() }),
  },
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>;

/** What the host alone may ask of the engine. */
export const hostOnlyCalls = {
  "host.parseProgress": {
    params: z.object({
      jobId: z.string(),
      done: z.number(),
      total: z.number(),
      unit: z.enum(["pages", "files", "bytes"]),
    }),
    result: nothing,
  },
  "host.sourceOf": {
    params: z.object({ documentId: dto.documentId }),
    result: z.object({ grant: z.string(), sha256: z.string(), sizeBytes: z.number() }),
  },
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>;

export type Calls = typeof calls;
export type CallName = keyof Calls;
export type CallParams<M extends CallName> = z.input<Calls[M]["params"]>;
export type CallResult<M extends CallName> = z.infer<Calls[M]["result"]>;
export type Streams = typeof streams;
export type StreamName = keyof Streams;
export type StreamParams<M extends StreamName> = z.input<Streams[M]["params"]>;
export type StreamEvent<M extends StreamName> = z.infer<Streams[M]["event"]>;
export type HostCallName = keyof typeof hostCalls;
export type HostOnlyCallName = keyof typeof hostOnlyCalls;
