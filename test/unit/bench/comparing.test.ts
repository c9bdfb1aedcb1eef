/** When the evaluation takes two texts for the same words, and where it cuts a citation. */
import { describe, expect, it } from "vitest";
import { beginsOn, cutToWords, holds, plain, tokens, touches, wordsIn } from "../../../bench/evaluate/comparing.ts";

describe("words", () => {
  it("are letters and digits; Chinese counts by characters", () => {
    expect(plain("“Don’t,” he said — twice.")).toBe(" don t he said twice ");
    expect(tokens("使用 touch(1) 命令")).toEqual(["使", "用", "touch", "1", "命", "令"]);
    expect(tokens("ﬁnd")).toEqual(["find"]);
  });

  it("are counted between white space; two characters of Chinese make one", () => {
    expect(wordsIn("a well-known -- truth")).toBe(3);
    expect(wordsIn("文件有三种类型")).toBe(4);
    expect(wordsIn("x <- c(1, 2)")).toBe(3);
  });
});

describe("holds", () => {
  it("wants whole words in order", () => {
    expect(holds("The Lion, and the\nUnicorn", "lion and the unicorn")).toBe(true);
    expect(holds("a hundred", "a hun")).toBe(false);
    expect(holds("the 140 men", "14")).toBe(false);
    expect(holds("unicorn and lion", "lion and unicorn")).toBe(false);
  });

  it("finds Chinese inside a run", () => {
    expect(holds("读一个文件将改变文件的属性", "改变文件")).toBe(true);
  });

  it("finds nothing nowhere", () => {
    expect(holds("anything", "")).toBe(false);
    expect(holds("anything", " … ")).toBe(false);
  });
});

describe("touches", () => {
  const passage = "one two three four five six seven eight nine ten";
  it("wants six words of ten next to each other", () => {
    expect(touches("zero one two three four five six", passage)).toBe(true);
    expect(touches("five six seven eight nine ten eleven", passage)).toBe(true);
    expect(touches("one two three four five", passage)).toBe(false);
    expect(touches("one two three x four five six", passage)).toBe(false);
  });

  it("rounds up and takes no empty passage", () => {
    expect(touches("yes indeed", "yes no")).toBe(false);
    expect(touches("anything", "")).toBe(false);
  });
});

describe("cutToWords", () => {
  it("keeps the first words as they stand", () => {
    expect(cutToWords("one  two, three four", 3)).toBe("one  two, three");
    expect(cutToWords("one two", 3)).toBe("one two");
    expect(cutToWords("one — two three", 2)).toBe("one — two");
  });

  it("cuts inside a run of Chinese", () => {
    expect(cutToWords("文".repeat(200), 60)).toBe("文".repeat(120));
    expect(cutToWords(`two words ${"文".repeat(10)}`, 4)).toBe("two words 文文文文");
  });
});

describe("beginsOn", () => {
  it("wants the first words on the page, or as its last", () => {
    expect(beginsOn("He came home late that night and slept.", "came home late that night and then")).toBe(true);
    expect(beginsOn("… so at the end he came", "he came home late that night")).toBe(true);
    expect(beginsOn("he came, and went away", "he came home late that night")).toBe(false);
  });
});
