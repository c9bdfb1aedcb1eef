import { describe, expect, it } from "vitest";
import { openView, planView } from "../../../engine/memory/view.ts";
import type { MemoryCandidate, ViewBudget } from "../../../engine/memory/types.ts";
import { loadModel } from "../../../engine/model/client.ts";
import type { SegmentMemory } from "../../../engine/model/types.ts";
import { goldenFolder, goldenInputs, inNumbers, running, temporaryFolder } from "../../parity/golden.ts";

const memories: MemoryCandidate[] = [3, 9, 1, 9, 5].map((relevance, i) => ({ key: `m${i}`, slots: 64, relevance }));
const budget: ViewBudget = { maxPositions: 1024, sinkTokens: 10, questionTokens: 30, reserve: 100 };

describe("the plan of a view", () => {
  it("shows everything when everything fits", () => {
    const plan = planView(memories, [{ tokens: 100 }, { tokens: 150 }], budget);
    expect(plan).toEqual({
      memories: [0, 1, 2, 3, 4],
      passages: [0, 1],
      memorySlots: 320,
      passageTokens: 250,
      isWhole: true,
      positions: 610,
    });
  });

  it("takes the most relevant memories, the earlier of equals, and lays them in document order", () => {
    const plan = planView(memories, [], { ...budget, maxPositions: 140 + 3 * 64 + 63 });
    expect(plan.memories).toEqual([1, 3, 4]);
    expect(plan).toMatchObject({ isWhole: false, memorySlots: 192 });
    expect(planView(memories, [], { ...budget, maxPositions: 140 + 64 }).memories).toEqual([1]);
  });

  it("gives passages their share before memories, and what memories leave", () => {
    const passages = [{ tokens: 200 }, { tokens: 200 }, { tokens: 50 }];
    const tight = planView(memories, passages, { ...budget, maxPositions: 140 + 400 });
    expect(tight.passages).toEqual([0]);
    expect(tight.memories).toEqual([1, 3, 4]);
    const half = planView(memories, passages, { ...budget, maxPositions: 140 + 400, passageShare: 1 });
    expect(half).toMatchObject({ passages: [0, 1], memories: [] });
    expect(planView([], passages, { ...budget, maxPositions: 140 + 450, passageShare: 0 }).passages).toEqual([0, 1, 2]);
  });

  it("bounds the slots for speed", () => {
    expect(planView(memories, [], { ...budget, maxSlots: 130 }).memories).toEqual([1, 3]);
  });

  it("never exceeds the positions it may use", () => {
    for (let maxPositions = 140; maxPositions < 1200; maxPositions += 7) {
      const plan = planView(memories, [{ tokens: 90 }, { tokens: 301 }, { tokens: 17 }], { ...budget, maxPositions });
      expect(plan.positions + budget.reserve).toBeLessThanOrEqual(maxPositions);
      expect(plan.memories).toEqual(plan.memories.toSorted((a, b) => a - b));
    }
  });

  it("refuses a question that leaves no room for an answer", () => {
    expect(() => planView(memories, [], { ...budget, maxPositions: 139 })).toThrow(
      expect.objectContaining({ code: "ContextOverflow" }),
    );
  });
});

describe("opening a view", () => {
  it("lays sinks, chosen memories in order, then local tokens", async () => {
    const inputs = goldenInputs("tiny-llama");
    await using model = await loadModel({
      folder: goldenFolder("tiny-llama"),
      cacheFolder: temporaryFolder(),
      threads: 1,
    });
    const store = new Map<string, SegmentMemory>();
    for (const [i, ids] of inputs.segments.entries())
      store.set(`m${i}`, await model.encodeSegment(ids, { signal: running }));
    const candidates = [...store].map(([key, memory]) => ({ key, slots: memory.slots, relevance: 0 }));
    const plan = planView(candidates, [], {
      maxPositions: 512,
      sinkTokens: 1,
      questionTokens: inputs.local.length,
      reserve: 10,
    });
    const load = (key: string): SegmentMemory => {
      const memory = store.get(key);
      if (memory === undefined) throw new Error(`unexpected key ${key}`);
      return memory;
    };
    const parts = { plan, sinks: inputs.sinks, memories: candidates, local: inputs.local, load };
    await using state = await openView(model, parts, { signal: running });
    expect(state.length).toBe(plan.positions);

    const entries = [...store.values()].map((memory) => ({ kind: "memory", memory }) as const);
    await using direct = await model.openView(
      [{ kind: "tokens", ids: inputs.sinks }, ...entries, { kind: "tokens", ids: inputs.local }],
      { signal: running },
    );
    expect(await state.nextLogits({ signal: running })).toEqual(await direct.nextLogits({ signal: running }));
  });

  it("sees the memory: without the relevant one the numbers are others", async () => {
    const inputs = goldenInputs("tiny-llama");
    await using model = await loadModel({
      folder: goldenFolder("tiny-llama"),
      cacheFolder: temporaryFolder(),
      threads: 1,
    });
    const memory = await model.encodeSegment(inputs.segments[0], { signal: running });
    const zeroed = { ...memory, payload: new Uint16Array(inNumbers(memory).payload.length) };
    const scores = [];
    for (const one of [memory, zeroed]) {
      await using state = await model.openView(
        [
          { kind: "memory", memory: one },
          { kind: "tokens", ids: [0] },
        ],
        { signal: running },
      );
      scores.push(await state.score(inputs.local, { signal: running }));
    }
    expect(scores[0]).not.toEqual(scores[1]);
  });
});
