import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { partsOf } from "../../../engine/answering/gathering/parts.ts";
import { countWords } from "../../../engine/retrieval/search-tokenizer.ts";
import { addPages, ask, filler, openTestLibrary } from "./library.ts";
import type { TestLibrary } from "./library.ts";

/** A story of eight chapters; one illness in each of the chapters 1, 4 and 8, told in different words. */
function story(): string[][] {
  const prose = filler(64);
  const told = new Map([
    [0, "Countess Narona lay in bed with a burning fever for nine days."],
    [3, "In the spring Countess Narona suffered from an inflammation of the lungs, and the doctor came twice a day."],
    [7, "At the end Countess Narona was struck down by a disease of the brain from which nobody recovered."],
  ]);
  return Array.from({ length: 8 }, (_, chapter) => [
    `# Chapter ${chapter + 1}`,
    ...prose.slice(chapter * 8, chapter * 8 + 4),
    ...(told.has(chapter) ? [told.get(chapter) ?? ""] : []),
    ...prose.slice(chapter * 8 + 4, chapter * 8 + 8),
  ]);
}

describe("questions over the whole", () => {
  let library: TestLibrary;
  beforeEach(() => {
    library = openTestLibrary();
  });
  afterEach(() => {
    library[Symbol.dispose]();
  });

  it("gathers from every part and says what was checked", async () => {
    const id = await addPages(library, "The Countess", story());
    const { answer } = await ask(
      library,
      [id],
      "Which illnesses does Countess Narona have in the course of the story?",
    );
    expect(answer.route).toBe("whole");
    expect(answer.answerable).toBe(true);
    const quoted = answer.citations.map(({ text }) => text).join("\n");
    for (const words of ["burning fever", "inflammation of the lungs", "disease of the brain"])
      expect(quoted).toContain(words);
    expect(new Set(answer.citations.map(({ page }) => page))).toEqual(
      new Set([...answer.citations.map(({ page }) => page)]),
    );
    for (const page of [1, 4, 8]) expect(answer.citations.map((citation) => citation.page)).toContain(page);
    expect(answer.coverage).toEqual({ checked: 8, total: 8, unit: "pages" });
    expect(answer.sentences.map(({ text }) => text)).toContain("Checked 8 of 8 pages.");
    expect(answer.answer).toMatch(/\d+ places in \d of 8 chapters\./u);
  });

  it("quotes short, supported, in the order of the document, and nothing twice", async () => {
    const id = await addPages(library, "The Countess", story());
    const { answer } = await ask(library, [id], "Trace what happens to Countess Narona.");
    expect(answer.citations.length).toBeGreaterThan(2);
    expect(answer.citations.length).toBeLessThanOrEqual(24);
    for (const citation of answer.citations) {
      expect(citation.supported).toBe(true);
      expect(countWords(citation.text)).toBeLessThanOrEqual(60);
      expect(citation.why?.words).not.toContain("happens");
    }
    const starts = answer.sentences.flatMap(({ citations }) =>
      citations.map((at) => answer.citations[at]?.start ?? -1),
    );
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    const ranges = answer.citations.map(({ start, end }) => [start, end] as const).sort((a, b) => a[0] - b[0]);
    ranges.forEach(([start], at) => {
      if (at > 0) expect(start).toBeGreaterThanOrEqual(ranges[at - 1]?.[1] ?? 0);
    });
  });

  it("begins with the evidence of a place when the question may ask for one place only", async () => {
    const id = await addPages(library, "The Countess", story());
    const question = "From which diseases did Countess Narona suffer?";
    const place = await ask(library, [id], question, { route: "find" });
    const whole = await ask(library, [id], question);
    expect(whole.answer.route).toBe("whole");
    expect(whole.answer.citations[0]?.start).toBe(place.answer.citations[0]?.start);
  });

  it("does not let a number of places look like a number of things", async () => {
    const id = await addPages(library, "The Countess", story());
    const { answer } = await ask(
      library,
      [id],
      "How many illnesses does Countess Narona have in the course of the story?",
    );
    expect(answer.answer).toMatch(/^Not counted, only looked for: \d+ places? in \d of 8 chapters may tell of it\./u);
  });

  it("begins with the evidence of a place when a fate is asked for", async () => {
    const id = await addPages(library, "The Countess", story());
    const question = "What became of Countess Narona at the end?";
    const place = await ask(library, [id], question, { route: "find" });
    const whole = await ask(library, [id], question);
    expect(whole.answer.route).toBe("whole");
    expect(whole.answer.citations[0]?.start).toBe(place.answer.citations[0]?.start);
  });

  it("says that the text does not say when its name stands nowhere", async () => {
    const id = await addPages(library, "The Countess", story());
    const { answer } = await ask(library, [id], "What happens to Zenobia Quillfeather?");
    expect(answer.answerable).toBe(false);
    expect(answer.citations).toEqual([]);
    expect(answer.answer).toBe("The text does not say.");
  });

  it("spans several documents, in the order of the scope", async () => {
    const first = await addPages(library, "One", story());
    const second = await addPages(library, "Two", [
      ["# Letters", "The doctor wrote that Countess Narona had the smallpox.", ...filler(6)],
    ]);
    const { answer } = await ask(library, [second, first], "List all the illnesses of Countess Narona.");
    const documents = answer.sentences.flatMap(({ citations }) =>
      citations.map((at) => answer.citations[at]?.documentId),
    );
    expect(new Set(documents)).toEqual(new Set([first, second]));
    expect(documents.lastIndexOf(second)).toBeLessThan(documents.indexOf(first));
  });

  it.each([
    ["one sentence", [["The countess died of a fever."]]],
    ["no heading", [filler(20), ["The countess died of a fever."]]],
    ["numbers only", [["12 13 14 15", "16 17 18"]]],
  ])("bears a document of %s", async (name, pages) => {
    const id = await addPages(library, name, pages);
    const { answer } = await ask(library, [id], "List the deaths in the book.");
    expect(answer.finishReason).toBe("done");
    if (name !== "numbers only")
      expect(answer.citations.map(({ text }) => text).join(" ")).toContain("died of a fever");
  });

  it("keeps what is there when it is stopped, and does not claim to have checked everything", async () => {
    const id = await addPages(library, "The Countess", story());
    const { answer } = await ask(library, [id], "List all the illnesses of Countess Narona.", {
      stop: AbortSignal.abort(),
    });
    expect(answer.finishReason).toBe("stopped");
    expect(answer.coverage.checked).toBeLessThan(answer.coverage.total);
  });

  it("throws when it is cancelled", async () => {
    const id = await addPages(library, "The Countess", story());
    const cancel = AbortSignal.abort();
    await expect(ask(library, [id], "List all the illnesses of Countess Narona.", { cancel })).rejects.toThrow();
  });
});

describe("partsOf", () => {
  it("leaves no character out, with chapters or without", async () => {
    using library = openTestLibrary();
    const chapters = await addPages(library, "Chapters", story());
    const plain = await addPages(library, "Plain", [filler(400)]);
    for (const id of [chapters, plain]) {
      const { parts } = partsOf(library.sources, [id]);
      expect(parts[0]?.start).toBe(0);
      expect(parts.at(-1)?.end).toBe(library.store.texts.length(id));
      parts.forEach((part, at) => {
        if (at > 0) expect(part.start).toBe(parts[at - 1]?.end);
      });
    }
    expect(partsOf(library.sources, [chapters])).toMatchObject({ name: "chapters" });
    expect(partsOf(library.sources, [chapters]).parts).toHaveLength(8);
    expect(partsOf(library.sources, [plain]).parts.length).toBeGreaterThan(0);
  });
});
