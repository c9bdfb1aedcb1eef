import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../engine/protocol/errors.ts";
import type { DocumentSummary } from "../../../engine/protocol/dto.ts";
import { readPercent, stateWords } from "../../../renderer/features/library/document-state.ts";
import { orderDocuments } from "../../../renderer/features/library/shelf.tsx";
import { groupByDocument } from "../../../renderer/features/library/library-search.tsx";
import { matches } from "../../../renderer/features/palette/palette.tsx";
import { litLines } from "../../../renderer/features/reader/code-reader.tsx";
import { languageOf } from "../../../renderer/features/reader/languages.ts";
import {
  markRange,
  paragraphsOf,
  SLICE,
  sliceCount,
  sliceRange,
  trimSlice,
} from "../../../renderer/features/reader/text-slices.ts";
import { markedPieces } from "../../../renderer/features/search/hit-text.tsx";
import { joinContents } from "../../../renderer/features/summary/use-summary.ts";
import { applyChange, type LibraryState } from "../../../renderer/engine/library-store.ts";
import { effectiveTheme } from "../../../renderer/state/settings.ts";
import { parseView, viewAddress, type View } from "../../../renderer/state/view.ts";
import { errorWords, sayError } from "../../../renderer/strings/errors.ts";
import { bytes, extent, inWords, roman, timeLeft, whenOpened } from "../../../renderer/strings/numbers.ts";
import { words } from "../../../renderer/strings/words.ts";
import { ScriptedEngine } from "./scripted-engine.ts";
import { setBook } from "./scripted-book.ts";

const DOCUMENTS = new ScriptedEngine({ now: 1_800_000_000_000 }).call("document.list", {}) as DocumentSummary[];

describe("words", () => {
  it("has a sentence for every error code: what happened, and what to do", () => {
    for (const code of ERROR_CODES) {
      const said = errorWords[code];
      expect(said.title, code).toMatch(/^[A-Z].*\.$/);
      expect(said.safe, code).toMatch(/^[A-Z].*\.$/);
      expect(said.next, code).toMatch(/^[A-Z].*\.$/);
      expect(`${said.title} ${said.safe} ${said.next}`).not.toMatch(/please|oops|!|\bAI\b/i);
    }
    expect(sayError({ code: "SomethingNew", hint: "" }).title).toBe(errorWords.Internal.title);
    expect(sayError({ code: "DiskFull", hint: "Free 60 MB, then go on." }).rest).toBe(
      "Reading has paused; nothing is lost. Free 60 MB, then go on.",
    );
  });

  it("never calls the memory a cache, nor reading an indexing", () => {
    const texts = JSON.stringify(words, (_, value: unknown) => (typeof value === "function" ? String(value) : value));
    expect(texts).not.toMatch(/ingest|indexing|embedding|\bcache\b|please|oops|almost done/i);
  });

  it("says numbers as a person reads them", () => {
    expect([bytes(82e6), bytes(1.14e9), bytes(2.1e6), bytes(640)]).toEqual(["82 MB", "1.1 GB", "2.1 MB", "640 bytes"]);
    expect([timeLeft([62e3, 118e3]), timeLeft([4e3, 9e3]), timeLeft([21e3, 38e3]), timeLeft([7.2e6, 7.2e6])]).toEqual([
      "1 to 2 min",
      "under 10 s",
      "20 to 40 s",
      "about 2 h",
    ]);
    expect([inWords(7), inWords(13)]).toEqual(["seven", "13"]);
    expect([roman(4), roman(28), roman(49)]).toEqual(["IV", "XXVIII", "XLIX"]);
    expect(extent({ pages: 0, files: 0, characters: 60_000 })).toBe("about 10,000 words");
    const now = new Date(2026, 10, 21, 9).getTime();
    expect([
      whenOpened(now - 60_000, now),
      whenOpened(now - 86_400_000, now),
      whenOpened(now - 9 * 86_400_000, now),
    ]).toEqual(["today", "yesterday", "last week"]);
  });

  it("says a coverage is checked only when all of it was", () => {
    expect(words.coverage({ checked: 292, total: 292, unit: "pages" })).toBe("Checked 292 of 292 pages");
    expect(words.coverage({ checked: 46, total: 292, unit: "pages" })).toBe("Looked at 46 of 292 pages");
    expect(words.coverage({ checked: 0, total: 0, unit: "files" })).toBe("Looked at 0 of 0 files");
  });
});

describe("the library", () => {
  it("says how a document stands", () => {
    const [book, half, , scan] = DOCUMENTS;
    if (book === undefined || half === undefined || scan === undefined) throw new Error("the script lost a document");
    expect(readPercent(half)).toBe(46);
    expect(stateWords(half, undefined, Date.now()).strong).toBe("Reading 46 %");
    expect(stateWords(book, undefined, 1_800_000_000_000)).toMatchObject({
      strong: "82 MB",
      rest: "Read",
      quiet: "108 pages · opened today",
    });
    expect(stateWords(scan, undefined, Date.now()).strong).toBe("9 pages are pictures");
    expect(stateWords({ ...book, state: "searchable" }, undefined, Date.now()).action).toBe("read");
  });

  it("orders by last opening or by title", () => {
    expect(orderDocuments(DOCUMENTS, "title").map((one) => one.title[0])).toEqual(["A", "f", "T", "T"]);
    expect(orderDocuments(DOCUMENTS, "opened").at(-1)?.id).toBe("scan");
  });

  it("applies changes, and never an older state of a job", () => {
    const job = { id: "j", seq: 5 } as never;
    const state: LibraryState = { isLoaded: true, error: null, documents: new Map(), jobs: new Map() };
    const later = applyChange(state, { type: "job", job });
    expect(applyChange(later, { type: "job", job: { id: "j", seq: 4 } as never })).toBe(later);
    const book = DOCUMENTS[0];
    if (book === undefined) throw new Error("no book");
    const added = applyChange(later, { type: "document", document: book });
    expect(added.documents.size).toBe(1);
    expect(applyChange(added, { type: "removed", documentId: book.id }).documents.size).toBe(0);
  });

  it("groups hits by document in the order of the best", () => {
    const hit = (documentId: string, start: number) => ({ documentId, start }) as never;
    expect(groupByDocument([hit("b", 1), hit("a", 2), hit("b", 3)]).map(([id, hits]) => [id, hits.length])).toEqual([
      ["b", 2],
      ["a", 1],
    ]);
  });
});

describe("views and addresses", () => {
  it("an address gives its view again", () => {
    const place = { documentId: "d 1", start: 12, end: 40, page: 7, file: null, line: null, endLine: null };
    const inFile = { ...place, page: null, file: "src/a&b?.ts", line: 3, endLine: 9 };
    const views: View[] = [
      { screen: "library", documentId: null, tab: "ask", place: null, query: "" },
      { screen: "library", documentId: null, tab: "ask", place: null, query: "white & whale" },
      { screen: "settings", documentId: null, tab: "ask", place: null, query: "" },
      { screen: "document", documentId: "d 1", tab: "search", place, query: "oil" },
      { screen: "document", documentId: "d 1", tab: "ask", place: inFile, query: "" },
    ];
    for (const view of views) expect(parseView(viewAddress(view))).toEqual(view);
  });

  it("nonsense is the library", () => {
    for (const hash of ["", "#", "#/x/y/z", "#/d//ask", "#/?at=-1-b"]) expect(parseView(hash).screen).toBe("library");
    expect(parseView("#/d/x/nonsense").tab).toBe("ask");
  });

  it("follows the system only where it is left to it", () => {
    expect(effectiveTheme("system", true)).toBe("dark");
    expect(effectiveTheme("light", true)).toBe("light");
  });
});

describe("text in the reader", () => {
  it("slices tile the text exactly", () => {
    for (const text of [setBook().text, "x".repeat(3 * SLICE + 17), `${"a\n\n".repeat(9_000)}`, "short"]) {
      let at = 0;
      for (let index = 0; index < sliceCount(text.length); index += 1) {
        const [from, to] = sliceRange(index, text.length);
        const slice = trimSlice(text.slice(from, to), index, text.length);
        expect(slice.start).toBe(at);
        expect(text.slice(slice.start, slice.start + slice.text.length)).toBe(slice.text);
        at += slice.text.length;
      }
      expect(at).toBe(text.length);
    }
  });

  it("marks a passage across paragraphs, nothing else", () => {
    const paragraphs = paragraphsOf("one two\n\nthree four", 100);
    const marked = paragraphs.flatMap((one) => markRange(one, 104, 114)).filter((piece) => piece.isMarked);
    expect(marked.map((piece) => piece.text)).toEqual(["two", "three"]);
    expect(markRange({ start: 0, text: "x" }, 0, 0)).toEqual([{ text: "x", isMarked: false }]);
  });

  it("marks what matched and keeps the rest, in order", () => {
    const text = `${"word ".repeat(100)}whale ${"word ".repeat(100)}`;
    const pieces = markedPieces({ text, marks: [[500, 505]] });
    expect(pieces.filter((piece) => piece.isMarked).map((piece) => piece.text)).toEqual(["whale"]);
    const inside = pieces
      .map((piece) => piece.text)
      .join("")
      .replace(/^… | …$/g, "");
    expect(text).toContain(inside);
  });

  it("finds the lit lines of a passage from its offsets", () => {
    const place = { documentId: "d", start: 104, end: 109, page: null, file: "a", line: null, endLine: null };
    expect(litLines(place, 100, "ab\ncd\nef\ngh")).toEqual([2, 3]);
    expect(litLines({ ...place, line: 7, endLine: 9 }, 100, "")).toEqual([7, 9]);
    expect(litLines({ ...place, end: 104 }, 100, "ab")).toEqual([0, 0]);
  });

  it("knows a language by its ending", () => {
    expect([languageOf("src/a.TS"), languageOf("Makefile"), languageOf("a.b/c.py"), languageOf(".gitignore")]).toEqual([
      "typescript",
      null,
      "python",
      null,
    ]);
  });
});

describe("contents", () => {
  it("joins summaries to the outline by title, in order", () => {
    const entry = (title: string, start: number) => ({
      level: 1,
      title,
      start,
      end: start + 10,
      page: start,
      file: null,
    });
    const node = (title: string, children: readonly ReturnType<typeof leaf>[] = []) => ({
      title,
      summary: `about ${title}`,
      citations: [],
      children,
    });
    function leaf(title: string) {
      return { title, summary: `about ${title}`, citations: [], children: [] };
    }
    const joined = joinContents(
      [entry("One", 1), entry("Notes", 2), entry("One", 3)],
      node("Book", [leaf("one"), leaf("One")]),
      "Book",
      100,
    );
    expect(joined.map((one) => one.node?.summary ?? null)).toEqual(["about Book", "about one", null, "about One"]);
    expect(joinContents([], node("Book", [leaf("A")]), "Book", 100).map((one) => one.title)).toEqual(["Book", "A"]);
  });

  it("the palette matches words by their beginnings", () => {
    expect(matches("The Green Gallery", "gre gal")).toBe(true);
    expect(matches("The Green Gallery", "allery")).toBe(false);
    expect(matches("anything", "")).toBe(true);
  });
});
