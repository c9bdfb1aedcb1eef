/**
 * Builds the window into dist/renderer at the repository root, with relative addresses, so that the same files are
 * served by the browser-window host and by Electron's own protocol.
 * Also copies what pdf.js loads at run time (character maps, standard fonts, decoders): nothing comes from a network.
 */
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");

/** pdf.js asks for these folders by address; they lie beside the page under pdfjs/. */
export function pdfjsFiles(outFolder: string): Plugin {
  return {
    name: "longleaf-pdfjs-files",
    apply: "build",
    async closeBundle() {
      const source = join(root, "node_modules", "pdfjs-dist");
      for (const folder of ["cmaps", "standard_fonts", "wasm", "iccs"]) {
        await mkdir(join(outFolder, "pdfjs"), { recursive: true });
        await cp(join(source, folder), join(outFolder, "pdfjs", folder), { recursive: true });
      }
    },
  };
}

const outDir = join(root, "dist", "renderer");

export default defineConfig({
  root: here,
  base: "./",
  publicDir: false,
  plugins: [react(), pdfjsFiles(outDir)],
  worker: { format: "es" },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2024",
    assetsInlineLimit: 0,
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
});
