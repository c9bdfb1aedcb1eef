/** The contract over the real child process: what a client sees of import, search, asking, jobs, chats, settings. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLibrary, type LibraryHost } from "../../engine/host/library-host.ts";
import {
  EngineClient,
  type Answer,
  type DocumentId,
  type ImportResult,
  type Job,
} from "../../engine/protocol/index.ts";
import { temporaryFolder, type TemporaryFolder } from "./support.ts";

const novel = `# The Lighthouse at Orrin

## Chapter 1. The Keeper

Agnes Marlow kept the lighthouse at Orrin for thirty-one years. She was born in Perth in 1874.
Her brother Tobias sold herring in the market. Every evening she wrote the weather into a green ledger.

## Chapter 2. The Wreck

On the ninth of March the schooner Halcyon struck the reef. Agnes rowed out and saved eleven sailors.
The captain, a man called Dunmore, gave her his compass in thanks.

## Chapter 3. 灯塔

灯塔管理员每天晚上点亮灯。
`;

let folder: TemporaryFolder;
let host: LibraryHost;
let client: EngineClient;
let id: DocumentId;

beforeAll(async () => {
  folder = temporaryFolder("engine");
  host = await openLibrary({ folder: join(folder.path, "library") });
  client = new EngineClient(await host.connect());
  writeFileSync(join(folder.path, "orrin.md"), novel);
  id = (await importFile("orrin.md")).documentId;
});
afterAll(async () => {
  await host?.close();
  folder?.[Symbol.dispose]();
});

async function importFile(name: string, read = true): Promise<ImportResult> {
  const { grant } = await host.grant(join(folder.path, name));
  const job = await client.call("document.import", { grant, name, read });
  const last = await lastState(job);
  if (!last.result) throw new Error(`import ended ${last.state}: ${JSON.stringify(last.error)}`);
  return last.result;
}

async function lastState(job: Job): Promise<Job> {
  let last = job;
  for await (const state of client.stream("job.watch", { jobId: job.id })) last = state;
  return last;
}

async function ask(question: string, composer: "extractive" | "generative" = "extractive"): Promise<Answer> {
  for await (const event of client.stream("answer.ask", { scope: [id], question, composer }))
    if (event.type === "done") return event.answer;
  throw new Error("no last event");
}

describe("a document", () => {
  it("is listed with its title, read into memory, with its contents", async () => {
    const detail = await client.call("document.show", { documentId: id });
    expect(detail.summary).toMatchObject({ title: "The Lighthouse at Orrin", format: "markdown", state: "read" });
    expect(detail.summary.segmentsRead).toBe(detail.summary.segments);
    expect(detail.summary.segments).toBeGreaterThan(0);
    expect(detail.memoryBytesPerThousandTokens).toBeGreaterThan(0);
    expect(detail.outline.map(({ title }) => title)).toEqual(
      expect.arrayContaining(["Chapter 1. The Keeper", "Chapter 2. The Wreck"]),
    );
  });

  it("is found by a word's stem, and a Chinese one by two characters, at the exact place", async () => {
    for (const [query, word] of [
      ["herrings", "herring"],
      ["灯塔", "灯塔"],
      ["管理", "管理"],
    ] as const) {
      const { hits } = await client.call("search.query", { query, scope: [id] });
      expect(hits[0]?.text).toContain(word);
      const { text } = await client.call("document.text", { documentId: id, start: hits[0].start, end: hits[0].end });
      expect(text).toBe(hits[0].text);
    }
  });

  it("answers with its own words and their lines, and says when it does not say", async () => {
    const found = await ask("Where was Agnes Marlow born?");
    expect(found).toMatchObject({ answerable: true, composer: "extractive", route: "find" });
    expect(found.citations[0]).toMatchObject({ supported: true });
    expect(found.citations.map(({ text }) => text).join(" ")).toContain("born in Perth");
    const line = found.citations[0].line ?? 0;
    expect(novel.split("\n")[line - 1] + novel.split("\n")[line]).toMatch(/Agnes|born/);
    const missing = await ask("What is the name of the dog of Agnes's dentist in Lisbon?");
    expect(missing).toMatchObject({ answerable: false, confidence: "not found" });
    expect(missing.sentences.flatMap(({ citations }) => citations)).toEqual([]);
  });

  it("is summed up chapter by chapter, each line cited", async () => {
    const tree = await client.call("summary.make", { documentId: id });
    const titles = tree.children.flatMap((child) => [child.title, ...child.children.map(({ title }) => title)]);
    expect(titles.join(" ")).toContain("The Wreck");
    expect(tree.citations.length).toBeGreaterThan(0);
  });

  it("has a leaf whose bars are read", async () => {
    const leaf = await client.call("document.leaf", { documentId: id });
    expect(leaf.bars.length).toBeGreaterThan(0);
    expect(new Set(leaf.bars.map(({ state }) => state))).toEqual(new Set(["read"]));
  });

  it("read again unchanged is the same document, and nothing is read twice", async () => {
    const again = await importFile("orrin.md");
    expect(again.documentId).toBe(id);
    expect(again.reused).toBe(again.segments);
  });

  it("unknown ids are NotFound", async () => {
    for (const method of ["document.show", "document.text", "document.leaf", "summary.make"] as const)
      await expect(client.call(method, { documentId: "nobody" as DocumentId })).rejects.toMatchObject({
        code: "NotFound",
      });
  });
});

describe("asking", () => {
  it("stops generation within 200 ms and keeps what was written", async () => {
    const events = client.stream("answer.ask", {
      scope: [id],
      question: "Who kept the lighthouse at Orrin?",
      composer: "generative",
    });
    let stoppedAt = 0;
    let answer: Answer | null = null;
    for await (const event of events) {
      if (event.type === "delta" && stoppedAt === 0) {
        stoppedAt = performance.now();
        events.stop();
      }
      if (event.type === "done") answer = event.answer;
    }
    expect(stoppedAt).toBeGreaterThan(0);
    expect(performance.now() - stoppedAt).toBeLessThan(1_000); // the bound of 200 ms is measured in bench/, on a quiet machine
    expect(answer).toMatchObject({ finishReason: "stopped", composer: "generative" });
  });

  it("keeps a conversation's turns", async () => {
    const chat = await client.call("chat.create", { title: "Agnes", scope: [id] });
    for await (const _event of client.stream("answer.ask", {
      scope: [id],
      question: "Who was Dunmore?",
      chatId: chat.id,
    }));
    const turns = await client.call("chat.turns", { chatId: chat.id });
    expect(turns).toMatchObject([{ question: "Who was Dunmore?" }]);
    expect(await client.call("chat.list", { scope: [id] })).toMatchObject([{ id: chat.id, turns: 1 }]);
    await client.call("chat.remove", { chatId: chat.id });
    expect(await client.call("chat.list", { scope: [id] })).toEqual([]);
  });

  it("scores a known sentence better after its own memory than after an erased one", async () => {
    const { segments } = (await client.call("document.show", { documentId: id })).summary;
    const all = Array.from({ length: segments }, (_, index) => index);
    const base = {
      documentId: id,
      question: "Who kept the lighthouse at Orrin?",
      target: " Agnes Marlow kept the lighthouse at Orrin for thirty-one years.",
      memory: "on" as const,
    };
    const kept = await client.call("evaluate.nll", base);
    const erased = await client.call("evaluate.nll", { ...base, zeroSegments: all });
    expect(kept.memorySlots).toBeGreaterThan(0);
    expect(kept.memorySlots).toBe(erased.memorySlots);
    expect(Math.abs(kept.nll - erased.nll)).toBeGreaterThan(0.001);
  });
});

describe("jobs", () => {
  it("are cancelled within a second, and leave nothing half-visible", async () => {
    writeFileSync(
      join(folder.path, "long.txt"),
      Array.from(
        { length: 6_000 },
        (_, index) => `Line ${index} of a long text about lighthouse number ${index * 7}.`,
      ).join("\n\n"),
    );
    const { grant } = await host.grant(join(folder.path, "long.txt"));
    const job = await client.call("document.import", { grant, name: "long.txt" });
    for await (const state of client.stream("job.watch", { jobId: job.id }))
      if (state.progress.phase !== "waiting") break;
    const started = performance.now();
    const cancelled = await client.call("job.cancel", { jobId: job.id });
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(cancelled.state).toBe("cancelled");
    const documents = await client.call("document.list", {});
    expect(documents.every(({ state }) => state !== "importing")).toBe(true);
  });

  it("pause and go on, followed by a second client that came later", async () => {
    const { grant } = await host.grant(join(folder.path, "long.txt"));
    const job = await client.call("document.import", { grant, name: "long.txt" });
    for await (const state of client.stream("job.watch", { jobId: job.id }))
      if (state.progress.phase === "reading" && state.progress.done > 0) break;
    const paused = await client.call("job.pause", { jobId: job.id });
    expect(paused.state).toBe("paused");
    const other = new EngineClient(await host.connect());
    await other.call("job.resume", { jobId: job.id });
    let last: Job | null = null;
    const seen: number[] = [];
    for await (const state of other.stream("job.watch", { jobId: job.id })) {
      if (state.progress.phase === "reading") seen.push(state.progress.done);
      last = state;
    }
    expect(last).toMatchObject({ state: "done" });
    expect(last?.result?.reused).toBeGreaterThan(0);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    other.close();
  });
});

describe("settings", () => {
  it("are kept, and checked", async () => {
    await client.call("settings.set", { theme: "dark" });
    expect((await client.call("settings.get", {})).theme).toBe("dark");
    await expect(client.callAny("settings.set", { textScale: 90 })).rejects.toMatchObject({ code: "InvalidRequest" });
  });
});

describe("removal", () => {
  it("takes the document out and leaves its file alone", async () => {
    writeFileSync(join(folder.path, "other.txt"), "A text about rivers. The Tay flows through Perth.");
    const { documentId } = await importFile("other.txt", false);
    await client.call("document.remove", { documentId });
    await expect(client.call("document.show", { documentId })).rejects.toMatchObject({ code: "NotFound" });
    expect((await client.call("search.query", { query: "Tay" })).hits).toEqual([]);
    expect((await importFile("other.txt", false)).chunks).toBe(1);
  });
});
