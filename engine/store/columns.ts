/**
 * Reading columns of a row as what they are. Owns: the checks at the border between SQL's values and typed ones.
 * A wrong type means a damaged or foreign file: StoreCorrupt. Knows no table.
 */
import { EngineError } from "../protocol/errors.ts";
import type { Row } from "./database.ts";

function wrong(column: string, found: unknown): EngineError {
  return new EngineError("StoreCorrupt", `column ${column}: unexpected ${found === null ? "null" : typeof found}`, {
    hint: "The library holds something that Longleaf did not write. Restore a backup of its store folder.",
  });
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw wrong(column, value);
  return value;
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw wrong(column, value);
  return value;
}

export function maybeText(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function maybeInteger(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw wrong(column, value);
  return value;
}

export function json(row: Row, column: string): unknown {
  const source = text(row, column);
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new EngineError("StoreCorrupt", `column ${column}: not JSON`, { cause: error });
  }
}
