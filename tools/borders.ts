/**
 * Checks who may import whom (architecture.md section 5). Prints each violation; exits 1 when there is one.
 * A file's folder decides; the longest matching rule wins.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, resolve } from "node:path";

interface Rule {
  readonly zone: string;
  /** Folders or files (prefixes) of ours that the zone may import, beside itself. */
  readonly ours: readonly string[];
  /** Packages that it may import; "node" stands for node: modules. A trailing * is a prefix. */
  readonly packages: readonly string[];
}

const engineBase = ["engine/base", "engine/protocol"];
const rules: readonly Rule[] = [
  { zone: "engine/protocol", ours: [], packages: ["zod"] },
  { zone: "engine/base", ours: ["engine/protocol"], packages: ["node"] },
  { zone: "engine/rpc", ours: engineBase, packages: ["node", "zod"] },
  {
    zone: "engine/host",
    ours: [...engineBase, "engine/rpc", "engine/documents/rows.ts", "engine/documents/parser-flags.ts"],
    packages: ["node", "env-paths"],
  },
  {
    zone: "engine/documents",
    ours: [...engineBase, "engine/repository"],
    packages: [
      "node",
      "zod",
      "pdfjs-dist*",
      "yauzl",
      "linkedom",
      "mammoth",
      "@mozilla/readability",
      "mdast-util-*",
      "micromark-*",
      "mdast",
      "chardet",
      "iconv-lite",
      "isbinaryfile",
    ],
  },
  {
    zone: "engine/repository",
    ours: [...engineBase, "engine/documents"],
    packages: ["node", "isbinaryfile"],
  },
  { zone: "engine/tokenizer", ours: engineBase, packages: ["node", "@huggingface/tokenizers", "zod"] },
  {
    zone: "engine/chunking",
    ours: [...engineBase, "engine/documents/rows.ts", "engine/store/types.ts", "engine/retrieval/search-tokenizer.ts"],
    packages: [],
  },
  { zone: "engine/model", ours: [...engineBase, "engine/tokenizer"], packages: ["node", "zod"] },
  { zone: "engine/model/runtime.ts", ours: [...engineBase, "engine/model"], packages: ["node", "onnxruntime-node"] },
  {
    zone: "engine/memory",
    ours: [...engineBase, "engine/model", "engine/tokenizer", "engine/chunking"],
    packages: ["node", "zod"],
  },
  {
    zone: "engine/store",
    ours: [...engineBase, "engine/documents/rows.ts", "engine/chunking", "engine/retrieval", "engine/repository"],
    packages: ["node", "zod"],
  },
  { zone: "engine/retrieval", ours: [...engineBase, "engine/chunking", "engine/repository"], packages: ["node"] },
  {
    zone: "engine/answering",
    ours: [
      ...engineBase,
      "engine/store",
      "engine/retrieval",
      "engine/chunking",
      "engine/model",
      "engine/memory",
      "engine/tokenizer",
      "engine/summarizing",
      "engine/reading/reading.ts",
    ],
    packages: ["node"],
  },
  { zone: "engine/reading", ours: [...engineBase, "engine/model", "engine/tokenizer"], packages: ["node"] },
  {
    zone: "engine/summarizing",
    ours: [...engineBase, "engine/store", "engine/retrieval", "engine/chunking", "engine/repository"],
    packages: ["node"],
  },
  {
    zone: "engine/jobs",
    ours: [
      ...engineBase,
      "engine/store",
      "engine/documents/rows.ts",
      "engine/model",
      "engine/memory",
      "engine/tokenizer",
    ],
    packages: ["node", "zod"],
  },
  { zone: "engine", ours: ["engine"], packages: ["node", "zod"] },
  { zone: "cli", ours: ["engine/protocol", "engine/host"], packages: ["node", "commander", "ws"] },
  {
    zone: "renderer",
    ours: ["engine/protocol"],
    packages: [
      "react*",
      "react-dom*",
      "react-aria-components*",
      "zustand*",
      "@tanstack/*",
      "lucide-react*",
      "shiki*",
      "@shikijs/*",
      "pdfjs-dist*",
      "tailwindcss*",
    ],
  },
  { zone: "renderer/vite.config.ts", ours: [], packages: ["node", "vite", "@vitejs/*", "@tailwindcss/*"] },
  { zone: "electron", ours: ["engine/protocol", "engine/host"], packages: ["node", "electron"] },
  { zone: "electron/vite.config.ts", ours: [], packages: ["node", "vite"] },
  { zone: "tools", ours: ["engine", "cli"], packages: ["node"] },
  { zone: "bench", ours: ["engine", "cli"], packages: ["*"] },
];

/** Static imports, re-exports and dynamic imports with a literal name. */
const importPattern = /(?:from\s+|import\s*\(\s*|import\s+)["']([^"']+)["']/g;

function ruleFor(file: string): Rule | null {
  const fits = rules.filter(({ zone }) => file === zone || file.startsWith(`${zone}/`));
  return fits.sort((a, b) => b.zone.length - a.zone.length)[0] ?? null;
}

function matches(name: string, pattern: string): boolean {
  if (pattern.endsWith("*")) return name.startsWith(pattern.slice(0, -1));
  return name === pattern || name.startsWith(`${pattern}/`);
}

function violation(root: string, file: string, specifier: string, rule: Rule): string | null {
  if (specifier.startsWith(".")) {
    const target = relative(root, normalize(join(dirname(join(root, file)), specifier)))
      .replaceAll("\\", "/")
      .split("?")[0];
    const within = target === rule.zone || target.startsWith(`${rule.zone}/`);
    if (within || rule.ours.some((allowed) => target === allowed || target.startsWith(`${allowed}/`))) return null;
    return `${file} imports ${target}, which ${rule.zone} may not`;
  }
  const name = specifier.startsWith("node:") ? "node" : specifier;
  if (rule.packages.some((allowed) => allowed === "*" || matches(name, allowed))) return null;
  return `${file} imports the package ${specifier}, which ${rule.zone} may not`;
}

const root = resolve(import.meta.dirname, "..");
const files = globSync("{engine,renderer,electron,cli,tools,bench}/**/*.{ts,tsx}", { cwd: root });
const found: string[] = [];
for (const raw of files) {
  const file = raw.replaceAll("\\", "/");
  const rule = ruleFor(file);
  if (!rule) continue;
  const code = readFileSync(join(root, file), "utf8").replaceAll(/^\s*(\/\/|\*).*$/gm, "");
  for (const [, specifier] of code.matchAll(importPattern)) {
    if (specifier.startsWith("#")) continue; // an address in a text, not a module
    const said = violation(root, file, specifier, rule);
    if (said) found.push(said);
  }
}
for (const line of found) console.error(line);
console.log(`borders: ${files.length} files, ${found.length} violations`);
process.exitCode = found.length > 0 ? 1 : 0;
