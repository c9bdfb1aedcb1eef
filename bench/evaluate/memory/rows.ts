/**
 * The documents of FILE.jsonl: one JSON object a line, with a text `id` and a text `text`; other fields are ignored.
 * Owns: that a broken line is named. Does not know: tokens, models.
 */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { EngineError } from "../../../engine/protocol/errors.ts";

export interface TextRow {
  readonly id: string;
  readonly text: string;
}

const rowSchema = z.looseObject({ id: z.string().min(1), text: z.string() });

/** Errors: InvalidRequest with one sentence that names the file and the line. */
export async function readRows(path: string): Promise<TextRow[]> {
  if (!existsSync(path) || !statSync(path).isFile()) throw invalid(`${path} is not a file`);
  const rows = new Map<string, TextRow>();
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity })) {
    number += 1;
    if (line.trim() === "") continue;
    const row = parseRow(line, `${path}, line ${number}`);
    if (rows.has(row.id)) throw invalid(`${path}, line ${number}: the id ${row.id} is there twice`);
    rows.set(row.id, row);
  }
  if (rows.size === 0) throw invalid(`${path} holds no documents`);
  return [...rows.values()];
}

function parseRow(line: string, where: string): TextRow {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw invalid(`${where} is not JSON`);
  }
  const parsed = rowSchema.safeParse(json);
  if (!parsed.success) throw invalid(`${where} is not an object with a text "id" and a text "text"`);
  return parsed.data;
}

function invalid(what: string): EngineError {
  return new EngineError("InvalidRequest", what, { hint: 'Each line is an object: {"id": "a name", "text": "…"}.' });
}
