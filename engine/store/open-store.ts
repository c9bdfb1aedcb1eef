/**
 * Opens a library's store: folders, file, migrations, recovery, one object per table.
 * Owns: what happens at open and close. Does not know: what the tables hold.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../protocol/errors.ts";
import { StoredChunks } from "./chunk-table.ts";
import { Database, diskFull } from "./database.ts";
import { StoredDocuments } from "./document-table.ts";
import { Editions } from "./editions.ts";
import { StoredImport } from "./import-session.ts";
import { MemoryBlobs } from "./memory-blobs.ts";
import { StoredMemories } from "./memory-table.ts";
import { migrate } from "./migrate.ts";
import { StoredChats, StoredJobs, StoredLedger, StoredSettings } from "./records.ts";
import { MIGRATIONS } from "./schema.ts";
import { Sweeper } from "./sweeper.ts";
import { StoredTexts } from "./text-table.ts";
import type { LibraryStore } from "./types.ts";

/**
 * Opens or creates `<library>/store`. What a killed process left half done is invisible at once and deleted in the
 * background. Throws StoreCorrupt, StoreTooNew, StoreBusy, Forbidden, DiskFull; the file is then as it was.
 */
export function openStore(library: string): LibraryStore {
  const folder = join(library, "store");
  makeFolder(folder);
  const database = new Database(join(folder, "library.db"));
  try {
    migrate(database, MIGRATIONS);
    return assemble(library, database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function assemble(library: string, database: Database): LibraryStore {
  const ledger = new StoredLedger(database);
  buryUnfinishedImports(database, ledger);
  const editions = new Editions(database);
  const sweeper = new Sweeper(database);
  const memories = new StoredMemories(database, editions, new MemoryBlobs(join(library, "store", "memories")));
  const texts = new StoredTexts(database, editions);
  const documents = new StoredDocuments({ database, editions, memories, ledger, sweeper });
  const close = (): void => {
    sweeper.stop();
    database.close();
  };
  sweeper.start();
  return {
    folder: library,
    documents,
    texts,
    chunks: new StoredChunks(database, editions, texts),
    memories,
    jobs: new StoredJobs(database),
    chats: new StoredChats(database),
    settings: new StoredSettings(database),
    ledger,
    importDocument: (options) => new StoredImport({ database, editions, sweeper, ledger }, options),
    transaction: (run) => database.transaction(run),
    tidied: () => sweeper.finished(),
    close,
    [Symbol.dispose]: close,
  };
}

/** An edition that was still being written when the last process ended is dead: nobody ever saw it. */
function buryUnfinishedImports(database: Database, ledger: StoredLedger): void {
  const unfinished = database.number("select count(*) from editions where stage = 'importing'");
  if (unfinished === 0) return;
  try {
    database.transaction(() => {
      database.change("update editions set stage = 'dead' where stage = 'importing'");
      database.change("delete from documents where edition is null");
      ledger.add("recovery", "unfinished imports", { count: unfinished });
    });
  } catch (error) {
    // On a full disk the library still opens: reading and removing documents is what helps. The next open buries them.
    if (!(error instanceof EngineError) || error.code !== "DiskFull") throw error;
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOSPC" || code === "EDQUOT") throw diskFull(`${folder}: cannot be made`, error);
    throw new EngineError("Forbidden", `${folder}: cannot be made (${String(code)})`, {
      hint: "Longleaf cannot write there. Choose another library folder, or change its permissions.",
      cause: error,
    });
  }
}
