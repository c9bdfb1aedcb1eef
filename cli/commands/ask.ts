/** `longleaf ask`: one question, its answer as it is written, its citations. */
import type { Answer, AnswerComposer, AnswerSentence, AnswerRoute, MemoryMode } from "../../engine/protocol/index.ts";
import { EngineError } from "../../engine/protocol/index.ts";
import { placeOf, plain, printJson, printLine } from "../output.ts";
import { openSession, scopeOf, type GlobalOptions } from "../session.ts";

interface AskOptions {
  readonly route?: AnswerRoute;
  readonly composer?: AnswerComposer;
  readonly memory: MemoryMode;
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
  for await (const event of events) {
    if (event.type === "delta" && !global.json) process.stdout.write(plain(event.text));
    if (event.type === "done") answer = event.answer;
  }
  process.off("SIGINT", onInterrupt);
  if (!answer) throw new EngineError("Internal", "the answer ended without its last word");
  if (global.json) printJson(forPrograms(answer));
  else printAnswer(answer);
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

function printAnswer(answer: Answer): void {
  if (answer.composer === "generative") printLine();
  for (const sentence of answer.sentences) {
    const places = sentence.citations.map((index) => placeOf(answer.citations[index]));
    const text = quoted(sentence, answer);
    if (answer.composer === "extractive") printLine(places.length > 0 ? `${text} [${places.join("; ")}]` : text);
    else printLine(places.length > 0 ? `  [${places.join("; ")}] supports: ${text}` : `  no page says this: ${text}`);
  }
  const { checked, total, unit } = answer.coverage;
  const checkedText = checked === total ? "Checked" : "Looked at";
  const who =
    answer.composer === "extractive"
      ? "Quoted from the text"
      : `Written by the model ${answer.memoryUsed ? "with" : "without"} memory`;
  printLine(`\n${who}. ${checkedText} ${checked} of ${total} ${unit}.`);
}

/** Prose in one line and quotation marks, its own where it brings some; code line by line as it stands. */
function quoted({ text, voice, citations }: AnswerSentence, answer: Answer): string {
  const isCode = citations.some((index) => answer.citations[index].file !== null) && text.includes("\n");
  if (isCode) return `\n${text.replaceAll(/^/gm, "    ")}\n `;
  const line = text.replaceAll(/\s+/g, " ");
  return voice === "document" && !/^["“«]/u.test(line) ? `“${line}”` : line;
}
