import { describe, expect, it } from "vitest";
import { readQuestion } from "../../../engine/answering/question.ts";

const termsOf = (text: string): string[] => readQuestion(text).words.map(({ word }) => word);

describe("readQuestion", () => {
  it("keeps words of substance and drops the frame", () => {
    expect(termsOf("What is the name of the steam launch?")).toEqual(["steam", "launch"]);
  });

  it("keeps frame words when nothing else is left", () => {
    expect(termsOf("Who said what?").length).toBeGreaterThan(0);
  });

  it("knows names, numbers and identifiers", () => {
    const names = readQuestion("Does Professor Summerlee use maxPositions in 1912?").words.filter(
      ({ isName }) => isName,
    );
    expect(names.map(({ word }) => word)).toEqual(["Professor", "Summerlee", "maxPositions", "1912"]);
  });

  it.each([
    ["Who built the bridge?", "person"],
    ["When was it built?", "time"],
    ["In which year was it built?", "time"],
    ["Where is the key?", "place"],
    ["How many seats are there?", "number"],
    ["Why did she leave?", "reason"],
    ["How did she leave?", "manner"],
    ["What is a hold?", "definition"],
    ["Who is Zambo?", "definition"],
    ["Is the boat full?", "decision"],
    ["Tell me of the boat", "fact"],
  ] as const)("%s asks for a %s", (question, kind) => {
    expect(readQuestion(question).kind).toBe(kind);
  });

  it("takes a question of two parts apart and hands the name on", () => {
    expect(readQuestion("Who is Zambo and where does he stay?").parts).toEqual([
      "Who is Zambo",
      "where does he stay? (Zambo)",
    ]);
  });

  it("leaves 'and' inside a question alone", () => {
    expect(readQuestion("Who were Gomez and Manuel?").parts).toHaveLength(1);
  });

  it("finds quoted phrases in several kinds of marks", () => {
    expect(readQuestion('Where is "one thing" or “another thing” or «a third»?').phrases).toEqual([
      "one thing",
      "another thing",
      "a third",
    ]);
  });
});
