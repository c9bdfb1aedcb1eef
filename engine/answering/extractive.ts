/**
 * The composer that quotes: it adds no word of its own beyond Longleaf's frames. Default while the model is small.
 * Knows nothing about models; memory plays no part in it, and it says so.
 */
import type { AnswerEvent } from "../protocol/dto.ts";
import { countRoute } from "./count.ts";
import { findRoute } from "./find.ts";
import { quoteRoute } from "./quote.ts";
import type { Composer, Task } from "./types.ts";
import { wholeRoute } from "./whole.ts";

export const extractiveComposer: Composer = {
  name: "extractive",
  async *compose(task: Task): AsyncGenerator<AnswerEvent, void> {
    if (task.route === "whole") yield* wholeRoute(task);
    else if (task.route === "count") yield* countRoute(task);
    // A quote question without a phrase asks for a place.
    else if (task.route === "find" || !(yield* quoteRoute(task))) yield* findRoute(task);
  },
};
