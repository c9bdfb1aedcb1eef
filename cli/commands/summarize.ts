/** `longleaf summarize`: the cited summary tree of a document, and its key people, places and terms. */
import { printJson, printKeyTerms, printSummary } from "../output.ts";
import { findDocument, openSession, type GlobalOptions } from "../session.ts";

export async function summarize(global: GlobalOptions, name: string): Promise<void> {
  await using session = await openSession(global);
  const { id } = await findDocument(session.client, name);
  const tree = await session.client.call("summary.make", { documentId: id });
  if (global.json) printJson(tree);
  else {
    printSummary(tree);
    printKeyTerms(tree);
  }
}
