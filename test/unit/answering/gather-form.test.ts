import { describe, expect, it } from "vitest";
import { familiesOf } from "../../../engine/answering/gathering/kinds-of-thing.ts";
import { beginsWithBest, formOf } from "../../../engine/answering/gathering/form.ts";
import { topicOf } from "../../../engine/answering/gathering/topic.ts";
import { visitTokens } from "../../../engine/retrieval/search-tokenizer.ts";

describe("beginsWithBest", () => {
  it.each([
    ["What became of the first castle?", true],
    ["In what order do the guests arrive?", true],
    ["How does Mary's opinion of the captain change?", true],
    ["How many people die in the story?", true],
    ["Who are the suspects?", true],
    ["List the deaths in the book.", false],
    ["Who dies in the course of the story?", false],
  ] as const)("%s: %s", (question, begins) => {
    const asked = formOf(question);
    expect(asked !== null && beginsWithBest(question, asked)).toBe(begins);
  });
});

describe("formOf", () => {
  it.each([
    ["How does Mary's opinion of the captain change?", "change"],
    ["How do Agnes's feelings for Lord Montbarry develop from beginning to end?", "change"],
    ["Trace what happens to the letter.", "trace"],
    ["What becomes of each of the brothers?", "trace"],
    ["In what order do the guests arrive?", "order"],
    ["How many people die in the story?", "count"],
    ["List the deaths in the book.", "list"],
    ["Name the members of the expedition.", "list"],
    ["Who dies in the course of the story?", "list"],
  ] as const)("%s is surely a %s", (question, form) => {
    expect(formOf(question)).toEqual({ form, isSure: true });
  });

  it.each([
    "What conditions must a package satisfy?",
    "Who are the suspects?",
    "Through which cities does the hero travel?",
    "Which of the brothers are married?",
    "Where may the blank identifier be used and where not?",
  ])("%s may ask for a list", (question) => {
    expect(formOf(question)).toEqual({ form: "list", isSure: false });
  });

  it.each([
    "Who killed the captain?",
    "What causes the fire in the barn?",
    "What happens when the divisor is zero?",
    "What is the name of the dog in the story?",
    "What two things did he carry?",
    "Which doctor treats the countess?",
    "How many seats does the Eider have?",
    "Which side of the heart pumps blood to the lungs?",
    "Why did they turn back?",
    "Which famous explorer led the party?",
    "On what dangerous errand was the boy sent?",
    "Which inventor's helper was lost?",
    "Which of the inventor's helpers was lost?",
    "Where did they come across the inscribed shells?",
    "What did she row across the bay to fetch?",
    "",
  ])("%s asks for one place", (question) => {
    expect(formOf(question)).toBeNull();
  });
});

/** Every word stands in three of a hundred passages. */
const chunks = {
  frequencies: (terms: readonly string[]) => ({
    chunks: 100,
    averageWords: 100,
    withTerm: new Map(terms.map((term) => [term, 3])),
  }),
  count: () => 100,
};

const term = (word: string): string => {
  let found = "";
  visitTokens(word, (one) => {
    found = one;
  });
  return found;
};

describe("topicOf", () => {
  it("knows the words in which a kind of thing is told", () => {
    const { told, subject } = topicOf(
      "Which illnesses does the countess have in the course of the story?",
      { chunks },
      [],
    );
    expect(told.has(term("fever"))).toBe(true);
    expect(subject).toBe("countess");
  });

  it("is not misled by what qualifies the asked thing", () => {
    const { told } = topicOf("List the laws passed by Congress during the war.", { chunks }, []);
    expect(told.has(term("act"))).toBe(true);
    expect(told.has(term("battle"))).toBe(false);
  });

  it("leaves the span of a trace out of its subject", () => {
    const { subject } = topicOf("Trace what becomes of the puma from the ship to its end.", { chunks }, []);
    expect(subject).toBe("puma");
  });

  it("says when a name stands nowhere", () => {
    const nothing = { ...chunks, frequencies: () => ({ chunks: 100, averageWords: 100, withTerm: new Map() }) };
    const topic = topicOf("What happens to Zenobia?", { chunks: nothing }, []);
    expect(topic.isAbsent).toBe(true);
    expect(topic.isEmpty).toBe(true);
  });
});

describe("familiesOf", () => {
  it("keeps to two families and the order of the question", () => {
    const families = familiesOf(["letter", "illness", "ship"].map(term));
    expect(families).toHaveLength(2);
    expect(families[0]?.tells.has(term("envelope"))).toBe(true);
  });
});
