import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["node_modules/**", "assets/**"],
    pool: "forks",
    fileParallelism: true,
    maxWorkers: 2,
    // A browser on a busy machine may miss a moment once; twice is a fault.
    retry: process.env["CI"] ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default"],
  },
});
