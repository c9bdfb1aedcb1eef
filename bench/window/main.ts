/**
 * Does the window block while a long book is read? Chromium's own long tasks (over 50 ms) are counted while the page shows the library,
 * then the reading itself. Run: node bench/window/main.ts [pages]   (default 700; needs /usr/bin/chromium and a built window)
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { startWindowServer } from "../../cli/serve/window-server.ts";
import { programRoot } from "../../engine/host/layout.ts";
import { importPath, openBenchLibrary, percentile, printTable } from "../support/library.ts";
import { writeLongPdf } from "../support/long-pdf.ts";

const pages = Number(process.argv[2] ?? 700);
const folder = mkdtempSync(join(tmpdir(), "longleaf-bench-window-"));
try {
  await using bench = await openBenchLibrary();
  const sample = await importPath(bench, join(programRoot, "assets/sample-book/the-lost-world.pdf"), { read: false });
  const { text } = await bench.client.call("document.text", { documentId: sample.documentId });
  const file = join(folder, "long.pdf");
  await writeLongPdf(file, { pages, text });
  await using server = await startWindowServer(bench.host, { port: 0 });
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(server.address);
  await page.waitForTimeout(1_500);
  await watchTasks(page);
  const reading = readElsewhere(bench.folder, file);
  await page
    .getByText(/Long text of/)
    .first()
    .waitFor({ timeout: 60_000 });
  const onLibrary = await tasks(page);
  await page
    .getByText(/Long text of/)
    .first()
    .click();
  await reading;
  const onDocument = await tasks(page);
  await browser.close();
  printTable(`the window while ${pages} pages are read`, [
    row("library", onLibrary),
    row("document", onDocument.slice(onLibrary.length)),
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function row(name: string, found: readonly number[]): readonly [string, string, string] {
  const longest =
    found.length === 0
      ? "none"
      : `${found.length}, longest ${Math.max(...found).toFixed(0)} ms, median ${percentile(found, 0.5).toFixed(0)} ms`;
  return [`tasks over 50 ms, ${name}`, longest, "none"];
}

async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const kept: number[] = [];
    Reflect.set(globalThis, "longTasks", kept);
    const observer = new PerformanceObserver((list) => kept.push(...list.getEntries().map(({ duration }) => duration)));
    // A browser's entry type, which Node's types do not know.
    observer.observe({ type: "longtask" } as unknown as Parameters<typeof observer.observe>[0]);
  });
}

async function tasks(page: Page): Promise<number[]> {
  return await page.evaluate(() => Reflect.get(globalThis, "longTasks") as number[]);
}

/** `longleaf read` as a second command: it attaches to the window's library. */
function readElsewhere(library: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["cli/longleaf.mjs", "--json", "--library", library, "read", file], {
      cwd: programRoot,
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`read ended with ${code}`))));
  });
}
