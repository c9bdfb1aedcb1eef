/**
 * Run under a wall's flags: tries what must be refused, prints what happened as JSON.
 * argv: a secret file outside the grant, a link inside the grant that leads to it, the same file by `..`.
 */
import { linkSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { spawnSync } from "node:child_process";
import { lookup } from "node:dns";
import { createSocket } from "node:dgram";

const [secret, link, dotted, writable] = process.argv.slice(2);

function attempt(work: () => unknown): string {
  try {
    work();
    return "allowed";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

function attemptLater(start: (done: (outcome: string) => void) => void): Promise<string> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("silent"), 3_000);
    const done = (outcome: string) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    try {
      start(done);
    } catch (error) {
      done(error instanceof Error && "code" in error ? String(error.code) : String(error));
    }
  });
}

const outcomes: Record<string, string> = {
  readDirectly: attempt(() => readFileSync(secret)),
  readByGivenLink: attempt(() => readFileSync(link)),
  readByOwnLink: attempt(() => {
    symlinkSync(secret, `${writable}.link`);
    readFileSync(`${writable}.link`);
  }),
  readByHardLink: attempt(() => {
    linkSync(secret, `${writable}.hard`);
    readFileSync(`${writable}.hard`);
  }),
  moveIn: attempt(() => renameSync(secret, `${writable}.moved`)),
  readByDots: attempt(() => readFileSync(dotted)),
  readPasswd: attempt(() => readFileSync("/etc/passwd")),
  writeOutside: attempt(() => writeFileSync(`${secret}.written`, "x")),
  writeInside: attempt(() => writeFileSync(writable, "x")),
  startProcess: attempt(() => {
    const { error } = spawnSync("/bin/sh", ["-c", "cat /etc/passwd"]);
    if (error) throw error;
  }),
  openSocket: await attemptLater((done) => {
    const socket = connect({ host: "127.0.0.1", port: 9 });
    socket.on("connect", () => done("allowed"));
    socket.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? "error"));
  }),
  lookUpName: await attemptLater((done) => lookup("localhost", (error) => done(error?.code ?? "allowed"))),
  sendDatagram: await attemptLater((done) => {
    const socket = createSocket("udp4");
    socket.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? "error"));
    socket.send("x", 9, "127.0.0.1", (error) => done((error as NodeJS.ErrnoException | null)?.code ?? "allowed"));
  }),
  addons: process.permission?.has("addons") === true ? "allowed" : "refused",
};
console.log(JSON.stringify(outcomes));
