import { describe, expect, it } from "vitest";
import { askedKind, meaningOf } from "../../../engine/answering/ranking/meaning.ts";
import { readQuestion } from "../../../engine/answering/question.ts";
import { lexiconFile } from "../../../engine/host/layout.ts";
import { Lexicon } from "../../../engine/lexicon/lexicon.ts";

const lexicon = new Lexicon(lexiconFile);

describe("the lexicon", () => {
  it("knows words that mean nearly the same, nearer ones first", () => {
    const related = lexicon.related("timepiece");
    expect(related.get("watch")).toBeGreaterThan(related.get("chronometer") ?? Infinity);
    expect(related.get("chronometer")).toBeGreaterThan(related.get("instrument") ?? Infinity);
    expect(lexicon.related("sickness").get("illness")).toBeGreaterThan(0.6);
  });

  it.each([
    ["metals", "gold"],
    ["disease", "typhoid"],
    ["animal", "mule"],
    ["colour", "red"],
    ["country", "canada"],
  ])("knows that kinds of %s include %s", (kind, name) => {
    expect(lexicon.kindsOf(kind)).toContain(name);
  });

  it("has nothing to say of words that it does not have, and of things in general", () => {
    expect(lexicon.related("zzyzx").size).toBe(0);
    expect(lexicon.related("").size).toBe(0);
    expect(lexicon.kindsOf("entity").size).toBe(0);
  });

  it("says where its file is missing", () => {
    expect(() => new Lexicon("/nowhere/wordnet.txt.gz").related("word")).toThrow(/ENOENT/u);
  });
});

describe("what a question asks for", () => {
  it.each([
    ["What metal were the prisoners' fetters made of?", "metal"],
    ["Of what disease did John Douglas's first wife die?", "disease"],
    ["What kind of business did Brother Morris run?", "business"],
    ["Which two colours does the flag have?", "colours"],
    ["What is the name of the ship?", "ship"],
    ["Who painted the picture?", null],
    ["Why did he leave?", null],
  ])("%s", (text, kind) => {
    expect(askedKind(text)).toBe(kind);
  });

  it("never lets a word stand for itself or for a name", () => {
    const { related, kinds } = meaningOf(readQuestion("What metal were Phi-oo's fetters made of?"), lexicon);
    expect([...related.values()].every(({ nearness }) => nearness > 0 && nearness <= 1)).toBe(true);
    expect(related.has("metal")).toBe(false);
    expect(kinds.has("gold")).toBe(true);
    expect(meaningOf(readQuestion("What metal?"), null).kinds.size).toBe(0);
  });
});
