import { expect, test } from "vitest";
import { expectation, expectedBy } from "../../../engine/retrieval/expects.ts";

test("the kind of thing that is asked for", () => {
  expect(expectedBy("Who built the bridge?")).toBe("person");
  expect(expectedBy("In which year was it built?")).toBe("time");
  expect(expectedBy("How many arches has it?")).toBe("number");
  expect(expectedBy("Where does the river rise?")).toBe("place");
  expect(expectedBy("Why did the bridge fall?")).toBe("reason");
  expect(expectedBy("What was the name of the ferry?")).toBe("name");
  for (const nothing of ["bridge river", "", "?", "桥是谁建的？", "Describe the bridge."])
    expect(expectedBy(nothing), nothing).toBe("none");
});

test("a sentence holds it, or does not", () => {
  const holds = (question: string, sentence: string): number => expectation(question)?.(sentence) ?? -1;
  expect(holds("Who built the bridge?", "It was built by Anna Frost.")).toBe(1);
  expect(holds("Who built the bridge?", "it was built in a hurry.")).toBe(0);
  // The question's own names answer nothing.
  expect(holds("Who helped Anna?", "it was known that Anna had help.")).toBe(0);
  expect(holds("When was it built?", "It was finished in 1863.")).toBe(1);
  expect(holds("When was it built?", "It is long.")).toBe(0);
  expect(holds("How many arches has it?", "It has seven arches.")).toBeGreaterThan(0);
  expect(holds("Why did it fall?", "It fell because the ice broke.")).toBe(1);
  expect(expectation("bridge river")).toBeNull();
});
