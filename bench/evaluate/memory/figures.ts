/**
 * Means over documents and paired differences. A document counts once, however many windows it gave.
 * Owns: the arithmetic and the printed forms. Pure. Does not know: models, windows.
 */
import { mean } from "../statistics.ts";
import { type Bits, type Condition, CONDITIONS } from "./readings.ts";

export interface Difference {
  /** Of the differences, in bits per byte; positive is better. */
  readonly mean: number;
  /** Standard error over documents. */
  readonly se: number;
}

export interface MemoryFigures {
  readonly documents: number;
  readonly ratio: number;
  readonly bitsPerByte: Bits;
  readonly gain: { readonly none: Difference; readonly wrong: Difference; readonly recent: Difference };
}

/** The mean of one document's windows. */
export function meanBits(windows: readonly Bits[]): Bits {
  const of = (condition: Condition): number => mean(windows.map((bits) => bits[condition]));
  return {
    none: of("none"),
    recent: of("recent"),
    memory: of("memory"),
    both: of("both"),
    wrong: of("wrong"),
    raw: of("raw"),
  };
}

export function difference(worse: readonly number[], better: readonly number[]): Difference {
  const values = worse.map((value, i) => value - (better[i] ?? NaN));
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return { mean: middle, se: Math.sqrt(squares / (values.length - 1) / values.length) };
}

/** `documents`: bits per byte of each. */
export function figuresOf(documents: readonly Bits[], ratio: number): MemoryFigures {
  const gain = (worse: Condition, better: Condition): Difference =>
    difference(
      documents.map((bits) => bits[worse]),
      documents.map((bits) => bits[better]),
    );
  return {
    documents: documents.length,
    ratio,
    bitsPerByte: meanBits(documents),
    gain: { none: gain("none", "memory"), wrong: gain("wrong", "memory"), recent: gain("recent", "both") },
  };
}

const NAMES: Readonly<Record<Condition, string>> = {
  none: "nothing",
  recent: "recent raw tokens",
  memory: "memory",
  both: "memory, then recent raw tokens",
  wrong: "another document's memory",
  raw: "all raw that fits",
};

/** Lines of a table that can be quoted. */
export function tableOf(figures: MemoryFigures): string[] {
  const { bitsPerByte, gain } = figures;
  const line = (name: string, { mean: middle, se }: Difference): string =>
    `| ${name} | ${signed(middle)} | ${se.toFixed(4)} | ${(middle / se).toFixed(1)} |`;
  return [
    "| past given | bits per byte | gain over nothing |",
    "|---|---|---|",
    ...CONDITIONS.map(
      (name) =>
        `| ${NAMES[name]} | ${bitsPerByte[name].toFixed(4)} | ${signed(bitsPerByte.none - bitsPerByte[name])} |`,
    ),
    "",
    "| paired over documents | gain | s.e. | in s.e. |",
    "|---|---|---|---|",
    line("memory over nothing", gain.none),
    line("memory over another document's", gain.wrong),
    line("memory on top of recent raw tokens", gain.recent),
  ];
}

export function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(4)}`;
}
