import { expect, test } from "vitest";
import { splitSentences } from "../../../engine/chunking/sentences.ts";
import { prose } from "../store/temporary-store.ts";

const split = (text: string): string[] => splitSentences(text).map(({ start, end }) => text.slice(start, end));

test.each([
  [
    "titles and initials",
    "Mr. Smith met J. R. R. Tolkien. Dr. Who vs. Mr. X. I left.",
    ["Mr. Smith met J. R. R. Tolkien.", "Dr. Who vs. Mr. X.", "I left."],
  ],
  [
    "short forms",
    "See Fig. 3 and e.g. this. It ends etc. and goes on. Vitamin C. The end.",
    ["See Fig. 3 and e.g. this.", "It ends etc. and goes on.", "Vitamin C.", "The end."],
  ],
  [
    "acronyms before a name and before a sentence",
    "The U.S. Army came to the U.S. They stayed.",
    ["The U.S. Army came to the U.S.", "They stayed."],
  ],
  ["numbers", "It cost 3.14 dollars in 1990. They paid.", ["It cost 3.14 dollars in 1990.", "They paid."]],
  [
    "quotations",
    '"Why?" he asked. "Go!" She went. He said "no." Then left.',
    ['"Why?" he asked.', '"Go!"', "She went.", 'He said "no."', "Then left."],
  ],
  [
    "curly quotes and brackets",
    "“Stop.” (He stopped.) ‘Now!’ It began.",
    ["“Stop.”", "(He stopped.)", "‘Now!’", "It began."],
  ],
  [
    "ellipses",
    "She went... and stayed… Then she left. Wait... What?",
    ["She went... and stayed…", "Then she left.", "Wait...", "What?"],
  ],
  ["footnote marks", "It was built.[3] It fell.", ["It was built.[3]", "It fell."]],
  ["list numbers", "1. First thing. 2. Second thing.", ["1. First thing.", "2. Second thing."]],
  ["Chinese and Japanese", "他来了。“你好！”她说。下一句？好", ["他来了。", "“你好！”", "她说。", "下一句？", "好"]],
  [
    "blank lines end, single line breaks do not",
    "A heading\n\nthe text goes\non here\n\n  and here",
    ["A heading", "the text goes\non here", "and here"],
  ],
  [
    "words that are short forms before numbers",
    "He sat. Ed said no. I saw V. Smith in vol. IV. John came on Jan. 3. See No. 7 and p. 4.",
    ["He sat.", "Ed said no.", "I saw V. Smith in vol. IV.", "John came on Jan. 3.", "See No. 7 and p. 4."],
  ],
  [
    "names of cases, and numbers that look like them",
    "In Griswold v. Connecticut the court agreed. It was Henry V. The king left.",
    ["In Griswold v. Connecticut the court agreed.", "It was Henry V.", "The king left."],
  ],
  ["nothing", " \n ", []],
])("%s", (_name, text, sentences) => {
  expect(split(text)).toEqual(sentences);
});

test("sentences are in order, do not overlap, and leave out white space only", () => {
  const text = `${prose(4_000)} "Odd?!" ... — e.g. J. K. (x.) 3.5. 中文。ok`;
  let last = 0;
  for (const { start, end } of splitSentences(text)) {
    expect(end).toBeGreaterThan(start);
    expect(text.slice(last, start).trim()).toBe("");
    last = end;
  }
  expect(text.slice(last).trim()).toBe("");
});

test("a megabyte of points takes no time that grows with its square", () => {
  const began = performance.now();
  splitSentences("a. ".repeat(300_000));
  splitSentences(".".repeat(1_000_000));
  expect(performance.now() - began).toBeLessThan(5_000);
});
