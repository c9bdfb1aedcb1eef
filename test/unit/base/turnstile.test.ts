import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { EventHub } from "../../../engine/base/event-hub.ts";
import { contentKey } from "../../../engine/base/hash.ts";
import { Turnstile } from "../../../engine/base/turnstile.ts";

const never = new AbortController().signal;

it("a turnstile lets as many through as it has places, in order", async () => {
  const turnstile = new Turnstile(2);
  let inside = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    [0, 1, 2, 3, 4].map((turn) =>
      turnstile.pass(never, async () => {
        order.push(turn);
        most = Math.max(most, ++inside);
        await wait(5);
        inside--;
      }),
    ),
  );
  expect(most).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4]);
});

it("a turnstile gives the place on when the work fails, and lets a waiter leave", async () => {
  const turnstile = new Turnstile(1);
  await expect(turnstile.pass(never, () => Promise.reject(new Error("x")))).rejects.toThrow("x");
  const abort = new AbortController();
  const first = turnstile.pass(never, () => wait(20));
  const second = turnstile.pass(abort.signal, () => wait(20));
  abort.abort();
  await expect(second).rejects.toMatchObject({ code: "Cancelled" });
  await first;
  await expect(turnstile.pass(never, () => Promise.resolve("in"))).resolves.toBe("in");
});

it("an event hub gives each reader what was said after it came, until it leaves", async () => {
  const hub = new EventHub<number>();
  hub.say(1);
  const abort = new AbortController();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const event of hub.listen(abort.signal, [0])) seen.push(event);
  })();
  await wait(1);
  hub.say(2);
  hub.say(3);
  await wait(1);
  abort.abort();
  await reading;
  hub.say(4);
  expect(seen).toEqual([0, 2, 3]);
});

it("a content key tells apart what only looks alike when joined", () => {
  expect(contentKey("ab", "c")).not.toBe(contentKey("a", "bc"));
  expect(contentKey("a", 1)).toBe(contentKey("a", "1"));
});
