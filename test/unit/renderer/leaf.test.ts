import { describe, expect, it } from "vitest";
import type { Leaf } from "../../../engine/protocol/dto.ts";
import { barAtY, downY } from "../../../renderer/features/leaf/leaf-drawing.ts";
import {
  barInHand,
  barOfPlace,
  barOfSlot,
  barsOf,
  entryAt,
  placeOfBar,
  READ,
  readCount,
  resample,
  rowsOf,
  shelfWidth,
  slotOfBar,
  UNREAD,
} from "../../../renderer/features/leaf/leaf-model.ts";
import { barForKey } from "../../../renderer/features/leaf/leaf.tsx";

function leafOf(count: number, read: number, parts: Leaf["parts"] = []): Leaf {
  const bars = Array.from({ length: count }, (_, index) => ({
    begin: index % 10 === 0 ? 0.5 : 0.1,
    end: index % 10 === 9 ? 0.3 : 0.9,
    state: index < read ? ("read" as const) : ("unread" as const),
  }));
  return { bars, parts, unit: "pages" };
}

describe("the leaf as numbers", () => {
  it("draws a full page as a full bar: margins are taken off", () => {
    const bars = barsOf(leafOf(100, 50));
    expect(bars.begin[1]).toBeCloseTo(0);
    expect(bars.end[1]).toBeCloseTo(1);
    expect(bars.begin[10]).toBeCloseTo(0.5);
    expect(bars.end[9]).toBeCloseTo(0.25);
  });

  it("resampled, a slot is read only when all its pages are", () => {
    const bars = resample(barsOf(leafOf(100, 55)), 10);
    expect(bars.count).toBe(10);
    expect([...bars.state]).toEqual([READ, READ, READ, READ, READ, UNREAD, UNREAD, UNREAD, UNREAD, UNREAD]);
  });

  it("finds the page in hand and counts what is read", () => {
    const bars = barsOf(leafOf(20, 7));
    expect(readCount(bars)).toBe(7);
    expect(barInHand(bars)).toBe(7);
    expect(barInHand(barsOf(leafOf(20, 20)))).toBe(-1);
  });

  it("every bar finds its slot and the slot a bar that shares it", () => {
    for (const [count, slots] of [
      [292, 110],
      [3000, 400],
      [5, 100],
    ] as const) {
      for (let bar = 0; bar < count; bar += 1) {
        const slot = slotOfBar(bar, count, slots);
        expect(slot).toBeGreaterThanOrEqual(0);
        expect(slot).toBeLessThan(Math.min(slots, count));
        expect(Math.abs(barOfSlot(slot, count, slots) - bar)).toBeLessThanOrEqual(Math.ceil(count / slots) + 1);
      }
    }
  });

  it("places and bars agree by page, by file and by share of the text", () => {
    const document = { characters: 1_000 };
    const pages = { leaf: leafOf(10, 10), document };
    expect(barOfPlace({ start: 999, page: 4, file: null }, pages)).toBe(3);
    expect(placeOfBar(3, pages)).toEqual({ start: 0, page: 4, file: null });
    const entry = (path: string, start: number, end: number) => ({ path, start, end, language: "", lines: 1 });
    const files = [entry("a", 0, 100), entry("b", 100, 900), entry("c", 900, 1_000)];
    const repository = { leaf: { ...leafOf(3, 3), unit: "files" as const }, document, files };
    expect(barOfPlace({ start: 150, page: null, file: "b" }, repository)).toBe(1);
    expect(placeOfBar(2, repository)).toEqual({ start: 900, page: null, file: "c" });
    const text = { leaf: { ...leafOf(4, 4), unit: "passages" as const }, document };
    expect(barOfPlace({ start: 510, page: null, file: null }, text)).toBe(2);
    expect(placeOfBar(2, text).start).toBe(500);
  });

  it("makes one row per part, and rows of a hundred where there are too many or none", () => {
    const parts = [
      { bar: 3, title: "I" },
      { bar: 40, title: "II" },
    ];
    expect(rowsOf(leafOf(100, 0, parts))).toEqual([
      { title: "I", from: 0, to: 40 },
      { title: "II", from: 40, to: 100 },
    ]);
    expect(rowsOf(leafOf(250, 0)).map((row) => row.to)).toEqual([100, 200, 250]);
    const many = Array.from({ length: 17 }, (_, bar) => ({ bar, title: String(bar) }));
    expect(rowsOf(leafOf(120, 0, many))).toHaveLength(2);
  });

  it("grows with the square root of the pages, within the room", () => {
    expect(shelfWidth(292, 648)).toBe(331);
    expect(shelfWidth(838, 648)).toBe(560);
    expect(shelfWidth(5_000, 648)).toBe(648);
  });

  it("an upright leaf's heights and bars are inverse", () => {
    for (const count of [3, 108, 3_000]) {
      for (let bar = 0; bar < count; bar += 7) expect(barAtY(downY(bar, count, 848), count, 848)).toBe(bar);
    }
    expect(barAtY(-50, 10, 848)).toBe(0);
    expect(barAtY(5_000, 10, 848)).toBe(9);
  });

  it("takes the keys of a slider; parts are its page steps", () => {
    const stops = [0, 30, 60];
    expect(barForKey("ArrowDown", 5, 100, stops)).toBe(6);
    expect(barForKey("ArrowUp", 0, 100, stops)).toBe(0);
    expect(barForKey("PageDown", 5, 100, stops)).toBe(30);
    expect(barForKey("PageUp", 59, 100, stops)).toBe(30);
    expect(barForKey("End", 5, 100, stops)).toBe(99);
    expect(barForKey("a", 5, 100, stops)).toBeNull();
  });

  it("finds the deepest entry of the contents", () => {
    const entry = (level: number, title: string, start: number, end: number) => ({
      level,
      title,
      start,
      end,
      page: null,
      file: null,
    });
    const outline = [
      entry(1, "Part I", 0, 100),
      entry(2, "One", 0, 50),
      entry(2, "Two", 50, 100),
      entry(1, "Part II", 100, 200),
    ];
    expect(entryAt(outline, 60)?.title).toBe("Two");
    expect(entryAt(outline, 150)?.title).toBe("Part II");
  });
});
