import { expect, test } from "vitest";
import { at, rawPdf } from "../../fixtures/raw-pdf.ts";

/** Alone in its file: pdf.js looks at the process once, when it is loaded. */
test("pdf.js works where it takes the process for a browser page", async () => {
  Object.defineProperty(process, "type", { value: "utility", configurable: true });
  const { rowsOfBytes } = await import("../../fixtures/read-rows.ts");
  const { blocks } = await rowsOfBytes("utility.pdf", rawPdf([{ content: at(50, 700, "Read in a utility process.") }]));
  expect(blocks[0].text).toBe("Read in a utility process.");
});
