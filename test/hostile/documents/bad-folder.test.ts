import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runParser, temporaryFolder, type ParserRun } from "../../fixtures/read-rows.ts";

/** The real parser on a folder that `fill` makes; it must have ended by itself. */
async function parseFolder(fill: (root: string, beside: string) => void): Promise<ParserRun> {
  const folder = temporaryFolder();
  try {
    const root = join(folder.path, "repository");
    mkdirSync(root);
    fill(root, folder.path);
    const run = await runParser(root);
    expect({ exitCode: run.exitCode, signal: run.signal, output: run.output }).toEqual({
      exitCode: 0,
      signal: null,
      output: "",
    });
    return run;
  } finally {
    folder.remove();
  }
}

function reasons(run: ParserRun): Record<string, string> {
  return Object.fromEntries((run.rows?.skipped ?? []).map(({ path, reason }) => [path, reason]));
}

test("circles of links end, links that leave are refused and listed", async () => {
  const run = await parseFolder((root, beside) => {
    writeFileSync(join(root, "a.js"), "const a = 1;\n");
    writeFileSync(join(beside, "secret.txt"), "Words of somebody else.\n");
    mkdirSync(join(root, "sub"));
    symlinkSync("..", join(root, "sub", "up"));
    symlinkSync("me", join(root, "me"));
    symlinkSync(join(beside, "secret.txt"), join(root, "out.txt"));
    symlinkSync(beside, join(root, "out"));
    symlinkSync("../../secret.txt", join(root, "sub", "relative.txt"));
    symlinkSync("a.js", join(root, "same.js"));
  });
  expect(run.rows?.files.map((file) => file.path)).toEqual(["a.js"]);
  const leaves = "a link that leaves the folder; it was not followed";
  const inside = "a link to another place of this folder, which is read there";
  expect(reasons(run)).toEqual({
    me: "a link that leads nowhere or in a circle",
    out: leaves,
    "out.txt": leaves,
    "same.js": inside,
    "sub/relative.txt": leaves,
    "sub/up": inside,
  });
  expect(JSON.stringify(run.rows?.all)).not.toContain("somebody else");
  expect(run.rows?.warnings).toContain("3 links leave the folder and were not followed.");
});

test("records of git that are links are not read", async () => {
  const run = await parseFolder((root, beside) => {
    writeFileSync(join(root, "a.js"), "const a = 1;\n");
    writeFileSync(join(beside, "HEAD"), "ref: refs/heads/somebody-else\n");
    writeFileSync(join(beside, "rules"), "*.js\n");
    mkdirSync(join(root, ".git"));
    symlinkSync(join(beside, "HEAD"), join(root, ".git", "HEAD"));
    symlinkSync(join(beside, "rules"), join(root, ".gitignore"));
  });
  expect(run.rows?.files.map((file) => file.path)).toEqual(["a.js"]);
  expect(JSON.stringify(run.rows?.all)).not.toContain("somebody-else");
});

test("submodules are listed, not read", async () => {
  const run = await parseFolder((root) => {
    writeFileSync(join(root, "a.js"), "const a = 1;\n");
    writeFileSync(join(root, ".gitmodules"), '[submodule "lib"]\n\tpath = lib\n\turl = ../lib\n');
    for (const name of ["lib", "nested"]) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, "b.js"), "const b = 1;\n");
    }
    writeFileSync(join(root, "nested", ".git"), "gitdir: ../.git/modules/nested\n");
  });
  expect(run.rows?.files.map((file) => file.path)).toEqual([".gitmodules", "a.js"]);
  const reason = "a submodule: a repository of its own; open it by itself";
  expect(reasons(run)).toEqual({ "lib/": reason, "nested/": reason });
});

test("a file of 300 MB is set aside unread, a repository without commits is read", async () => {
  const run = await parseFolder((root) => {
    writeFileSync(join(root, "a.js"), "const a = 1;\n");
    writeFileSync(join(root, "dump.sql"), "insert into lamps values (1);\n");
    truncateSync(join(root, "dump.sql"), 300_000_000);
    mkdirSync(join(root, ".git"));
    writeFileSync(join(root, ".git", "HEAD"), "ref: refs/heads/main\n");
  });
  expect(reasons(run)["dump.sql"]).toBe("larger than 2.0 MB: 300 MB");
  expect(run.rows?.document.metadata).toMatchObject({ Branch: "main", Commit: "none yet" });
});

test("a folder with nothing to read says so", async () => {
  const empty = await parseFolder(() => undefined);
  expect(empty.last).toMatchObject({
    code: "DocumentUnreadable",
    message: "repository has no file that Longleaf can read: it is empty.",
  });
  const secret = await parseFolder((root) => writeFileSync(join(root, ".env"), "A=hunter2hunter2\n"));
  expect(secret.last).toMatchObject({ type: "error", code: "DocumentUnreadable" });
  expect(JSON.stringify(secret.last)).not.toContain("hunter2");
});

test("a damaged index and hostile records do not stop the reading", async () => {
  const run = await parseFolder((root) => {
    writeFileSync(join(root, "a.js"), "const a = 1;\n");
    mkdirSync(join(root, ".git"));
    writeFileSync(join(root, ".git", "HEAD"), "ref: refs/../../../../etc/passwd\n");
    const index = Buffer.alloc(400, 0xff);
    index.write("DIRC", 0, "latin1");
    index.writeUInt32BE(2, 4);
    writeFileSync(join(root, ".git", "index"), index);
  });
  expect(run.rows?.files.map((file) => file.path)).toEqual(["a.js"]);
  expect(run.rows?.document.metadata.Commit).toBe("none yet");
});
