// `npm test`: types, lint, format, borders, every test, those of training/ included. The last line: `N passed, N failed`.
// Each check counts as one test. What could not run is named with the command that would make it run.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, node26, root, run, toolEnvironment } from "./setup.mjs";
import { ensureSystemPackages } from "./system-packages.mjs";

const tally = { passed: 0, failed: 0 };
const notRun = [];

ensureInstalled();
ensureBuilt();
const missing = ensureSystemPackages();
for (const entry of missing) notRun.push(`${entry.for} (no ${entry.name}; \`${entry.command}\` would bring it)`);

check("types: engine", "tsc", ["-p", "engine/tsconfig.json"]);
check("types: renderer", "tsc", ["-p", "renderer/tsconfig.json"]);
check("types: electron", "tsc", ["-p", "electron/tsconfig.json"]);
check("lint", "oxlint", ["--type-aware", "--quiet"]);
check("format", "oxfmt", ["--check", "."]);
check("import borders", node26(), ["tools/borders.ts"]);
runVitest();
if (!missing.some(({ name }) => name === "PyTorch")) runTraining();

for (const line of notRun) console.log(`Not run: ${line}`);
const mustRun = notRun.filter((line) => !line.startsWith("Electron"));
if (process.env.CI && mustRun.length > 0) tally.failed += mustRun.length;
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed > 0 ? 1 : 0);

function check(name, command, args) {
  const started = Date.now();
  const isOk = run(command, args) === 0;
  tally[isOk ? "passed" : "failed"]++;
  console.log(`${isOk ? "ok  " : "FAIL"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), "longleaf-tests-"));
  const report = join(folder, "report.json");
  const absent = missing.map(({ name }) => name).join(",");
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  const status = run(node26(), args, { env: { LONGLEAF_MISSING: absent } });
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests, testResults } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    tally.passed += numPassedTests;
    tally.failed += numFailedTests;
    if (numFailedTests === 0 && numFailedTestSuites > 0) tally.failed += numFailedTestSuites; // a file that could not be loaded
    if (numPendingTests > 0) {
      const names = testResults.flatMap(({ assertionResults }) =>
        assertionResults.filter(({ status: s }) => s === "pending" || s === "skipped").map(({ fullName }) => fullName),
      );
      for (const name of names) notRun.push(name);
    }
  }
  if (status !== 0 && tally.failed === 0) tally.failed++;
  rmSync(folder, { recursive: true, force: true });
}

function runTraining() {
  if (!existsSync(join(root, "training/tests"))) return;
  const result = spawnSync("/usr/bin/python3", ["-m", "training.tests"], {
    cwd: root,
    env: toolEnvironment(),
    encoding: "utf8",
  });
  process.stdout.write(result.stdout ?? "");
  process.stderr.write(result.stderr ?? "");
  const [, passed, failed] = /(\d+) passed, (\d+) failed/.exec(result.stdout ?? "") ?? [null, "0", "1"];
  tally.passed += Number(passed);
  tally.failed += Number(failed) || (result.status === 0 ? 0 : 1);
}
