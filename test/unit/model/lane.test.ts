import { setTimeout as after } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Lane } from "../../../engine/model/lane.ts";

const running = new AbortController().signal;

describe("one lane with two priorities", () => {
  it("runs one thing at a time, foreground before background, else in order", async () => {
    const lane = new Lane();
    const order: string[] = [];
    let active = 0;
    const work = (name: string) => async (): Promise<void> => {
      active++;
      expect(active).toBe(1);
      order.push(name);
      await after(2);
      active--;
    };
    await Promise.all([
      lane.run("background", running, work("b1")),
      lane.run("background", running, work("b2")),
      lane.run("foreground", running, work("f1")),
      lane.run("background", running, work("b3")),
      lane.run("foreground", running, work("f2")),
    ]);
    expect(order).toEqual(["b1", "f1", "f2", "b2", "b3"]);
  });

  it("goes on after work that failed and work that was cancelled while it waited", async () => {
    const lane = new Lane();
    const controller = new AbortController();
    const failing = lane.run("foreground", running, () => Promise.reject(new Error("broken")));
    const waiting = lane.run("foreground", controller.signal, () => Promise.resolve("never"));
    const last = lane.run("background", running, () => Promise.resolve("done"));
    controller.abort();
    await expect(failing).rejects.toThrow("broken");
    await expect(waiting).rejects.toMatchObject({ code: "Cancelled" });
    await expect(last).resolves.toBe("done");
    await expect(lane.run("foreground", running, () => Promise.resolve("free"))).resolves.toBe("free");
  });
});
