import { describe, expect, it } from "vitest";
import { countTopic, routeQuestion } from "../../../engine/answering/route.ts";

describe("routeQuestion", () => {
  it.each([
    ["What is this book about?", "whole"],
    ["Summarise the main ideas", "whole"],
    ["Give me an overview of this repository", "whole"],
    ["How is the project organised?", "whole"],
    ["How many times is Zambo mentioned?", "count"],
    ["List all dinosaurs", "whole"],
    ["How does Mary's opinion of the captain change?", "whole"],
    ["Which illnesses does the countess have in the course of the story?", "whole"],
    ["What happens to the letter?", "whole"],
    ["Which files use nextDelay?", "count"],
    ["every place where the sea is called blue", "count"],
    ['Where does it say "heroisms all round us"?', "quote"],
    ["“the flail of the Lord”", "quote"],
    ["Find the exact words “we hold these truths”", "quote"],
    ["How many seats does the Eider have?", "find"],
    ["Who is the news editor?", "find"],
    ["Why did they turn back?", "find"],
    ["", "find"],
  ] as const)("%s goes to %s", (question, route) => {
    expect(routeQuestion(question)).toBe(route);
  });
});

describe("countTopic", () => {
  it.each([
    ["How many times is Zambo mentioned?", "Zambo"],
    ['Count the occurrences of "pence"', "pence"],
    ["Which files use nextDelay?", "nextDelay"],
    ["List all dinosaurs", "dinosaurs"],
  ])("%s counts %s", (question, topic) => {
    expect(countTopic(question)).toBe(topic);
  });
});
