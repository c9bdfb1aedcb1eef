import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parsedRows } from "../../../engine/jobs/parsed-rows.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "longleaf-rows-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const warning = { type: "warning", message: "page 3 is a picture", page: 3 };
const end = { type: "end", blocks: 0 };

async function read(...lines: (object | string)[]): Promise<unknown[]> {
  const file = join(folder, "rows.ndjson");
  writeFileSync(file, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  const rows: unknown[] = [];
  for await (const row of parsedRows(file)) rows.push(row);
  return rows;
}

describe("a parser's output", () => {
  it("is given row by row", async () => {
    expect(await read(warning, end)).toEqual([warning, end]);
  });

  it.each([
    ["a row that is no row", [{ type: "spell", text: "x" }, end]],
    ["a row that is not JSON", ["{", end]],
    ["a page that does not count from 1", [{ ...warning, page: 0 }, end]],
    [
      "a block that is too long",
      [
        {
          type: "block",
          kind: "paragraph",
          text: "x".repeat(30_000),
          level: 0,
          page: null,
          line: null,
          endLine: null,
          continues: false,
          hidden: false,
          lines: [],
        },
        end,
      ],
    ],
    ["a missing end", [warning]],
    ["rows behind the end", [end, warning]],
  ])("is refused with a typed error: %s", async (_name, lines) => {
    await expect(read(...lines)).rejects.toMatchObject({ code: "ParserFailed" });
  });
});
