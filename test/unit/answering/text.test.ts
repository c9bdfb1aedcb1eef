import { describe, expect, it } from "vitest";
import { findAll, normalise } from "../../../engine/answering/normalised.ts";
import { copies, supportingPassage } from "../../../engine/answering/support.ts";
import { growWindow, lengthOfWords, quotedWords, unitsOf } from "../../../engine/answering/windows.ts";
import { WrittenText } from "../../../engine/answering/written.ts";

describe("findAll", () => {
  it("finds a phrase across line breaks, quotation marks, dashes and case, and says where it stands", () => {
    const source = "He said: “We’ll\n  go — now”, and went. We'll go - now.";
    const found = findAll(normalise(source), "we'll GO — Now");
    expect(found.map(([start, end]) => source.slice(start, end))).toEqual(["We’ll\n  go — now", "We'll go - now"]);
  });

  it("keeps offsets where folding changes the length", () => {
    const source = "İstanbul … and then İzmir";
    const [place] = findAll(normalise(source), "and then");
    expect(place && source.slice(place[0], place[1])).toBe("and then");
  });

  it("finds nothing for an empty phrase", () => {
    expect(findAll(normalise("abc"), "  ")).toEqual([]);
  });
});

describe("growWindow", () => {
  const text = "One is here. Two is there. Three is the core sentence. Four follows it. Five is far away.";
  const units = unitsOf(text, 100, false);

  it("never exceeds the limit and keeps the core", () => {
    for (let limit = 1; limit < 20; limit += 1) {
      const window = growWindow(units, 2, { low: 0, high: 1000, limit, worth: () => 0 });
      const quoted = text.slice(window.start - 100, window.end - 100);
      expect(quotedWords(quoted)).toBeLessThanOrEqual(limit);
      expect(quoted.startsWith("Three") || quoted.includes("Three")).toBe(true);
    }
  });

  it("stays inside its page", () => {
    const low = units[2]?.start ?? 0;
    const window = growWindow(units, 2, { low, high: units[2]?.end ?? 0, worth: () => 1 });
    expect([window.start, window.end]).toEqual([low, units[2]?.end]);
  });

  it("does not join a heading", () => {
    const withHeading = unitsOf("A Title Without A Stop\n\nThe core is here.", 0, false);
    expect(growWindow(withHeading, 1, { low: 0, high: 1000, worth: () => 1 }).from).toBe(1);
  });

  it("cuts an endless sentence at a word", () => {
    const long = "word ".repeat(200).trim();
    expect(quotedWords(long.slice(0, lengthOfWords(long, 60)))).toBe(60);
  });
});

describe("supportingPassage", () => {
  const passages = [
    { text: "The Eider has 148 seats and room for 20 bicycles." },
    { text: "Professor Summerlee was in his sixty-sixth year when the party left London." },
  ];

  it("cites the passage that bears the sentence out", () => {
    expect(supportingPassage("Summerlee was in his sixty-sixth year.", passages)).toBe(1);
  });

  it("refuses a wrong number, name or place, however much else agrees", () => {
    expect(supportingPassage("The Eider has 149 seats and room for bicycles.", passages)).toBeNull();
    expect(supportingPassage("The ferry Fulmar has 148 seats and room for 20 bicycles.", passages)).toBeNull();
    expect(
      supportingPassage("Professor Summerlee was in his sixty-sixth year when the party left Paris.", passages),
    ).toBeNull();
  });

  it("refuses what only shares a word or two", () => {
    expect(supportingPassage("The seats were painted green by a famous artist last winter.", passages)).toBeNull();
  });

  it("takes a long copy as support", () => {
    expect(
      copies(
        "they say the party left London, in his sixty-sixth year when the party left London",
        passages[1]?.text ?? "",
      ),
    ).toBe(true);
  });
});

describe("WrittenText", () => {
  const write = (pieces: readonly string[]): { shown: string; sentences: string[] } => {
    const text = new WrittenText();
    let shown = "";
    const sentences: string[] = [];
    for (const piece of pieces) {
      shown += text.push(piece);
      sentences.push(...text.finished());
    }
    shown += text.flush();
    sentences.push(...text.finished());
    return { shown, sentences };
  };

  it("gives every finished sentence once, in order", () => {
    const { shown, sentences } = write(["The sea ", "is blue. The", " land is green. And", " the sky"]);
    expect(shown).toBe("The sea is blue. The land is green. And the sky");
    expect(sentences).toEqual(["The sea is blue.", "The land is green.", "And the sky"]);
  });

  it("ends before the next question, even when its beginning arrives in pieces", () => {
    const { shown } = write(["It is blue.", "\nQue", "stion: what", " else?"]);
    expect(shown).toBe("It is blue.");
  });

  it("ends when the words go round in circles", () => {
    const { shown } = write(["I said", ...Array.from({ length: 40 }, () => " and the first time,")]);
    expect(shown.length).toBeLessThan(120);
  });
});
