/**
 * A parser's rows, read line by line and checked one by one: hostile bytes may have produced them.
 * Knows nothing about what is done with a row.
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { parserRow, type ParserRow } from "../documents/rows.ts";
import { EngineError } from "../protocol/index.ts";

/** Longest row, in UTF-16 units: a block of 20,000 characters and its line boxes fit many times. */
const MAX_ROW_CHARACTERS = 2_000_000;

/** Errors: `ParserFailed` for a row that breaks the schema, or when the last word is missing. */
export async function* parsedRows(file: string): AsyncGenerator<ParserRow> {
  const lines = createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity });
  let sawEnd = false;
  for await (const line of lines) {
    if (sawEnd) throw broken("rows go on after the end");
    if (line.length > MAX_ROW_CHARACTERS) throw broken(`a row of ${line.length} characters`);
    const row = checkRow(line);
    sawEnd = row.type === "end";
    yield row;
  }
  if (!sawEnd) throw broken("the end is missing");
}

function checkRow(line: string): ParserRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw broken("a row is not JSON", error);
  }
  const parsed = parserRow.safeParse(value);
  if (!parsed.success) throw broken(z.prettifyError(parsed.error).slice(0, 300));
  return parsed.data;
}

function broken(why: string, cause?: unknown): EngineError {
  return new EngineError("ParserFailed", `the parser's output is not what was agreed: ${why}`, {
    hint: "The library is unchanged. Please report this file.",
    cause,
  });
}
