/**
 * Opens a PDF's bytes with pdf.js, and keeps the last few open. Loaded only when a PDF is shown.
 * Scripts in documents never run, fonts and images come from the file alone, everything else from beside the page.
 */
import { getDocument, GlobalWorkerOptions, type PDFDocumentProxy } from "pdfjs-dist";
// Vite gives the address as the default export.
// oxlint-disable-next-line import/default
import workerAddress from "pdfjs-dist/build/pdf.worker.min.mjs?url";

GlobalWorkerOptions.workerSrc = workerAddress;

const KEPT = 3;
const open = new Map<string, Promise<PDFDocumentProxy>>();

/** Rejects when the source has moved or is no PDF; the caller then shows the stored text. */
export function openPdf(address: string): Promise<PDFDocumentProxy> {
  const known = open.get(address);
  if (known !== undefined) return known;
  const beside = (folder: string): string => new URL(`pdfjs/${folder}/`, document.baseURI).href;
  const task = getDocument({
    url: address,
    cMapUrl: beside("cmaps"),
    standardFontDataUrl: beside("standard_fonts"),
    wasmUrl: beside("wasm"),
    iccUrl: beside("iccs"),
    // The page's policy allows no WebAssembly; pdf.js brings the same decoders as plain scripts.
    useWasm: false,
    // The rest of a large file is fetched when its pages are looked at.
    disableAutoFetch: true,
    disableStream: true,
    enableXfa: false,
  });
  open.set(address, task.promise);
  task.promise.catch(() => open.delete(address));
  const oldest = open.keys().next();
  if (open.size > KEPT && oldest.done !== true) {
    const gone = open.get(oldest.value);
    open.delete(oldest.value);
    void gone?.then((pdf) => pdf.loadingTask.destroy()).catch(() => undefined); // it never opened
  }
  return task.promise;
}
