import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { codeBlocks } from "../../../engine/repository/code-blocks.ts";
import { languageOf } from "../../../engine/repository/language.ts";
import { secretByName, secretInText } from "../../../engine/repository/secrets.ts";
import { reasonBeforeReading, reasonInText } from "../../../engine/repository/set-aside.ts";
import { symbolsOf } from "../../../engine/repository/symbols.ts";
import { rowsOf, temporaryFolder, type Rows } from "../../fixtures/read-rows.ts";

async function rowsOfFiles(
  files: Readonly<Record<string, string | Buffer>>,
  known: Readonly<Record<string, string>> = {},
): Promise<Rows> {
  const folder = temporaryFolder();
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder.path, path)), { recursive: true });
      writeFileSync(join(folder.path, path), text);
    }
    return await rowsOf(folder.path, { known });
  } finally {
    folder.remove();
  }
}

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Sixty functions of six lines. */
const program = Array.from(
  { length: 60 },
  (_, index) =>
    `// Lights lamp ${index}.\nexport function light${index}(lamp) {\n  const on = lamp.turn();\n\n  return on;\n}\n`,
).join("\n");

test("a block of code is exactly its lines, and blocks begin where definitions do", () => {
  const lines = program.split("\n");
  const blocks = codeBlocks("JavaScript", program);
  expect(blocks.length).toBeGreaterThan(5);
  for (const { text, line, endLine } of blocks) {
    expect(text).toBe(lines.slice(line - 1, endLine).join("\n"));
    expect(endLine - line).toBeLessThan(60);
    expect(text.startsWith("// Lights lamp")).toBe(true);
  }
  const covered = blocks.reduce((sum, block) => sum + block.endLine - block.line + 1, 0);
  expect(covered).toBe(
    lines.filter((line) => line.trim() !== "").length +
      blocks.reduce((sum, block) => sum + block.text.split("\n").filter((line) => line.trim() === "").length, 0),
  );
});

test("symbols are found in the languages that people write", () => {
  const names = (language: string, text: string): string[] =>
    symbolsOf(language, text).map((symbol) => `${symbol.kind} ${symbol.name} ${symbol.line}`);
  expect(
    names(
      "TypeScript",
      "export class Lamp {\n  async turn(on: boolean): Promise<void> {\n    if (on) {\n    }\n  }\n}\nexport const watt = (a: number) => a;\ntype Glow = 1;\n",
    ),
  ).toEqual(["class Lamp 1", "function turn 2", "function watt 7", "type Glow 8"]);
  expect(names("Python", "class Lamp:\n    def turn(self):\n        pass\nMAX_GLOW = 3\n")).toEqual([
    "class Lamp 1",
    "function turn 2",
    "constant MAX_GLOW 4",
  ]);
  expect(names("Go", "func (l *Lamp) Turn() error {\n}\ntype Lamp struct {\n}\n")).toEqual([
    "function Turn 1",
    "type Lamp 3",
  ]);
  expect(names("Rust", "pub struct Lamp;\nimpl Drop for Lamp {\n    fn drop(&mut self) {}\n}\n")).toEqual([
    "type Lamp 1",
    "class Lamp 2",
    "function drop 3",
  ]);
  expect(
    names("Java", "public final class Lamp {\n    public void turn(int a) {\n        return;\n    }\n}\n"),
  ).toEqual(["class Lamp 1", "function turn 2"]);
  expect(names("C", "static int turn(struct lamp *l)\n{\n    if (x)\n        return 1;\n}\n#define GLOW 3\n")).toEqual([
    "function turn 1",
    "constant GLOW 6",
  ]);
  expect(names("Text", "function no() {}")).toEqual([]);
});

test("languages come from names, endings and first lines", () => {
  expect([
    languageOf("a/b.tsx"),
    languageOf("Makefile"),
    languageOf("run", "#!/usr/bin/env python3"),
    languageOf("run", "#!/bin/sh -e"),
    languageOf("NOTES"),
  ]).toEqual(["TSX", "Makefile", "Python", "Shell", "Text"]);
});

test("secrets are recognised, and what looks like them is not", () => {
  expect(secretByName("x/.env")).toBe("a file of environment secrets");
  expect(secretByName("x/.env.production")).toBe("a file of environment secrets");
  expect([".env.example", "environment.ts", "id_rsa.pub", "keys.md"].map(secretByName)).toEqual([
    null,
    null,
    null,
    null,
  ]);
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${"MIIEowIBAAKCAQEA".repeat(6)}\n-----END RSA PRIVATE KEY-----`;
  expect(secretInText(key)).toBe("a private key");
  expect(secretInText(JSON.stringify({ private_key: key }))).toBe("a private key");
  expect(secretInText(`token = "ghp_${"a1B2".repeat(9)}"`)).toBe("a GitHub token");
  expect(secretInText("aws AKIAQ3EGTUNZB4XDKM7P")).toBe("an AWS access key");
  expect(secretInText("aws AKIAIOSFODNN7EXAMPLE and -----BEGIN PRIVATE KEY----- in words")).toBeNull();
});

test("what no person wrote or reads is set aside, with the reason", () => {
  expect(reasonBeforeReading("package-lock.json", 9)).toMatch(/lock file/u);
  expect(reasonBeforeReading("a/app.min.js", 9)).toMatch(/generated/u);
  expect(reasonBeforeReading("big.csv", 300_000_000)).toBe("larger than 2.0 MB: 300 MB");
  expect(reasonBeforeReading("src/main.ts", 9)).toBeNull();
  expect(reasonInText("a.go", "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a\n")).toMatch(/generated/u);
  expect(reasonInText("a.js", `var a=1;${"b(function(){return 2});".repeat(600)}`)).toMatch(/minified/u);
  expect(reasonInText("README.md", "This file tells how code is generated; do not edit it twice.")).toBeNull();
});

test("a folder becomes files in order of path, with blocks that carry their lines", async () => {
  const { document, files, blocks, skipped, all } = await rowsOfFiles({
    "src/b.js": "export function light() {\r\n  return 1;\r\n}\r\n",
    "README.md": "# Lamp\n\nWords about it.\n",
    "notes.txt": "One line.\n",
    ".env": "PASSWORD=hunter2hunter2\n",
    "pic.png": Buffer.from([0x89, 0x50]),
    data: Buffer.from([0, 1, 2, 3, 0, 0, 9]),
  });
  expect(document).toMatchObject({ format: "repository", pages: 0 });
  expect(files.map(({ path, language, lines }) => [path, language, lines])).toEqual([
    ["README.md", "Markdown", 3],
    ["notes.txt", "Text", 1],
    ["src/b.js", "JavaScript", 3],
  ]);
  expect(blocks.map(({ kind, text, line, endLine }) => [kind, text, line, endLine])).toEqual([
    ["heading", "Lamp", 1, 1],
    ["paragraph", "Words about it.", 3, 3],
    ["paragraph", "One line.", 1, 1],
    ["code", "export function light() {\n  return 1;\n}", 1, 3],
  ]);
  expect(Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]))).toEqual({
    ".env": "left out as a secret: a file of environment secrets",
    data: "binary",
    "pic.png": "binary, by its name",
  });
  expect(JSON.stringify(all)).not.toContain("hunter2");
});

test("a file that is known comes without its blocks, and only that one", async () => {
  const files = { "a.js": "const a = 1;\n", "b.js": "const b = 2;\n" };
  const first = await rowsOfFiles(files);
  expect(first.files.every((file) => !file.unchanged)).toBe(true);
  const second = await rowsOfFiles(
    { ...files, "b.js": "const b = 3;\n" },
    { "a.js": sha(files["a.js"]), "b.js": sha(files["b.js"]) },
  );
  expect(second.files.map(({ path, unchanged }) => [path, unchanged])).toEqual([
    ["a.js", true],
    ["b.js", false],
  ]);
  expect(second.blocks.map((block) => block.text)).toEqual(["const b = 3;"]);
  expect(second.document.sha256).not.toBe(first.document.sha256);
});

test("branch and commit are read without git, also before the first commit", async () => {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const packed = await rowsOfFiles({
    "a.txt": "words\n",
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/packed-refs": `# pack-refs\n${commit} refs/heads/main\n`,
  });
  expect(packed.document.metadata).toMatchObject({ Branch: "main", Commit: commit });
  const unborn = await rowsOfFiles({ "a.txt": "words\n", ".git/HEAD": "ref: refs/heads/main\n" });
  expect(unborn.document.metadata).toMatchObject({ Branch: "main", Commit: "none yet" });
});
