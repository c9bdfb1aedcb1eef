/** `longleaf ask`: one question, its answer as it is written, its citations and (`--why`) why they were chosen. */
import type { Answer, AnswerComposer, AnswerRoute, MemoryMode } from "../../engine/protocol/index.ts";
import { EngineError } from "../../engine/protocol/index.ts";
import { answerLines } from "../answer-lines.ts";
import { plain, printJson, printLine } from "../output.ts";
import { openSession, scopeOf, type GlobalOptions } from "../session.ts";

interface AskOptions {
  readonly route?: AnswerRoute;
  readonly composer?: AnswerComposer;
  readonly memory: MemoryMode;
  readonly why?: boolean;
}

export async function ask(
  global: GlobalOptions,
  documents: string,
  question: string,
  options: AskOptions,
): Promise<void> {
  await using session = await openSession(global);
  const scope = await scopeOf(session.client, documents === "all" ? [] : documents.split(","));
  if (scope.length === 0)
    throw new EngineError("NotFound", "the library is empty", { hint: "`longleaf read <file>` adds a document." });
  const events = session.client.stream("answer.ask", {
    scope,
    question,
    memory: options.memory,
    ...(options.route === undefined ? {} : { route: options.route }),
    ...(options.composer === undefined ? {} : { composer: options.composer }),
  });
  const onInterrupt = () => events.stop();
  process.once("SIGINT", onInterrupt);
  let answer: Answer | null = null;
  let hasWritten = false;
  for await (const event of events) {
    if (event.type === "delta" && !global.json) process.stdout.write(plain(event.text));
    // Its words stand on their own line: what was written before it no longer holds.
    if (event.type === "revised" && !global.json) printLine(`${hasWritten ? "\n" : ""}${event.note}\n`);
    if (event.type === "delta") hasWritten = true;
    if (event.type === "done") answer = event.answer;
  }
  process.off("SIGINT", onInterrupt);
  if (!answer) throw new EngineError("Internal", "the answer ended without its last word");
  if (global.json) printJson(forPrograms(answer));
  else printAnswer(answer, options.why === true);
}

function forPrograms(answer: Answer): unknown {
  const citations = answer.citations.map(
    ({ text, page, pageLabel, file, line, endLine, start, end, supported, documentId, heading, why }) => ({
      text,
      page,
      pageLabel,
      file,
      line,
      endLine,
      start,
      end,
      supported,
      documentId,
      heading,
      why,
    }),
  );
  return { ...answer, citations };
}

function printAnswer(answer: Answer, why: boolean): void {
  if (answer.composer === "generative") printLine();
  for (const line of answerLines(answer, { why })) printLine(line);
}
