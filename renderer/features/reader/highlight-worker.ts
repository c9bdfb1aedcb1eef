/**
 * Colours code in a worker: hostile or huge files cost this thread, never the window. Sends lines in batches, in order.
 * Knows nothing about the page; a newer order makes it forget the older one.
 */
import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import { languageOf, loadLanguage } from "./languages.ts";

export interface HighlightOrder {
  readonly id: number;
  readonly path: string;
  readonly text: string;
}

/** A piece of a line: its text and the CSS colour of its kind. */
export type ColouredPiece = readonly [text: string, colour: string];

export interface HighlightBatch {
  readonly id: number;
  /** Index of the first line of this batch. */
  readonly first: number;
  readonly lines: readonly (readonly ColouredPiece[])[];
}

const LINES_A_BATCH = 150;
/** Longer lines are machine-made; colouring them costs seconds and shows nothing. */
const LONGEST_LINE = 2_000;

const theme = createCssVariablesTheme({ name: "longleaf", variablePrefix: "--code-" });
let highlighter: Promise<HighlighterCore> | undefined;
let latest = 0;

self.addEventListener("message", (event: MessageEvent<HighlightOrder>) => {
  latest = event.data.id;
  void colour(event.data).catch(() => undefined); // stays plain text
});

async function colour(order: HighlightOrder): Promise<void> {
  const name = languageOf(order.path);
  const language = name === null ? null : await loadLanguage(name);
  if (name === null || language === null) return;
  highlighter ??= createHighlighterCore({
    themes: [theme],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const shiki = await highlighter;
  await shiki.loadLanguage(language);
  const lines = order.text.split("\n");
  let state: ReturnType<HighlighterCore["getLastGrammarState"]> | undefined;
  for (let first = 0; first < lines.length && latest === order.id; first += LINES_A_BATCH) {
    const batch = lines.slice(first, first + LINES_A_BATCH);
    const code = batch.map((line) => (line.length > LONGEST_LINE ? "" : line)).join("\n");
    const options = { lang: name, theme: "longleaf", ...(state === undefined ? {} : { grammarState: state }) };
    const tokens = shiki.codeToTokensBase(code, options);
    state = shiki.getLastGrammarState(code, options);
    const coloured = tokens.map((pieces, index) =>
      (batch[index]?.length ?? 0) > LONGEST_LINE
        ? [[batch[index] ?? "", ""] as const]
        : pieces.map((piece) => [piece.content, piece.color ?? ""] as const),
    );
    self.postMessage({ id: order.id, first, lines: coloured } satisfies HighlightBatch);
    // Lets a newer order in.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
