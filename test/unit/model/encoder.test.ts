import { describe, expect, it } from "vitest";
import { spanEnds } from "../../../engine/model/encoder.ts";
import { fromHalf } from "../../../engine/model/half.ts";
import {
  GOLDEN_MODELS,
  goldenInputs,
  inNumbers,
  loadGolden,
  relativeDifference,
  running,
} from "../../parity/golden.ts";

describe("spans", () => {
  it("cover every token; the last may be shorter", () => {
    expect(spanEnds(20, 8)).toEqual([8, 16, 20]);
    expect(spanEnds(16, 8)).toEqual([8, 16]);
    expect(spanEnds(3, 8)).toEqual([3]);
  });
});

describe.each(GOLDEN_MODELS)("a gist of %s", (name) => {
  // The first gist at ratio r and the only gist of a segment of r tokens stand at one place and see the same tokens.
  it.each([1, 2, 3, 4, 5, 9, 16])("that ends after %i tokens knows nothing of what follows", async (end) => {
    const model = await loadGolden(name);
    const [ids] = goldenInputs(name).segments;
    const alone = inNumbers(await model.encoder.encode(ids.slice(0, end), 64, running));
    const first = inNumbers(await model.encoder.encode(ids, end, running));
    expect(alone.slots).toBe(1);
    expect(first.slots).toBe(Math.ceil(ids.length / end));
    for (let layer = 0; layer < alone.layers; layer++) {
      const at = layer * first.slots * first.width;
      const found = fromHalf(first.payload.slice(at, at + first.width));
      const expected = fromHalf(alone.payload.slice(layer * alone.width, (layer + 1) * alone.width));
      expect(relativeDifference(found, expected)).toBeLessThan(1e-3);
    }
  });
});
