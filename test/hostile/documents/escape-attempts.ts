/**
 * What a taken-over parser might try, run behind the same flags: prints one line of JSON, attempt > outcome.
 * argv: a file outside the grant, a link inside the grant that leads to it, the granted folder, the out folder.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { readInside } from "../../../engine/repository/read-inside.ts";

const [outside, link, granted, outFolder] = process.argv.slice(2);
const outcomes: Record<string, string> = {};

function attempt(name: string, work: () => unknown): void {
  try {
    const result = work();
    outcomes[name] = result === null ? "refused by the reader" : "done";
  } catch (error) {
    outcomes[name] = error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

attempt("read what is granted", () => readFileSync(join(granted, "inside.txt")));
attempt("read a file outside", () => readFileSync(outside));
attempt("read by ..", () => readFileSync(join(granted, "..", "outside.txt")));
attempt("read through a link, as readers do", () => readInside(granted, link.slice(granted.length + 1), 1_000));
attempt("read a folder above", () => readFileSync("/etc/passwd"));
attempt("write outside", () => writeFileSync(join(granted, "mine.txt"), "x"));
attempt("write what is granted", () => writeFileSync(join(outFolder, "rows.ndjson"), "{}\n"));
attempt("start a process", () => {
  const { error } = spawnSync(process.execPath, ["--version"]);
  if (error !== undefined) throw error;
  return "";
});
attempt("start a worker", () => new Worker("1", { eval: true }));
attempt("load a native addon", () => process.dlopen({ exports: {} }, join(granted, "addon.node")));
attempt("make code from text", () => Reflect.construct(Function, ["return 1"]));

const socket = connect(9, "127.0.0.1");
socket.on("connect", () => finish("open a socket", "done"));
socket.on("error", (error) => finish("open a socket", "code" in error ? String(error.code) : error.message));

function finish(name: string, outcome: string): void {
  outcomes[name] = outcome;
  process.stdout.write(JSON.stringify(outcomes), () => process.exit(0));
}
