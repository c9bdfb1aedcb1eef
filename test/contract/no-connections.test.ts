import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { programRoot, temporaryFolder } from "./support.ts";

const hasTrace = !(process.env["LONGLEAF_MISSING"] ?? "").includes("strace");

/** Runs the command under strace; returns every network system call of it and of all its processes. */
function traced(library: string, out: string, ...args: string[]): string[] {
  const run = spawnSync(
    "strace",
    [
      "-ff",
      "-qq",
      "-e",
      "trace=%network",
      "-o",
      join(out, "trace"),
      process.execPath,
      "cli/longleaf.mjs",
      "--json",
      "--library",
      library,
      ...args,
    ],
    { cwd: programRoot, encoding: "utf8" },
  );
  expect(run.status, run.stderr + run.stdout).toBe(0);
  return readdirSync(out).flatMap((name) => readFileSync(join(out, name), "utf8").split("\n"));
}

describe.skipIf(!hasTrace)("system calls of reading and asking", () => {
  it("no process of ours connects anywhere, or opens an internet socket", () => {
    using library = temporaryFolder("traced");
    using readTrace = temporaryFolder("trace-read");
    using askTrace = temporaryFolder("trace-ask");
    const readme = join(programRoot, "assets/sample-repository/ferry");
    const calls = [
      ...traced(library.path, readTrace.path, "read", readme),
      ...traced(library.path, askTrace.path, "ask", "ferry", "How are fares computed?"),
    ];
    expect(
      calls.some((line) => line.startsWith("socketpair(") || line.startsWith("socket(") || line.startsWith("sendmsg(")),
    ).toBe(true);
    expect(calls.filter((line) => line.startsWith("connect("))).toEqual([]);
    expect(calls.filter((line) => /^(socket|bind|sendto)\(.*AF_INET/.test(line))).toEqual([]);
  });
});
