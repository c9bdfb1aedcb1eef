import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readGitRecords } from "../../../engine/repository/git-records.ts";
import { walkFolder } from "../../../engine/repository/walk-folder.ts";
import { temporaryFolder } from "../../fixtures/read-rows.ts";

const hasGit = (() => {
  try {
    execFileSync("git", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

function git(folder: string, ...args: string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  return execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...args], {
    encoding: "utf8",
    env,
    maxBuffer: 1 << 26,
  });
}

function fill(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** What git lists, and what the walk finds, both sorted. */
function bothLists(folder: string): { byGit: string[]; byWalk: string[] } {
  const byGit = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    .split("\0")
    .filter((path) => path !== "");
  const byWalk = walkFolder(folder, readGitRecords(folder), new AbortController().signal).files.map(
    (file) => file.path,
  );
  return { byGit: [...new Set(byGit)].toSorted(), byWalk: byWalk.toSorted() };
}

const CASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "negation, anchors, folders": {
    ".gitignore": "*.log\n!keep.log\n/build/\nout\n!out/keep\ndoc/*.txt\n",
    "a.log": "",
    "keep.log": "",
    "build/x": "",
    "sub/build/x": "",
    "out/keep": "",
    "doc/a.txt": "",
    "doc/sub/b.txt": "",
  },
  "an inner file re-includes a folder": {
    ".gitignore": "build/\n",
    "pkg/.gitignore": "!build/\n",
    "pkg/build/x.js": "",
    "build/y.js": "",
    "pkg/build/build/z.js": "",
  },
  "two stars": {
    ".gitignore": "**/tmp\na/**/z\nlogs/**\n!logs/keep\nx**y\n",
    "tmp/a": "",
    "q/tmp/b": "",
    "a/z": "",
    "a/b/z": "",
    "a/b/c/z": "",
    "logs/a": "",
    "logs/keep": "",
    "logs/d/e": "",
    x1y: "",
    "x/1/y": "",
  },
  "escapes, sets, spaces": {
    ".gitignore": "\\#hash\n\\!bang\n[ab]?.c\n[!x].d\ntrail\\ \nspace   \nfile[\n*.[oa]\n[[:digit:]]*.n\n",
    "#hash": "",
    "!bang": "",
    "ax.c": "",
    "cx.c": "",
    "y.d": "",
    "x.d": "",
    "trail ": "",
    space: "",
    "file[": "",
    "m.o": "",
    "m.a": "",
    "1a.n": "",
    "a.n": "",
  },
  "all but some": {
    ".gitignore": "/*\n!/src\n!.gitignore\n/src/*\n!/src/lib\n",
    a: "",
    "src/x": "",
    "src/lib/y": "",
    "other/z": "",
  },
  "an inner .gitignore is relative": {
    "sub/.gitignore": "/only\nname\na/b\n",
    only: "",
    "sub/only": "",
    "sub/deep/only": "",
    "sub/deep/name": "",
    "sub/a/b": "",
    "sub/deep/a/b": "",
  },
  "names beyond ASCII": { ".gitignore": "é*\n燈/\n", éa: "", "燈/x": "", b燈: "" },
};

describe.skipIf(!hasGit)("the files of a walk are those that git lists", () => {
  test.each(Object.entries(CASES))("%s", (_, files) => {
    const folder = temporaryFolder();
    try {
      git(folder.path, "init", "-q");
      fill(folder.path, files);
      const { byGit, byWalk } = bothLists(folder.path);
      expect(byWalk).toEqual(byGit);
    } finally {
      folder.remove();
    }
  });

  test("info/exclude counts, below every .gitignore; tracked files stay whatever the rules say", () => {
    const folder = temporaryFolder();
    try {
      git(folder.path, "init", "-q");
      fill(folder.path, {
        "dist/kept.js": "a",
        "dist/not.js": "b",
        "a.tmp": "c",
        "b.tmp": "d",
        ".gitignore": "dist/\n!b.tmp\n",
      });
      git(folder.path, "add", "-f", "dist/kept.js", ".gitignore");
      writeFileSync(join(folder.path, ".git/info/exclude"), "*.tmp\n");
      for (const version of ["2", "4"]) {
        git(folder.path, "update-index", "--index-version", version);
        const { byGit, byWalk } = bothLists(folder.path);
        expect(byGit).toEqual([".gitignore", "b.tmp", "dist/kept.js"]);
        expect(byWalk).toEqual(byGit);
      }
    } finally {
      folder.remove();
    }
  });

  test("random rules over a random tree", () => {
    const random = generator(20261121);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
    const names = ["a", "b", "ab", "x.c", "y.c", "lib", "A"];
    const pieces = ["a", "b", "ab", "*", "*.c", "?", "lib", "**", "[ab]", "[!a]*", "a*", "\\a"];
    const pattern = (): string => {
      const length = 1 + Math.floor(random() * 3);
      const body = Array.from({ length }, () => pick(pieces)).join("/");
      return `${random() < 0.3 ? "!" : ""}${random() < 0.3 ? "/" : ""}${body}${random() < 0.3 ? "/" : ""}`;
    };
    for (let round = 0; round < 25; round += 1) {
      const folder = temporaryFolder();
      try {
        git(folder.path, "init", "-q");
        for (let count = 0; count < 40; count += 1) {
          const path = Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(names)).join("/");
          try {
            fill(folder.path, { [path]: "" });
          } catch {
            // The path asks for a folder where a file stands, or the other way round.
          }
        }
        const rules = (): string => `${Array.from({ length: 1 + Math.floor(random() * 5) }, pattern).join("\n")}\n`;
        const texts: Record<string, string> = { ".gitignore": rules() };
        for (const inner of ["a", "lib", "a/b"]) if (random() < 0.5) texts[`${inner}/.gitignore`] = rules();
        for (const [path, text] of Object.entries(texts)) {
          try {
            fill(folder.path, { [path]: text });
          } catch {
            // As above.
          }
        }
        const { byGit, byWalk } = bothLists(folder.path);
        expect(byWalk, JSON.stringify(texts)).toEqual(byGit);
      } finally {
        folder.remove();
      }
    }
  });
});

/** Numbers from 0 to 1, the same ones every time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
