/** `longleaf export`: summary and conversations, with their citations, as Markdown. */
import { writeFileSync } from "node:fs";
import type { ChatTurn, SummaryNode } from "../../engine/protocol/index.ts";
import { placeOf, printJson, printLine } from "../output.ts";
import { findDocument, openSession, type GlobalOptions } from "../session.ts";

interface ExportOptions {
  readonly out?: string;
  readonly text?: boolean;
}

export async function exportDocument(global: GlobalOptions, name: string, options: ExportOptions): Promise<void> {
  await using session = await openSession(global);
  const { client } = session;
  const document = await findDocument(client, name);
  const summary = await client.call("summary.make", { documentId: document.id });
  const chats = await client.call("chat.list", { scope: [document.id] });
  const turns = (await Promise.all(chats.map(({ id }) => client.call("chat.turns", { chatId: id })))).flat();
  const text = options.text ? (await client.call("document.text", { documentId: document.id })).text : null;
  if (global.json && !options.out) return printJson({ document, summary, turns, text });
  const markdown = [
    `# ${document.title}`,
    document.author,
    "## Summary",
    summaryMarkdown(summary, 2),
    keyTermsMarkdown(summary),
    ...(turns.length > 0 ? ["## Questions", ...turns.map(turnMarkdown)] : []),
    ...(text === null ? [] : ["## Text", text]),
  ]
    .filter(Boolean)
    .join("\n\n");
  if (!options.out) return printLine(markdown);
  writeFileSync(options.out, `${markdown}\n`);
  if (global.json) printJson({ written: options.out });
  else printLine(`Written to ${options.out}.`);
}

function summaryMarkdown(node: SummaryNode, depth: number): string {
  const places = node.citations.map(placeOf).join("; ");
  const own = `${"#".repeat(Math.min(6, depth + 1))} ${node.title}\n\n${node.summary}${places ? ` [${places}]` : ""}`;
  return [own, ...node.children.map((child) => summaryMarkdown(child, depth + 1))].join("\n\n");
}

/** People, places and terms with where they are mentioned; "" when there are none. */
function keyTermsMarkdown({ keyTerms = [] }: SummaryNode): string {
  if (keyTerms.length === 0) return "";
  const lines = keyTerms.map(
    ({ term, kind, count, places }) =>
      `- ${term} (${kind}, ${count}) [${[...new Set(places.map(placeOf))].join("; ")}]`,
  );
  return `## People, places and terms\n\n${lines.join("\n")}`;
}

function turnMarkdown({ question, answer }: ChatTurn): string {
  const sentences = answer.sentences.map(({ text, voice, citations }) => {
    const places = citations.map((index) => placeOf(answer.citations[index])).join("; ");
    return `- ${voice === "document" ? `“${text}”` : text}${places ? ` [${places}]` : ""}`;
  });
  const short =
    answer.span === null ? "" : `**${answer.span.text}** [${placeOf(answer.citations[answer.span.citation])}]\n\n`;
  return `### ${question}\n\n${short}${sentences.length > 0 ? sentences.join("\n") : answer.answer}`;
}
