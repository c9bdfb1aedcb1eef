/** What memories say about the parts that a question is about, with the bundled starter model over a real store. */
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
import { fittedParts, recallStretches } from "../../../engine/answering/gathering/remember.ts";
import type { Remembering } from "../../../engine/answering/types.ts";
import type { LanguageModel, SegmentMemory } from "../../../engine/model/types.ts";
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

describe.skipIf(!existsSync(join(starterFolder, "model.safetensors")))(
  "the memory, asked which parts a question is about",
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

    it("scores tokens as one view after the other does", async () => {
      const sinks = [model.tokenizer.specialId("<|doc|>") ?? 0];
      const lead = model.tokenizer.encode("\n\nQuestion:");
      const ids = model.tokenizer.encode(` ${QUESTION}`);
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

    it("is worth nothing with another model than that of the fit, or with another memory of it", () => {
      const { info } = model;
      const { weights, adapter } = info.hashes;
      const other = "0".repeat(64);
      const fitted = { form: "plain", worth: 0.3, weights, adapter } as const;
      expect(fittedParts(info, fitted)).toEqual({ form: "plain", worth: 0.3 });
      expect(fittedParts(info, { ...fitted, adapter: other }).worth).toBe(0);
      expect(fittedParts(info, { ...fitted, weights: other }).worth).toBe(0);
    });

    it("is asked for questions over the whole only, when the person lets it and it is worth something", async () => {
      let loads = 0;
      const counted: Remembering = {
        model,
        segments: (scope, mode) =>
          remembering.segments(scope, mode).map((segment) => ({ ...segment, load: () => (loads++, segment.load()) })),
      };
      const loadsFor = async (question: string, worth: number, memory: "on" | "off") => {
        loads = 0;
        const partsByMemory = { form: "plain", worth } as const;
        const sources = { ...library.sources, remembering: counted, partsByMemory };
        const { answer } = await ask({ ...library, sources }, [id], question, { memory });
        expect(answer.citations[0]?.text).toContain("barometer");
        expect(answer.memoryUsed).toBe(loads > 0);
        return { loads, route: answer.route };
      };
      const whole = "Trace what happens to the barometer of the steamer.";
      const { loads: asked, route } = await loadsFor(whole, 0.3, "on");
      expect(route).toBe("whole");
      expect(asked).toBeGreaterThan(0);
      expect(await loadsFor(whole, 0.3, "off")).toEqual({ loads: 0, route: "whole" });
      expect(await loadsFor(whole, 0, "on")).toEqual({ loads: 0, route: "whole" });
      expect(await loadsFor(QUESTION, 0.3, "on")).toEqual({ loads: 0, route: "find" });
    });
  },
);
