/**
 * An engine that follows a script: a FramePort that answers the whole contract from a made-up library.
 * For the window's tests and for looking at it; it is never part of what is built into dist.
 * It keeps the contract's manners: hello first, credit before events, cancel and stop, typed errors.
 */
import type { CallName, StreamName } from "../../../engine/protocol/contract.ts";
import type {
  Answer,
  AnswerEvent,
  Chat,
  ChatTurn,
  Citation,
  DocumentId,
  DocumentSummary,
  Job,
  KeyTerm,
  PageText,
  Place,
  SearchHit,
  Settings,
  SummaryNode,
} from "../../../engine/protocol/dto.ts";
import type { Frame, FramePort } from "../../../engine/protocol/frames.ts";
import { PROTOCOL_VERSION } from "../../../engine/protocol/version.ts";
import { type Params, ScriptedError, type ScriptOptions } from "./script.ts";
import { BOOK_ID, readingJob, REPOSITORY_ID, scriptedLeaf, scriptedLibrary } from "./scripted-library.ts";
import { ScriptedPort } from "./scripted-port.ts";
import { boxesOf, makeRepository, pageOfOffset, setBook, type Book } from "./scripted-book.ts";

/** The library behind one or more connections: it outlives them, as the real one does. */
export class ScriptedEngine {
  readonly book: Book = setBook();
  readonly repository = makeRepository();
  readonly sent: Frame[] = [];
  readonly options: ScriptOptions;
  #settings: Settings = {
    theme: "system",
    textScale: 1,
    composer: "extractive",
    useMemory: true,
    readInBackground: true,
  };
  readonly #documents = new Map<string, DocumentSummary>();
  readonly #jobs = new Map<string, Job>();
  readonly #chats = new Map<string, { readonly chat: Chat; readonly turns: ChatTurn[] }>();

  constructor(options: ScriptOptions = {}) {
    this.options = options;
    for (const document of scriptedLibrary(this.book, this.repository, this.#now, options.isFirstStart === true))
      this.#documents.set(document.id, document);
    if (options.isFirstStart !== true) this.#jobs.set("job-half", readingJob());
  }

  /** A new connection, as a page opens it. */
  connect(): FramePort {
    return new ScriptedPort(this);
  }

  call(method: CallName, params: Params): unknown {
    switch (method) {
      case "engine.info":
        return {
          version: "0.1.0",
          protocol: PROTOCOL_VERSION,
          documents: this.#documents.size,
          memoryBytes: 120_000_000,
          modelError: null,
          reader: true,
          readerError: null,
          model: {
            name: "Longleaf starter",
            parameters: 31_000_000,
            provider: "cpu",
            segmentLength: 512,
            compression: 41,
            hasMemory: true,
          },
        };
      case "document.list":
        return [...this.#documents.values()];
      case "document.show":
        return this.#show(this.#document(params));
      case "document.open":
        return this.#document(params);
      case "document.text":
        return this.#text(this.#document(params), params);
      case "document.boxes":
        return boxesOf(this.book, Number(params["start"]), Number(params["end"]));
      case "document.files":
        return this.repository.files;
      case "document.leaf":
        return scriptedLeaf(this.#document(params), this.book, this.repository);
      case "document.remove":
        this.#documents.delete(this.#document(params).id);
        return {};
      case "search.query":
        return this.#search(params);
      case "summary.make":
        return this.#summary(this.#document(params));
      case "job.list":
        return [...this.#jobs.values()];
      case "job.dismiss":
        this.#jobs.delete(String(params["jobId"]));
        return {};
      case "job.pause":
        return this.#changeJob(params, "paused");
      case "job.resume":
        return this.#changeJob(params, "running");
      case "job.cancel":
        return this.#changeJob(params, "cancelled");
      case "chat.list":
        return [...this.#chats.values()]
          .filter(
            ({ chat }) =>
              (params["scope"] as string[] | undefined)?.some((id) => chat.scope.includes(id as DocumentId)) ?? true,
          )
          .map(({ chat, turns }) => ({ ...chat, turns: turns.length }));
      case "chat.create":
        return this.#createChat(params);
      case "chat.turns":
        return this.#chats.get(String(params["chatId"]))?.turns ?? [];
      case "chat.remove":
        this.#chats.delete(String(params["chatId"]));
        return {};
      case "settings.get":
        return this.#settings;
      case "settings.set":
        this.#settings = { ...this.#settings, ...params };
        return this.#settings;
      case "document.import":
      case "document.read":
      case "evaluate.nll":
        throw new ScriptedError("UnsupportedFormat", `the script has no ${method}`);
    }
  }

  /** The events of a stream, in order; `isStopped` is asked between them. */
  *stream(method: StreamName, params: Params, isStopped: () => boolean): Generator<unknown> {
    if (method !== "answer.ask") return;
    const question = String(params["question"]);
    const answer = this.#answer(question);
    const events: AnswerEvent[] = [
      { type: "route", route: answer.route, composer: "extractive" },
      { type: "coverage", coverage: answer.coverage },
    ];
    if (/first look/i.test(question)) events.push(...this.#firstLook());
    answer.citations.forEach((citation, index) => events.push({ type: "citation", index, citation }));
    for (const sentence of answer.sentences) events.push({ type: "sentence", sentence });
    let given = 0;
    for (const event of events) {
      if (isStopped()) break;
      if (event.type === "sentence") given += 1;
      yield event;
    }
    const finished: Answer = isStopped()
      ? { ...answer, sentences: answer.sentences.slice(0, given), finishReason: "stopped" }
      : answer;
    const chat = this.#chats.get(String(params["chatId"]));
    chat?.turns.push({ question: finished.question, answer: finished, askedAt: this.#now });
    yield { type: "done", answer: finished } satisfies AnswerEvent;
  }

  get #now(): number {
    return this.options.now ?? Date.now();
  }

  #document(params: Params): DocumentSummary {
    const found = this.#documents.get(String(params["documentId"]));
    if (found === undefined) throw new ScriptedError("NotFound", `no document ${String(params["documentId"])}`);
    return found;
  }

  #changeJob(params: Params, state: Job["state"]): Job {
    const job = this.#jobs.get(String(params["jobId"]));
    if (job === undefined) throw new ScriptedError("NotFound", "no such job");
    const next = { ...job, state, seq: job.seq + 1 };
    this.#jobs.set(job.id, next);
    return next;
  }

  #createChat(params: Params): Chat {
    const chat: Chat = {
      id: `chat-${this.#chats.size + 1}`,
      title: String(params["title"]),
      scope: params["scope"] as DocumentId[],
      createdAt: this.#now,
      turns: 0,
    };
    this.#chats.set(chat.id, { chat, turns: [] });
    return chat;
  }

  #show(summary: DocumentSummary): unknown {
    const outline = summary.format === "repository" ? this.repository.outline : this.book.outline;
    return {
      summary,
      outline,
      skipped: [],
      skippedTotal: 0,
      metadata: {},
      memoryBytesPerThousandTokens: 1_570,
      chunks: 300,
    };
  }

  #text(document: DocumentSummary, params: Params): PageText {
    const blank = { page: null, label: null, file: null, isPicture: false, width: 432, height: 648 };
    if (typeof params["file"] === "string") {
      const file = this.repository.files.find((one) => one.path === params["file"]);
      if (file === undefined) throw new ScriptedError("NotFound", "no such file");
      return { ...blank, file: file.path, start: file.start, text: this.repository.text.slice(file.start, file.end) };
    }
    if (typeof params["page"] === "number") {
      const page = params["page"];
      const start = this.book.pageStarts[page - 1] ?? 0;
      return {
        ...blank,
        page,
        label: String(page),
        start,
        text: this.book.text.slice(start, this.book.pageStarts[page]),
      };
    }
    const start = Number(params["start"] ?? 0);
    const text = document.format === "repository" ? this.repository.text : this.book.text;
    return { ...blank, start, text: text.slice(start, Number(params["end"] ?? text.length)) };
  }

  #cite(start: number, text: string): Citation {
    const page = pageOfOffset(this.book, start);
    const heading = this.book.outline
      .filter((entry) => entry.start <= start && start < entry.end)
      .map((entry) => entry.title);
    return {
      documentId: BOOK_ID,
      start,
      end: start + text.length,
      page,
      pageLabel: String(page),
      file: null,
      line: null,
      endLine: null,
      heading,
      text,
      supported: true,
      why: {
        words: ["box", "pear", "tree"],
        retriever: "words",
        score: 11.4,
        probability: 0.91,
        read: readIn(start, text),
      },
    };
  }

  #answer(question: string): Answer {
    const base = {
      question,
      composer: "extractive" as const,
      memoryUsed: false,
      finishReason: "done" as const,
      timings: { totalMs: 84 },
      span: null,
      support: 0.12,
      coverage: { checked: this.book.pages, total: this.book.pages, unit: "pages" as const },
    };
    if (/mother|father/i.test(question)) {
      return {
        ...base,
        answer: "The text does not say.",
        answerable: false,
        confidence: "not found",
        route: "find",
        citations: /father/i.test(question) ? this.#nearest() : [],
        sentences: [{ text: "The text does not say.", voice: "longleaf", citations: [] }],
      };
    }
    const found = [...this.book.text.matchAll(/They buried the box under the pear tree[^.]*\./g)].slice(3, 6);
    const second = [...this.book.text.matchAll(/Ada kept the key[^.]*\./g)].slice(8, 9);
    const citations = [...found, ...second].map((match) => this.#cite(match.index, match[0]));
    const further = [...this.book.text.matchAll(/Ada kept the key[^.]*\./g)].slice(12, 14);
    return {
      ...base,
      span: { text: citations[0]?.why?.read?.text ?? "", citation: 0 },
      support: 0.91,
      answerable: true,
      confidence: "stated",
      route: "find",
      citations: [...citations, ...further.map((match) => this.#cite(match.index, match[0]))],
      answer: citations.map((citation) => citation.text).join(" "),
      sentences: citations.map((citation, index) => ({ text: citation.text, voice: "document", citations: [index] })),
    };
  }

  /** What search alone had put first, and the word that it is replaced. */
  #firstLook(): AnswerEvent[] {
    const [citation] = this.#nearest();
    if (citation === undefined) return [];
    return [
      { type: "citation", index: 0, citation },
      { type: "sentence", sentence: { text: citation.text, voice: "document", citations: [0] } },
      { type: "revised", note: "Reading the passages changed the first answer." },
    ];
  }

  /** Places that a person may check where the text does not say. */
  #nearest(): Citation[] {
    const places = [...this.book.text.matchAll(/Ada kept the key[^.]*\./g)].slice(0, 5);
    return places.map((match) => {
      const citation = this.#cite(match.index, match[0]);
      return citation.why === null
        ? citation
        : { ...citation, why: { ...citation.why, probability: 0.11, read: null } };
    });
  }

  #search(params: Params): { hits: SearchHit[]; tookMs: number } {
    const query = String(params["query"]).toLowerCase();
    const hits: SearchHit[] = [];
    const plain = this.book.text.toLowerCase();
    for (
      let at = plain.indexOf(query);
      at >= 0 && hits.length < Number(params["limit"] ?? 20);
      at = plain.indexOf(query, at + 900)
    ) {
      const start = Math.max(0, at - 120);
      const text = this.book.text.slice(start, at + query.length + 120);
      const { why, supported, ...place } = this.#cite(start, text);
      hits.push({
        ...place,
        score: why === null || !supported ? 0 : why.score,
        marks: [[at - start, at - start + query.length]],
      });
    }
    return { hits, tookMs: 12 };
  }

  #summary(document: DocumentSummary): SummaryNode {
    if (document.format === "repository") {
      const children = this.repository.files.map(({ path, start, lines }) => {
        const text =
          this.repository.text
            .slice(start, start + 60)
            .split("\n")
            .find((line) => line.trim() !== "") ?? "";
        const citation = {
          ...this.#cite(start, text),
          documentId: REPOSITORY_ID,
          page: null,
          pageLabel: null,
          file: path,
          line: 1,
          endLine: Math.min(2, lines),
        };
        return { title: path, summary: text, citations: [citation], children: [] };
      });
      return {
        title: document.title,
        summary: "",
        citations: children.flatMap((child) => child.citations).slice(0, 3),
        children,
      };
    }
    const children = this.book.outline.map((entry) => {
      const body = this.book.text.slice(entry.start, entry.end);
      const citations = [...body.matchAll(/[A-Z][^.“”]{60,160}\./g)]
        .slice(2, 8)
        .map((match) => this.#cite(entry.start + match.index, match[0]));
      return { title: entry.title, summary: citations.map((one) => one.text).join(" "), citations, children: [] };
    });
    return {
      title: document.title,
      summary: "",
      citations: children.flatMap((child) => child.citations.slice(0, 1)),
      children,
      keyTerms: [this.#keyTerm("Ada", "person"), this.#keyTerm("pear tree", "term")],
    };
  }

  #keyTerm(term: string, kind: KeyTerm["kind"]): KeyTerm {
    const mentions = [...this.book.text.matchAll(new RegExp(`\\b${term}\\b`, "g"))];
    const places = new Map<number, Place>();
    for (const mention of mentions) {
      const { text, supported, why, ...place } = this.#cite(mention.index, term);
      if (supported && why !== null && text !== "" && place.page !== null && !places.has(place.page))
        places.set(place.page, place);
    }
    return { term, kind, count: mentions.length, places: [...places.values()] };
  }
}

/** Where the script's reader sees the answer in a sentence: under the tree, or with the key. */
function readIn(start: number, text: string): NonNullable<Citation["why"]>["read"] {
  const found = /under the pear tree|the key/.exec(text);
  if (found === null) return null;
  const at = start + found.index;
  return { text: found[0], start: at, end: at + found[0].length, certainty: 0.83 };
}
