/** `longleaf show`: what is known of a document, or its text as extracted. */
import { EngineError } from "../../engine/protocol/index.ts";
import { plain, printJson, printLine, sizeText } from "../output.ts";
import { findDocument, openSession, type GlobalOptions } from "../session.ts";

interface ShowOptions {
  readonly text?: boolean;
  readonly page?: string;
  readonly file?: string;
}

export async function show(global: GlobalOptions, name: string, options: ShowOptions): Promise<void> {
  await using session = await openSession(global);
  const { id } = await findDocument(session.client, name);
  if (options.text) {
    const page = options.page === undefined ? undefined : Number(options.page);
    if (page !== undefined && (!Number.isInteger(page) || page < 1))
      throw new EngineError("InvalidRequest", `--page ${options.page} is not a page`, { hint: "Pages count from 1." });
    const found = await session.client.call("document.text", {
      documentId: id,
      ...(page === undefined ? {} : { page }),
      ...(options.file === undefined ? {} : { file: options.file }),
    });
    if (global.json) printJson(found);
    else process.stdout.write(`${plain(found.text)}\n`);
    return;
  }
  const detail = await session.client.call("document.show", { documentId: id });
  if (global.json) return printJson(detail);
  const { summary } = detail;
  printLine(`${summary.title}${summary.author ? `, ${summary.author}` : ""}`);
  printLine(`  id ${summary.id}, ${summary.format}, ${summary.state}`);
  printLine(
    `  ${summary.pages} pages, ${summary.files} files, ${summary.characters.toLocaleString("en")} characters, ${summary.tokens.toLocaleString("en")} tokens, ${detail.chunks} passages`,
  );
  printLine(
    `  memory: ${summary.segmentsRead} of ${summary.segments} segments read, ${sizeText(summary.memoryBytes)}, ${Math.round(detail.memoryBytesPerThousandTokens).toLocaleString("en")} bytes per 1,000 tokens`,
  );
  for (const entry of detail.outline.slice(0, 80))
    printLine(`  ${"  ".repeat(entry.level)}${entry.title}${entry.page === null ? "" : ` (page ${entry.page})`}`);
  if (detail.outline.length > 80) printLine(`    and ${detail.outline.length - 80} more`);
  for (const { path, reason } of detail.skipped) printLine(`  left out: ${path} (${reason})`);
  if (detail.skippedTotal > detail.skipped.length)
    printLine(`  and ${detail.skippedTotal - detail.skipped.length} more left out`);
  for (const warning of summary.warnings) printLine(`  ${warning}`);
}
