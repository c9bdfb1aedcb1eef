import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parserFlags } from "../../../engine/documents/parser-flags.ts";
import { programRoot, runParser, temporaryFolder } from "../../fixtures/read-rows.ts";

const DENIED = "ERR_ACCESS_DENIED";

test("behind the parser's flags only the grant can be read, and nothing else can be done", () => {
  const folder = temporaryFolder();
  try {
    const granted = join(folder.path, "granted");
    const outFolder = join(folder.path, "out");
    for (const path of [granted, outFolder]) mkdirSync(path);
    writeFileSync(join(granted, "inside.txt"), "inside");
    writeFileSync(join(folder.path, "outside.txt"), "a secret outside");
    const link = join(granted, "link.txt");
    symlinkSync(join(folder.path, "outside.txt"), link);
    const script = join(programRoot, "test/hostile/documents/escape-attempts.ts");
    const args = [
      ...parserFlags({ programRoot, source: granted, outFolder }),
      script,
      join(folder.path, "outside.txt"),
      link,
      granted,
      outFolder,
    ];
    const outcomes: unknown = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", env: {} }));
    expect(outcomes).toEqual({
      "read what is granted": "done",
      "write what is granted": "done",
      "read a file outside": DENIED,
      "read by ..": DENIED,
      "read through a link, as readers do": "refused by the reader",
      "read a folder above": DENIED,
      "write outside": DENIED,
      "start a process": DENIED,
      "start a worker": DENIED,
      "load a native addon": "ERR_DLOPEN_DISABLED",
      "make code from text": expect.stringContaining("Code generation from strings disallowed"),
      "open a socket": DENIED,
    });
  } finally {
    folder.remove();
  }
});

test("a name beside the granted one is not granted with it", async () => {
  const folder = temporaryFolder();
  try {
    mkdirSync(join(folder.path, "book"));
    writeFileSync(join(folder.path, "book", "a.txt"), "The granted words.\n");
    symlinkSync(join(folder.path, "book-secret"), join(folder.path, "book", "way-out"));
    mkdirSync(join(folder.path, "book-secret"));
    writeFileSync(join(folder.path, "book-secret", "b.txt"), "Words of somebody else.\n");
    const run = await runParser(join(folder.path, "book"));
    expect(run.rows?.files.map((file) => file.path)).toEqual(["a.txt"]);
    expect(run.rows?.skipped).toMatchObject([
      { path: "way-out", reason: "a link that leaves the folder; it was not followed" },
    ]);
  } finally {
    folder.remove();
  }
});

test("names with commas, spaces and quotes are granted as they are", async () => {
  const folder = temporaryFolder();
  try {
    const path = join(folder.path, `a, "b" c.txt`);
    writeFileSync(path, "The words of an oddly named file.\n");
    const run = await runParser(path);
    expect(run.last).toEqual({ type: "done" });
    expect(run.rows?.blocks[0].text).toBe("The words of an oddly named file.");
  } finally {
    folder.remove();
  }
});

test("a parser whose host goes away ends", async () => {
  const folder = temporaryFolder();
  try {
    const { fork } = await import("node:child_process");
    const execArgv = parserFlags({ programRoot, source: folder.path, outFolder: folder.path });
    const child = fork(join(programRoot, "engine/documents/parser-main.ts"), [], {
      execArgv,
      env: {},
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    child.disconnect();
    const code = await new Promise((resolve) => child.on("exit", resolve));
    expect(code).toBe(1);
  } finally {
    folder.remove();
  }
});
