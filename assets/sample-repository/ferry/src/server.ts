/** Composition root: configuration, database, routes, the outbox worker. No rules. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { parse } from "yaml";
import { systemClock } from "./lib/clock.ts";
import { sendDue } from "./notify/outbox.ts";
import { postBooking, postHold } from "./routes/bookings.ts";
import type { Reply } from "./routes/bookings.ts";
import { postCancel } from "./routes/sailings.ts";
import { openDatabase } from "./storage/database.ts";

const config = parse(readFileSync(process.env["SKERRY_CONFIG"] ?? "config/default.yaml", "utf8"));
const clock = systemClock();
const database = openDatabase(config.database.file, config.database.busy_timeout_ms);
const limits = { minutes: config.holds.minutes, maxSeats: config.holds.max_seats };
const plan = {
  firstSeconds: config.outbox.first_retry_seconds,
  lastSeconds: config.outbox.last_retry_seconds,
  maxTries: config.outbox.max_tries,
};

async function readBody(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > config.server.max_body_bytes) return null;
    pieces.push(piece);
  }
  return length === 0 ? {} : JSON.parse(Buffer.concat(pieces).toString("utf8"));
}

async function answer(request: IncomingMessage): Promise<Reply> {
  const body = await readBody(request);
  if (body === null) return { status: 413, body: { error: "the request is too large" } };
  const path = request.url ?? "/";
  const cancel = /^\/sailings\/(S-\d{4})\/cancel$/.exec(path);
  if (path === "/holds") return postHold(database, limits, clock, body);
  if (path === "/bookings") return postBooking(database, clock, body);
  if (path === "/buy") return { status: 410, body: { error: "seats are held first: POST /holds" } };
  if (cancel?.[1] !== undefined) return postCancel(database, clock.now(), cancel[1], body);
  return { status: 404, body: { error: "not found" } };
}

createServer((request, response) => {
  void answer(request)
    .catch((error: unknown): Reply => ({ status: 500, body: { error: String(error) } }))
    .then((reply) => response.writeHead(reply.status, { "content-type": "application/json" }).end(JSON.stringify(reply.body)));
}).listen(config.server.port, config.server.host);

/** The outbox is looked at every ten seconds. */
setInterval(() => {
  void sendDue(database, async (message) => console.log(message.kind, message.code), plan, clock.now());
}, 10_000);
