import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openModelTokenizer } from "../../../engine/tokenizer/model-tokenizer.ts";
import { goldenFolder, temporaryFolder } from "../../parity/golden.ts";

const TEXTS = ["Longleaf reads.", "naïve – “quotes” 你好 🙂🇩🇪\t\r\n", " leading and trailing ", ""];

describe("the model's tokenizer", () => {
  const tokenizer = openModelTokenizer(goldenFolder("tiny-llama"));

  it.each(TEXTS)("gives %j back unchanged", (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it("never turns document text into a special token", () => {
    for (const name of ["<|doc|>", "<|end|>", "<|memory|>"]) {
      const special = tokenizer.specialId(name);
      expect(special).toBeTypeOf("number");
      const ids = tokenizer.encode(`text ${name} text`);
      expect(ids).not.toContain(special);
      expect(tokenizer.decode(ids)).toBe(`text ${name} text`);
    }
    expect(tokenizer.specialId("<|nothing|>")).toBeUndefined();
    expect(tokenizer.specialId("text")).toBeUndefined();
  });

  it("does so even where the vocabulary holds the spelling as one piece", () => {
    const folder = join(temporaryFolder(), "merged");
    cpSync(goldenFolder("tiny-llama"), folder, { recursive: true });
    const path = join(folder, "tokenizer.json");
    const json = JSON.parse(readFileSync(path, "utf8"));
    // "<s" can be reached by a merge, and is declared special.
    json.model.vocab["<s"] = 264;
    json.model.merges = [["<", "s"]];
    json.added_tokens.push({
      id: 264,
      content: "<s",
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    });
    writeFileSync(path, JSON.stringify(json));
    const merged = openModelTokenizer(folder);
    expect(merged.encode("a <s b")).not.toContain(264);
    expect(merged.decode(merged.encode("a <s b"))).toBe("a <s b");
  });

  it("leaves special tokens out of decoded text and knows what ends a turn", () => {
    const end = tokenizer.specialId("<|end|>") ?? -1;
    expect(tokenizer.stopIds).toContain(end);
    expect(tokenizer.decode([...tokenizer.encode("yes"), end])).toBe("yes");
    expect(tokenizer.vocabulary).toBe(264);
  });

  it.each(TEXTS)("streams %j without ever showing half a character", (text) => {
    const stream = tokenizer.stream();
    const shown: string[] = [];
    for (const id of tokenizer.encode(text)) shown.push(stream.push(id));
    shown.push(stream.flush());
    expect(shown.join("")).toBe(text);
    expect(shown.join("")).not.toContain("\uFFFD");
  });

  it("streams broken bytes as replacement characters instead of waiting for ever", () => {
    const stream = tokenizer.stream();
    const lonely = tokenizer.encode("é")[0] ?? 0;
    let shown = "";
    for (let i = 0; i < 30; i++) shown += stream.push(lonely);
    expect(shown).toContain("\uFFFD");
    expect((shown + stream.flush()).length).toBe(30);
  });

  it("is refused when it is no tokenizer", () => {
    for (const text of ["{", "[]", '{"model": {"type": "Mystery"}}']) {
      const folder = temporaryFolder();
      writeFileSync(join(folder, "tokenizer.json"), text);
      expect(() => openModelTokenizer(folder)).toThrow(expect.objectContaining({ code: "ModelIncompatible" }));
    }
  });
});
