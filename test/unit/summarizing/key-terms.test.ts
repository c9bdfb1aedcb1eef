import { describe, expect, it } from "vitest";
import { proseCandidates } from "../../../engine/summarizing/candidates.ts";
import { keyTermsOf, type KeyTermFound } from "../../../engine/summarizing/key-terms.ts";
import { TermRegister } from "../../../engine/summarizing/term-register.ts";
import type { TextKind } from "../../../engine/summarizing/text-kind.ts";

function termsOf(text: string, kind: TextKind = "story"): KeyTermFound[] {
  const register = new TermRegister();
  for (const candidate of proseCandidates({
    kind: "paragraph",
    level: 0,
    start: 0,
    end: text.length,
    text,
    page: null,
    file: null,
    line: null,
    endLine: null,
    continues: false,
    isHidden: false,
  }))
    register.add(candidate);
  return keyTermsOf(register, kind);
}
const find = (terms: readonly KeyTermFound[], name: string): KeyTermFound | undefined =>
  terms.find(({ term }) => term === name);

describe("keyTermsOf", () => {
  it("joins the forms of one person's name", () => {
    const terms = termsOf(
      "In came Sherlock Holmes with his pipe. Then Mr. Holmes sat down. The clock struck, and Holmes said nothing. " +
        "At last Holmes rose. Later Sherlock Holmes went out.",
    );
    expect(find(terms, "Sherlock Holmes")).toMatchObject({ kind: "person", count: 5 });
    expect(find(terms, "Holmes")).toBeUndefined();
  });

  it("keeps husband and wife apart", () => {
    const terms = termsOf(
      "At noon Mr. Bennet came. At one Mrs. Bennet came. So Mr. Bennet said yes and Mrs. Bennet said no, and Bennet smiled. " +
        "Again Bennet laughed.",
    );
    expect(find(terms, "Mr. Bennet")).toMatchObject({ kind: "person", count: 2 });
    expect(find(terms, "Mrs. Bennet")).toMatchObject({ kind: "person", count: 2 });
    expect(find(terms, "Bennet")).toMatchObject({ kind: "person", count: 2 });
  });

  it("tells places from people, and drops words that only begin sentences", () => {
    const terms = termsOf(
      "However, we lived in Trondheim. However, it snowed in Trondheim. However, Ida said nothing. But Ida smiled in Trondheim.",
    );
    expect(find(terms, "Trondheim")).toMatchObject({ kind: "place", count: 3 });
    expect(find(terms, "Ida")).toMatchObject({ kind: "person", count: 2 });
    expect(find(terms, "However")).toBeUndefined();
  });

  it("finds technical terms in any number, with the offset of every mention", () => {
    const text =
      "A cell membrane holds the cell together. The cell membranes of plants differ. In a cell membrane there are lipids.";
    const found = find(termsOf(text, "exposition"), "cell membrane");
    expect(found).toMatchObject({ kind: "term", count: 3 });
    for (const offset of found?.offsets ?? []) expect(text.slice(offset)).toMatch(/^cell membrane/u);
  });

  it("takes capitals of a shouted line for no names, and finds nothing in nothing", () => {
    expect(
      termsOf("STOP THE TRAIN NOW. STOP THE TRAIN NOW. STOP THE TRAIN NOW.").map(({ kind }) => kind),
    ).not.toContain("person");
    expect(termsOf("")).toEqual([]);
  });
});
