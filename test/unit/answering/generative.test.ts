/** The composer that writes, with the bundled starter model: real memories, a real view, real text. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerLikelihood } from "../../../engine/answering/likelihood.ts";
import { supportingPassage } from "../../../engine/answering/support.ts";
import type { Remembering, RememberedSegment } from "../../../engine/answering/types.ts";
import { loadModel } from "../../../engine/model/client.ts";
import type { LanguageModel } from "../../../engine/model/types.ts";
import type { DocumentId } from "../../../engine/protocol/dto.ts";
import { addPages, ask, filler, openTestLibrary } from "./library.ts";
import type { TestLibrary } from "./library.ts";

const STARTER = join(import.meta.dirname, "..", "..", "..", "assets", "models", "starter");
const signal = new AbortController().signal;

describe.skipIf(!existsSync(join(STARTER, "model.safetensors")))("writing from memory", () => {
  let plainLibrary: TestLibrary;
  let library: TestLibrary;
  let model: LanguageModel;
  let remembering: Remembering;
  let id: DocumentId;
  const cache = mkdtempSync(join(tmpdir(), "longleaf-compiled-"));

  beforeAll(async () => {
    plainLibrary = openTestLibrary();
    id = await addPages(plainLibrary, "The Lighthouse", [
      ["# The Arrival", ...filler(30), "The new keeper of the lighthouse was Magnus Tveit, a quiet man from Bergen."],
      ["# The Storm", ...filler(30), "The lamp was changed to paraffin, because the oil froze in the winter."],
    ]);
    const wrong = await addPages(plainLibrary, "The Orchard", [["# Apples", ...filler(40).toReversed()]]);
    model = await loadModel({ folder: STARTER, cacheFolder: cache, threads: 1 });
    const segments = new Map<DocumentId, readonly RememberedSegment[]>();
    for (const document of [id, wrong]) segments.set(document, await remember(document));
    remembering = { model, segments: ([first], mode) => segments.get(mode === "on" ? (first ?? id) : wrong) ?? [] };
    library = { ...plainLibrary, sources: { ...plainLibrary.sources, remembering } };
  });
  afterAll(async () => {
    await model[Symbol.asyncDispose]();
    plainLibrary[Symbol.dispose]();
    rmSync(cache, { recursive: true, force: true });
  });

  async function remember(document: DocumentId): Promise<RememberedSegment[]> {
    const length = plainLibrary.store.texts.length(document);
    const text = plainLibrary.store.texts.text(document, 0, length);
    const size = 1_500;
    const found: RememberedSegment[] = [];
    for (let start = 0; start < length; start += size) {
      const ids = model.tokenizer.encode(text.slice(start, start + size)).slice(0, model.info.memory.segmentLength);
      const memory = await model.encodeSegment(ids, { signal });
      found.push({
        documentId: document,
        start,
        end: Math.min(length, start + size),
        slots: memory.slots,
        load: () => memory,
      });
    }
    return found;
  }

  const question = "Who was the new keeper of the lighthouse?";

  it("streams deltas that are the sentences, and cites only what a raw passage bears out", async () => {
    const { events, answer } = await ask(library, [id], question, { composer: "generative", memory: "on" });
    expect(answer.composer).toBe("generative");
    expect(answer.memoryUsed).toBe(true);
    const streamed = events.flatMap((event) => (event.type === "delta" ? [event.text] : [])).join("");
    const written = answer.sentences.filter(({ voice }) => voice === "model");
    expect(streamed.length).toBeGreaterThan(0);
    let at = 0;
    for (const { text } of written) {
      expect(streamed.indexOf(text, at)).toBeGreaterThanOrEqual(at);
      at = streamed.indexOf(text, at) + text.length;
    }
    for (const { text, citations } of written)
      for (const index of citations)
        expect(supportingPassage(text, [{ text: answer.citations[index]?.text ?? "" }])).toBe(0);
    for (const citation of answer.citations) expect(citation.supported).toBe(true);
  });

  it("quotes the text behind an answer of which nothing is borne out", async () => {
    const { answer } = await ask(library, [id], question, { composer: "generative", memory: "on" });
    expect(answer.citations.length).toBeGreaterThan(0);
    expect(answer.sentences.some(({ citations }) => citations.length > 0)).toBe(true);
  });

  it("says when memory plays no part", async () => {
    const { answer } = await ask(library, [id], question, { composer: "generative", memory: "off" });
    expect(answer.memoryUsed).toBe(false);
  });

  it("writes nothing about what the text does not say", async () => {
    const { answer, events } = await ask(library, [id], "What is the capital of Australia?", {
      composer: "generative",
      memory: "on",
    });
    expect(answer.answerable).toBe(false);
    expect(answer.answer).toBe("The text does not say.");
    expect(events.some(({ type }) => type === "delta")).toBe(false);
  });

  it("counts without the model", async () => {
    const { answer } = await ask(library, [id], "How many times is the lighthouse mentioned?", {
      composer: "generative",
      memory: "on",
    });
    expect(answer.composer).toBe("extractive");
    expect(answer.answer).toContain("1 place.");
  });

  it("stop keeps what was written", async () => {
    const stop = new AbortController();
    const never = new AbortController();
    const { answerQuestion } = await import("../../../engine/answering/answer.ts");
    const request = { question, scope: [id], composer: "generative", memory: "on", seed: 0 } as const;
    let finish = "";
    for await (const event of answerQuestion(request, library.sources, { cancel: never.signal, stop: stop.signal })) {
      if (event.type === "delta") stop.abort();
      if (event.type === "done") finish = event.answer.finishReason;
    }
    expect(finish).toBe("stopped");
  });

  it("cancel throws it away", async () => {
    const cancel = new AbortController();
    const { answerQuestion } = await import("../../../engine/answering/answer.ts");
    const request = { question, scope: [id], composer: "generative", memory: "on", seed: 0 } as const;
    const run = async (): Promise<void> => {
      for await (const event of answerQuestion(request, library.sources, { cancel: cancel.signal, stop: signal }))
        if (event.type === "delta") cancel.abort();
    };
    await expect(run()).rejects.toMatchObject({ code: "Cancelled" });
  });

  it("the memory matters: blanking the segment changes the score of the view", async () => {
    const measure = (
      zeroSegments: readonly number[],
      memory: "on" | "off" = "on",
    ): ReturnType<typeof answerLikelihood> =>
      answerLikelihood(
        { documentId: id, question, target: "Magnus Tveit", memory, zeroSegments },
        remembering,
        library.sources.retriever,
        signal,
      );
    const whole = await measure([]);
    const count = remembering.segments([id], "on").length;
    const blank = await measure(Array.from({ length: count }, (_, i) => i));
    const none = await measure([], "off");
    expect(whole.memorySlots).toBeGreaterThan(0);
    expect(none.memorySlots).toBe(0);
    expect(Math.abs(whole.nll - blank.nll)).toBeGreaterThan(1e-3);
    expect((await measure([])).nll).toBe(whole.nll);
  });

  it("an empty target is refused with a sentence", async () => {
    const request = { documentId: id, question, target: " ", memory: "off", zeroSegments: [] } as const;
    await expect(answerLikelihood(request, remembering, library.sources.retriever, signal)).rejects.toMatchObject({
      code: "InvalidRequest",
    });
  });
});
