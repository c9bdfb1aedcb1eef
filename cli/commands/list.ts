/** `longleaf list` and `longleaf remove`. */
import { printJson, printLine, sizeText } from "../output.ts";
import { findDocument, openSession, type GlobalOptions } from "../session.ts";

export async function list(global: GlobalOptions): Promise<void> {
  await using session = await openSession(global);
  const documents = await session.client.call("document.list", {});
  if (global.json) return printJson({ documents });
  for (const document of documents) {
    const size =
      document.files > 0
        ? `${document.files} files`
        : document.pages > 0
          ? `${document.pages} pages`
          : `${document.characters} characters`;
    printLine(
      `${document.id}  ${document.title}${document.author ? `, ${document.author}` : ""}  (${document.format}, ${size}, ${document.state}, ${sizeText(document.memoryBytes)})`,
    );
  }
  if (documents.length === 0) printLine("The library is empty. `longleaf read <file or folder>` adds to it.");
}

export async function remove(global: GlobalOptions, name: string): Promise<void> {
  await using session = await openSession(global);
  const document = await findDocument(session.client, name);
  await session.client.call("document.remove", { documentId: document.id });
  if (global.json) return printJson({ removed: document.id });
  printLine(`${document.title} is out of the library. Its file was not touched.`);
}
