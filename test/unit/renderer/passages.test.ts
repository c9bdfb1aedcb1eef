import { describe, expect, it } from "vitest";
import type { Citation, DocumentId, WhyChosen } from "../../../engine/protocol/dto.ts";
import {
  percent,
  quotedPieces,
  readerPieces,
  sayFinder,
  sayProbability,
} from "../../../renderer/features/ask/passage.ts";
import { sayReader } from "../../../renderer/features/settings/settings-screen.tsx";
import { spread } from "../../../renderer/features/summary/key-terms.tsx";

const TEXT = "They buried the box\nunder the pear tree, at night.";
const START = 1_000;

function why(over: Partial<WhyChosen> = {}): WhyChosen {
  return { words: ["box"], retriever: "words", score: 3, probability: null, read: null, ...over };
}

function cite(words: string | null, text = TEXT): Citation {
  const at = words === null ? -1 : text.indexOf(words);
  return {
    documentId: "d" as DocumentId,
    start: START,
    end: START + text.length,
    page: 4,
    pageLabel: null,
    file: null,
    line: null,
    endLine: null,
    heading: [],
    text,
    supported: true,
    why: why({
      read: words === null ? null : { text: words, start: START + at, end: START + at + words.length, certainty: 0.8 },
    }),
  };
}

const marked = (pieces: readonly { text: string; isRead: boolean }[]) =>
  pieces.map(({ text, isRead }) => (isRead ? `[${text}]` : text)).join("");

describe("the reader's words in a passage", () => {
  it("are cut out of the citation by their offsets in the document", () => {
    expect(marked(readerPieces(cite("the pear tree"), TEXT))).toBe(
      "They buried the box\nunder [the pear tree], at night.",
    );
  });

  it("stand at the same words between quotation marks and in one line", () => {
    expect(marked(quotedPieces(cite("the pear tree"), TEXT))).toBe(
      "“They buried the box under [the pear tree], at night.”",
    );
    expect(marked(quotedPieces(cite("box\nunder"), TEXT))).toBe(
      "“They buried the [box under] the pear tree, at night.”",
    );
    expect(marked(quotedPieces(cite("They"), TEXT))).toBe("“[They] buried the box under the pear tree, at night.”");
    expect(marked(quotedPieces(cite("at night."), TEXT))).toBe(
      "“They buried the box under the pear tree, [at night.]”",
    );
    expect(marked(quotedPieces(cite("Go", "“Go,” he said."), "“Go,” he said."))).toBe("“[Go],” he said.");
    expect(marked(quotedPieces(cite("tree", "\n  a tree. \n"), "\n  a tree. \n"))).toBe("“a [tree].”");
  });

  it("the second of two equal words is the one that was read", () => {
    const text = "a box in a box";
    const citation = cite("a box", text);
    const read = { text: "a box", start: START + 9, end: START + 14, certainty: 0.5 };
    expect(marked(quotedPieces({ ...citation, why: why({ read }) }, text))).toBe("“a box in [a box]”");
  });

  it("are found in a part of the citation, and nowhere else", () => {
    expect(marked(readerPieces(cite("pear"), "under the pear tree"))).toBe("under the [pear] tree");
    expect(marked(readerPieces(cite("night"), "under the pear tree"))).toBe("under the pear tree");
    expect(marked(readerPieces(cite("pear"), "other words"))).toBe("other words");
    expect(marked(readerPieces(undefined, TEXT))).toBe(TEXT);
    expect(marked(quotedPieces(cite(null), "plain"))).toBe("“plain”");
  });
});

describe("reasons in plain words", () => {
  it("says how likely a place is, and claims nothing where it was not weighed", () => {
    expect(sayProbability(0.8)).toBe("very likely the place, 80 %");
    expect(sayProbability(0.79)).toBe("likely the place, 79 %");
    expect(sayProbability(0.5)).toBe("likely the place, 50 %");
    expect(sayProbability(0.02)).toBe("a possible place, 2 %");
    expect(sayProbability(null)).toBeNull();
    expect([percent(1), percent(0)]).toEqual(["99 %", "1 %"]);
  });

  it("names who found it: by words, by the exact words, by a scan of everything", () => {
    expect(sayFinder(why(), "find")).toBe("search by words");
    expect(sayFinder(why({ words: [] }), "whole")).toBe("a scan of the whole document");
    expect(sayFinder(null, "count")).toBe("a scan of the whole document");
    expect(sayFinder(null, "quote")).toBe("search for the exact words");
    expect(sayFinder(null, "find")).toBeNull();
  });

  it("says of the passage reader whether it is loaded", () => {
    expect(sayReader({ reader: true, readerError: null })).toBe("loaded");
    expect(sayReader({ reader: false, readerError: null })).toBe("not loaded yet");
    const readerError = { code: "ModelMissing", message: "no file", hint: "" };
    expect(sayReader({ reader: false, readerError })).toBe("not loaded; search alone decides");
  });

  it("spreads the pages of a term from its first to its last", () => {
    const pages = Array.from({ length: 21 }, (_, index) => index);
    expect(spread(pages, 6)).toEqual([0, 4, 8, 12, 16, 20]);
    expect(spread([1, 2], 6)).toEqual([1, 2]);
  });
});
