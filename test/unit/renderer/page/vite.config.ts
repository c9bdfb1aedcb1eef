/** Builds the test page into LONGLEAF_TEST_PAGE (a temporary folder); it is never part of dist. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { pdfjsFiles } from "../../../../renderer/vite.config.ts";

const outDir = process.env["LONGLEAF_TEST_PAGE"] ?? "/tmp/longleaf-test-page";

export default defineConfig({
  root: dirname(fileURLToPath(import.meta.url)),
  base: "./",
  publicDir: false,
  plugins: [react(), pdfjsFiles(outDir)],
  worker: { format: "es" },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2024",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
