/**
 * Builds main and preload into .vite/build, each one CommonJS file: a sandboxed preload may require nothing but "electron",
 * and the packaged app carries no node_modules of its own. The engine is not built: it runs from its sources.
 */
import { join } from "node:path";
import { defineConfig, type EnvironmentOptions } from "vite";

const root = join(import.meta.dirname, "..");

function bundle(entry: string, outFile: string): EnvironmentOptions {
  return {
    consumer: "server",
    resolve: { noExternal: true, external: ["electron"] },
    build: {
      outDir: join(root, ".vite/build"),
      emptyOutDir: false,
      target: "node24",
      minify: false,
      rolldownOptions: {
        input: join(root, "electron", entry),
        platform: "node",
        external: ["electron"],
        output: { format: "cjs", entryFileNames: outFile, codeSplitting: false },
      },
    },
  };
}

export default defineConfig({
  root,
  publicDir: false,
  environments: { main: bundle("main.ts", "main.cjs"), preload: bundle("preload.ts", "preload.cjs") },
  builder: {
    async buildApp(builder) {
      for (const name of ["main", "preload"] as const) await builder.build(builder.environments[name]);
    },
  },
});
