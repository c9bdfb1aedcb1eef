/** What passages and memories say about where an answer stands, with the bundled starter model over a real store. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type OpenModel,
  openModel,
  remember,
  rememberingOf,
  starterFolder,
} from "../../../bench/evaluate/language-model.ts";
import { fittedForm, recallStretches, recallTexts } from "../../../engine/answering/ranking/recall.ts";
import type { Remembering } from "../../../engine/answering/types.ts";
import type { LanguageModel, SegmentMemory } from "../../../engine/model/types.ts";
import type { PassageReader } from "../../../engine/reading/reading.ts";
import type { DocumentId } from "../../../engine/protocol/dto.ts";
import { addPages, ask, openTestLibrary } from "./library.ts";
import type { TestLibrary } from "./library.ts";

const signal = new AbortController().signal;
const QUESTION = "Which barometer stood in the chart-room of the steamer?";
const SEA = Array.from(
  { length: 12 },
  (_, i) =>
    `The barometer in the chart-room of the steamer fell again at ${i + 1} o'clock, and the captain of the steamer watched the barometer.`,
);
const ORCHARD = Array.from(
  { length: 12 },
  (_, i) =>
    `In the orchard the farmer's wife gathered ${i + 2} baskets of apples, and the children ate most of the apples.`,
);

/** Reads, and finds nothing better than anything else. */
const ALL_ALIKE: PassageReader = {
  hash: "all alike",
  read: async (_question, passages) => passages.map(() => ({ start: 0, end: 3, relevance: 0, score: 0, certainty: 0 })),
  [Symbol.asyncDispose]: async () => {},
};

describe.skipIf(!existsSync(join(starterFolder, "model.safetensors")))(
  "the language model, asked where an answer stands",
  () => {
    let library: TestLibrary;
    let language: OpenModel;
    let model: LanguageModel;
    let remembering: Remembering;
    let id: DocumentId;
    let unread: DocumentId;

    beforeAll(async () => {
      library = openTestLibrary();
      id = await addPages(library, "Two tales", [
        ["# The Sea", ...SEA],
        ["# The Orchard", ...ORCHARD],
      ]);
      unread = await addPages(library, "Unread", [["# The Sea", ...SEA.slice(0, 3)]]);
      language = await openModel();
      if (language.model === null) throw new Error("no model");
      model = language.model;
      await remember(library.store, model, id);
      remembering = rememberingOf(library.store, model);
    }, 60_000);
    afterAll(async () => {
      await language[Symbol.asyncDispose]();
      library[Symbol.dispose]();
    });

    const memoriesOf = (document: DocumentId): SegmentMemory[] =>
      remembering.segments([document], "on").flatMap((segment) => segment.load() ?? []);
    const stretch = (documentId: DocumentId, words: string): { documentId: DocumentId; start: number; end: number } => {
      const start = library.store.texts.text(documentId, 0, library.store.texts.length(documentId)).indexOf(words);
      return { documentId, start, end: start + words.length };
    };
    const asked = () => ({
      sinks: [model.tokenizer.specialId("<|doc|>") ?? 0],
      lead: model.tokenizer.encode("\n\nQuestion:"),
      ids: model.tokenizer.encode(` ${QUESTION}`),
    });

    it("scores tokens as one view after the other does", async () => {
      const { sinks, lead, ids } = asked();
      const memories = [null, ...memoriesOf(id).slice(0, 2)];
      const together = await model.scoreBehind({ sinks, lead, ids, memories }, { signal });
      for (const [at, memory] of memories.entries()) {
        const middle = memory === null ? [] : [{ kind: "memory" as const, memory }];
        const entries = [{ kind: "tokens" as const, ids: sinks }, ...middle, { kind: "tokens" as const, ids: lead }];
        await using state = await model.openView(entries, { signal });
        const scores = await state.score(ids, { signal });
        const mean = scores.reduce((sum, value) => sum + value, 0) / ids.length;
        // Activations are rounded with the rows that are computed together.
        expect(Math.abs((together[at] ?? 0) - mean)).toBeLessThan(0.02);
      }
    });

    it("finds the question likelier behind the segment that speaks of it", async () => {
      const places = [stretch(id, ORCHARD[5] ?? ""), stretch(id, SEA[5] ?? "")];
      const [orchard, sea] = await recallStretches(QUESTION, places, remembering, "plain", signal);
      expect(sea).toBeGreaterThan(0);
      expect(sea).toBeGreaterThan(orchard ?? 0);
    });

    it("says nothing where a place is not read into memory, and nothing for an empty question", async () => {
      const places = [stretch(id, SEA[5] ?? ""), stretch(unread, SEA[1] ?? "")];
      expect(await recallStretches(QUESTION, places, remembering, "plain", signal)).toEqual([null, null]);
      expect(await recallStretches("  ", places.slice(0, 1), remembering, "plain", signal)).toEqual([null]);
      expect(await recallStretches(QUESTION, [], remembering, "plain", signal)).toEqual([]);
    });

    it("does without a memory that another model made, or that is gone", async () => {
      const places = [stretch(id, SEA[5] ?? "")];
      const others = (change: (memory: SegmentMemory | null) => SegmentMemory | null): Remembering => ({
        model,
        segments: (scope, mode) =>
          remembering.segments(scope, mode).map((segment) => ({ ...segment, load: () => change(segment.load()) })),
      });
      const wider = others((memory) => (memory === null ? null : { ...memory, width: memory.width * 2 }));
      expect(await recallStretches(QUESTION, places, wider, "plain", signal)).toEqual([null]);
      expect(
        await recallStretches(
          QUESTION,
          places,
          others(() => null),
          "plain",
          signal,
        ),
      ).toEqual([null]);
    });

    it("throws Cancelled", async () => {
      const cancelled = AbortSignal.abort();
      const places = [stretch(id, SEA[5] ?? "")];
      await expect(recallStretches(QUESTION, places, remembering, "plain", cancelled)).rejects.toMatchObject({
        code: "Cancelled",
      });
    });

    it("is never asked with another model than that of the fit, a text with any memory of it", () => {
      const { weights, adapter } = model.info.hashes;
      const other = "0".repeat(64);
      const { info } = model;
      expect(fittedForm(info, { form: "plain", weights, adapter })).toBe("plain");
      expect(fittedForm(info, { form: "plain", weights, adapter: other })).toBe("never");
      expect(fittedForm(info, { form: "text", weights, adapter: other })).toBe("text");
      expect(fittedForm(info, { form: "text", weights: other, adapter })).toBe("never");
      expect(fittedForm({ ...info, hashes: { ...info.hashes, weights: other } })).toBe("never");
    });

    it("finds the question likelier behind a text with its words, and always equally so", async () => {
      const texts = [SEA[5] ?? "", ORCHARD[5] ?? "", SEA[5] ?? ""];
      const [sea, orchard, again] = await recallTexts(QUESTION, texts, model, signal);
      expect(sea).toBeGreaterThan(0);
      expect(sea).toBeGreaterThan(orchard ?? 0);
      expect(again).toBe(sea);
      const long = SEA.concat(ORCHARD).join(" ").repeat(3); // more than the tokens behind which it is scored
      expect(await recallTexts(QUESTION, [long, `${long} ${long}`], model, signal)).toSatisfy(
        ([one, other]: (number | null)[]) => one !== null && one === other,
      );
    });

    it("scores a text as a view with the same tokens does", async () => {
      const { sinks, lead, ids } = asked();
      const scoreIn = async (text: readonly number[]): Promise<number> => {
        await using state = await model.openView([{ kind: "tokens", ids: [...sinks, ...text, ...lead] }], { signal });
        return (await state.score(ids, { signal })).reduce((sum, value) => sum + value, 0) / ids.length;
      };
      const [gain] = await recallTexts(QUESTION, [SEA[5] ?? ""], model, signal);
      const expected = (await scoreIn(model.tokenizer.encode(SEA[5] ?? ""))) - (await scoreIn([]));
      expect(Math.abs((gain ?? 0) - expected)).toBeLessThan(0.05); // rounded with the rows that are computed together
    });

    it("says nothing of texts for an empty question, for none, and where the model fails", async () => {
      expect(await recallTexts("  ", [SEA[5] ?? ""], model, signal)).toEqual([null]);
      expect(await recallTexts(QUESTION, [], model, signal)).toEqual([]);
      const closed = await openModel();
      if (closed.model === null) throw new Error("no model");
      await closed[Symbol.asyncDispose]();
      expect(await recallTexts(QUESTION, SEA.slice(0, 2), closed.model, signal)).toEqual([null, null]);
    });

    it("throws Cancelled between texts", async () => {
      const cancel = new AbortController();
      const running = recallTexts(QUESTION, [...SEA, ...ORCHARD], model, cancel.signal);
      setTimeout(() => cancel.abort(), 20);
      await expect(running).rejects.toMatchObject({ code: "Cancelled" });
    });

    it("is asked for the likeliest places only when the person lets it", async () => {
      let loads = 0;
      const counted: Remembering = {
        model,
        segments: (scope, mode) =>
          remembering.segments(scope, mode).map((segment) => ({ ...segment, load: () => (loads++, segment.load()) })),
      };
      const sources = {
        ...library.sources,
        remembering: counted,
        reader: ALL_ALIKE,
        recalls: { form: "plain" as const, parts: { form: "plain" as const, worth: 0.3 } },
      };
      const off = await ask({ ...library, sources }, [id], QUESTION, { memory: "off" });
      expect(loads).toBe(0);
      const on = await ask({ ...library, sources }, [id], QUESTION, { memory: "on" });
      expect(loads).toBeGreaterThan(0);
      expect([off.answer.memoryUsed, on.answer.memoryUsed]).toEqual([false, true]);
      for (const { answer } of [off, on]) expect(answer.citations[0]?.text).toContain("barometer");
      loads = 0;
      await ask({ ...library, sources: { ...sources, recalls: { form: "never" } } }, [id], QUESTION, { memory: "on" });
      expect(loads).toBe(0);
    });

    it("is asked for texts of a document that is not read into memory, and says so", async () => {
      const sources = { ...library.sources, remembering, reader: ALL_ALIKE, recalls: { form: "text" as const } };
      const { answer } = await ask({ ...library, sources }, [unread], QUESTION, { memory: "off" });
      expect(answer.memoryUsed).toBe(false);
      expect(answer.citations[0]?.text).toContain("barometer");
      expect(answer.citations[0]?.why?.likelier).toBeGreaterThan(1);
      for (const without of [
        { ...sources, recalls: { form: "never" as const } },
        { ...sources, remembering: null },
        { ...sources, reader: null },
      ]) {
        const { answer: other } = await ask({ ...library, sources: without }, [unread], QUESTION);
        expect(other.citations[0]?.text).toContain("barometer");
        expect(other.citations[0]?.why?.likelier).toBeNull();
      }
    });
  },
);
