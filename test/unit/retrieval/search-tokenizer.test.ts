import { expect, test } from "vitest";
import { countWords, indexTerms, tokenizeForSearch, visitTokens } from "../../../engine/retrieval/search-tokenizer.ts";
import { WordFilter } from "../../../engine/retrieval/word-filter.ts";
import { prose } from "../store/temporary-store.ts";

const terms = (text: string): string[] => tokenizeForSearch(text).map(({ term }) => term);
const shared = (a: string, b: string): boolean => terms(a).some((term) => terms(b).includes(term));

test("case, accents, ligatures and full width make no difference", () => {
  for (const [a, b] of [
    ["Crème", "creme"],
    ["NAÏVE", "naïve"],
    ["ﬁn", "fin"],
    ["１２３", "123"],
    ["straße", "STRASSE"],
    ["Łódź", "lodz"],
    ["İstanbul", "istanbul"],
    ["Ελλάς", "ΕΛΛΑΣ"],
    ["cafe\u0301", "café"],
    ["soft\u00ADware", "software"],
  ] as const)
    expect(terms(a), `${a} ${b}`).toEqual(terms(b));
});

test("marks that are vowels stay", () => {
  expect(shared("कि", "कु")).toBe(false);
});

test("inflected forms share a stem and keep their own form", () => {
  const [running] = tokenizeForSearch("Running");
  expect(running).toMatchObject({ term: "run", form: "running", start: 0, end: 7 });
  expect(shared("the children's houses", "child")).toBe(true);
  expect(shared("she went", "go")).toBe(true);
});

test("identifiers are found by their parts, by the whole, and in another spelling", () => {
  const found = terms("parseHttpRange parse_http_range parse-http-range parse.http.range");
  expect(found.filter((term) => term === "parsehttprang")).toHaveLength(4);
  expect(found.filter((term) => term === "http")).toHaveLength(4);
  expect(terms("XMLHttpRequest")).toEqual(["xmlhttprequest", "xml", "http", "request"]);
  expect(terms("__init__")).toEqual(["init"]);
  expect(terms("utf8")).toEqual(["utf8", "utf", "8"]);
  expect(terms("C++ and c#")).toEqual(["c++", "and", "c#"]);
});

test("parts have their own offsets, the whole has all of it", () => {
  const text = "see readFile now";
  const found = tokenizeForSearch(text).map(({ kind, start, end }) => [kind, text.slice(start, end)]);
  expect(found).toEqual([
    ["word", "see"],
    ["whole", "readFile"],
    ["part", "read"],
    ["part", "File"],
    ["word", "now"],
  ]);
});

test("numbers are one number however they are written", () => {
  expect(terms("1,000")).toEqual(["1000"]);
  expect(terms("12,345,678.90")).toEqual(["12345678.90"]);
  expect(terms("3.14")).toEqual(["3.14"]);
  expect(terms("in 1990, 200 men")).toContain("200");
  expect(terms("the 1990s")).toContain("1990");
});

test("apostrophes: possessives and contractions leave the word", () => {
  expect(terms("Alice's they'll don’t O'Brien")).toEqual(["alic", "thei", "dont", "obrien", "o", "brien"]);
});

test("scripts without spaces give pairs and single characters", () => {
  expect(terms("东京タワー")).toEqual(["东", "东京", "京", "京タ", "タ", "タワ", "ワ", "ワー", "ー"]);
  expect(terms("𠀀𠀁")).toEqual(["𠀀", "𠀀𠀁", "𠀁"]);
  expect(terms("สวัสดี")).toContain("สว");
});

test("offsets always point at the token's own characters", () => {
  const text = "Don’t   “naïve” — İx 𠀀𠀁 a_b.c-d 1,000 e.g. end.Next\tx\u00ADy 中文abc中";
  for (const { start, end, form } of tokenizeForSearch(text)) {
    expect(end).toBeGreaterThan(start);
    expect(text.slice(start, end)).not.toMatch(/^\s|\s$/u);
    expect(form).not.toBe("");
  }
});

test("index terms hold nothing that SQLite would split", () => {
  const found = indexTerms("a_b (c) d/e; f@g.h 3.14 c++ c# 中文 — “x”");
  for (const term of found.split(" ")) expect(term).toMatch(/^(?:[a-z0-9.+#]|[^\x00-\x7F])+$/u);
});

test("endless words cost one term, not memory", () => {
  expect(terms("x".repeat(100_000))).toHaveLength(1);
});

test("words are counted as people count them", () => {
  expect(countWords("One, two; three-and-a-half 1,000.")).toBe(4);
  expect(countWords("中国人民 abc")).toBe(3);
  expect(countWords(" — … ")).toBe(0);
});

test("a filter changes nothing about the terms it is for, nor about positions", () => {
  const text = `${prose(3_000)} They went, gone, going; skies say says tied ties Über naïve go-cart goFast eyes y x`;
  for (const query of ["go", "skies", "ties", "captain", "say", "eye", "naive", "x", "y", "ay", "fast"]) {
    const [wanted = ""] = terms(query);
    const collect = (filter?: WordFilter): [number[], number] => {
      const hits: number[] = [];
      const positions = visitTokens(
        text,
        (term, _form, start, _end, position) => {
          if (term === wanted) hits.push(start, position);
        },
        filter,
      );
      return [hits, positions];
    };
    expect(collect(new WordFilter([wanted])), query).toEqual(collect());
  }
});
