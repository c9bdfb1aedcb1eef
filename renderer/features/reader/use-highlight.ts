/** The coloured lines of a file, as they come from the worker; plain text until then. */
import { useEffect, useState } from "react";
import type { ColouredPiece, HighlightBatch, HighlightOrder } from "./highlight-worker.ts";
import { languageOf } from "./languages.ts";

let worker: Worker | undefined;
let orders = 0;

export function useHighlight(path: string, text: string | undefined): ReadonlyMap<number, readonly ColouredPiece[]> {
  const [state, setState] = useState<{
    readonly of: string;
    readonly lines: ReadonlyMap<number, readonly ColouredPiece[]>;
  }>({
    of: "",
    lines: new Map(),
  });
  useEffect(() => {
    if (text === undefined || languageOf(path) === null) return undefined;
    worker ??= new Worker(new URL("./highlight-worker.ts", import.meta.url), { type: "module" });
    const active = worker;
    orders += 1;
    const id = orders;
    const lines = new Map<number, readonly ColouredPiece[]>();
    const receive = (event: MessageEvent<HighlightBatch>): void => {
      if (event.data.id !== id) return;
      event.data.lines.forEach((pieces, index) => lines.set(event.data.first + index, pieces));
      setState({ of: path, lines: new Map(lines) });
    };
    active.addEventListener("message", receive);
    active.postMessage({ id, path, text } satisfies HighlightOrder);
    return () => active.removeEventListener("message", receive);
  }, [path, text]);
  return state.of === path ? state.lines : EMPTY;
}

const EMPTY: ReadonlyMap<number, readonly ColouredPiece[]> = new Map();
