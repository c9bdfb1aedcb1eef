/** `longleaf search`: full-text search over the library or some documents. */
import { EngineError } from "../../engine/protocol/index.ts";
import { placeOf, printJson, printLine } from "../output.ts";
import { openSession, scopeOf, type GlobalOptions } from "../session.ts";

export async function search(
  global: GlobalOptions,
  query: string,
  options: { readonly document?: string[]; readonly limit: string },
): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1)
    throw new EngineError("InvalidRequest", `--limit ${options.limit} is not a count`, {
      hint: "Give a whole number above 0.",
    });
  await using session = await openSession(global);
  const scope = await scopeOf(session.client, options.document ?? []);
  const { hits, tookMs } = await session.client.call("search.query", {
    query,
    limit,
    ...(scope.length > 0 ? { scope } : {}),
  });
  if (global.json) return printJson({ hits, tookMs });
  const titles = new Map((await session.client.call("document.list", {})).map(({ id, title }) => [id, title]));
  for (const hit of hits) {
    printLine(`${titles.get(hit.documentId) ?? hit.documentId}, ${placeOf(hit)}`);
    printLine(`  ${hit.text.replaceAll(/\s+/g, " ")}`);
  }
  printLine(hits.length === 0 ? "Nothing matches." : `${hits.length} hits in ${Math.round(tookMs)} ms.`);
}
