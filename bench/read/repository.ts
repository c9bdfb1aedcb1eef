/**
 * Reading a repository of many files: seconds to searchable, and what one edited file reads again.
 * Run: node bench/read/repository.ts [files]   (default 5000; files are made from our own sources)
 */
import { appendFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programRoot } from "../../engine/host/layout.ts";
import { importPath, openBenchLibrary, percentile, printTable } from "../support/library.ts";

const files = Number(process.argv[2] ?? 5_000);
const folder = mkdtempSync(join(tmpdir(), "longleaf-bench-repository-"));
try {
  makeRepository(folder, files);
  await using bench = await openBenchLibrary();
  const first = await importPath(bench, folder, { read: false });
  const searches: number[] = [];
  for (const query of [
    "openLibrary",
    "where are grants kept",
    "class EngineClient",
    "progress meter speed",
    "socket path",
  ]) {
    for (let turn = 0; turn < 4; turn++) {
      const started = performance.now();
      await bench.client.call("search.query", { query });
      searches.push(performance.now() - started);
    }
  }
  appendFileSync(join(folder, "folder-003", "file-0003.ts"), "\nexport const edited = true;\n");
  const second = await importPath(bench, folder, { read: false });
  printTable(`${first.files} files`, [
    ["searchable", `${(first.searchableMs / 1_000).toFixed(1)} s`, "under 20 s"],
    ["chunks", String(first.chunks), ""],
    ["search, p50 / p95", `${percentile(searches, 0.5).toFixed(0)} / ${percentile(searches, 0.95).toFixed(0)} ms`, ""],
    ["after one edit: files reused", `${second.reusedFiles} of ${second.files}`, "all but one"],
    ["after one edit: searchable again", `${(second.searchableMs / 1_000).toFixed(1)} s`, ""],
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Our own sources, numbered, until there are enough; each with a line of its own so that no two are equal. */
function makeRepository(root: string, count: number): void {
  const sources = globSync("{engine,cli,renderer}/**/*.{ts,tsx}", { cwd: programRoot }).map((name) =>
    readFileSync(join(programRoot, name), "utf8"),
  );
  for (let index = 0; index < count; index++) {
    const inFolder = join(root, `folder-${String(index % 50).padStart(3, "0")}`);
    mkdirSync(inFolder, { recursive: true });
    const name = `file-${String(index).padStart(4, "0")}.ts`;
    writeFileSync(join(inFolder, name), `// ${name}\n${sources[index % sources.length]}`);
  }
}
