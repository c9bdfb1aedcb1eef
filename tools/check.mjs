// `npm run check`: the inner loop, under a minute: types, lint, borders, unit and contract tests.
import { ensureInstalled, node26, run } from "./setup.mjs";

ensureInstalled();
const steps = [
  ["tsc", ["-p", "engine/tsconfig.json"]],
  ["tsc", ["-p", "renderer/tsconfig.json"]],
  ["tsc", ["-p", "electron/tsconfig.json"]],
  ["oxlint", ["--type-aware", "--quiet"]],
  [node26(), ["tools/borders.ts"]],
  [node26(), ["node_modules/vitest/vitest.mjs", "run", "test/unit", "test/contract"]],
];
for (const [command, args] of steps) {
  const status = run(command, args);
  if (status !== 0) process.exit(status);
}
