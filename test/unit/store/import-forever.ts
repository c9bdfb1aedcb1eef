/**
 * Run as a child by crash.test.ts: opens the library, imports documents until it is killed, says what it has finished.
 *   node import-forever.ts LIBRARY FIRST
 * Every third import replaces the first document, so that reused rows are in play too.
 */
import { openStore } from "../../../engine/store/open-store.ts";
import { bookRows } from "../../../bench/retrieval/rows-of-text.ts";
import { prose } from "./prose.ts";

const [library = "", first = "0"] = process.argv.slice(2);
const store = openStore(library);
for (let number = Number(first); ; number += 1) {
  const replaced = number % 3 === 2 ? store.documents.list().at(-1)?.id : undefined;
  const session = store.importDocument({
    grant: `${number}`,
    ...(replaced === undefined ? {} : { replaces: replaced }),
  });
  for (const row of bookRows(`book ${number}`, prose(6_000, number))) session.add(row);
  const { documentId } = await session.finish();
  process.stdout.write(`${documentId}\n`);
}
