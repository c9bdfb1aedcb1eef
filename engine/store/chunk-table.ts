/**
 * Chunks of the library and the full-text index over their words, as retrieval sees them.
 * Owns: the queries on `chunks` and `chunk_index`. Does not know: how a query becomes terms, how chunks are ranked.
 */
import type { DocumentId } from "../protocol/dto.ts";
import type { ChunkIndex, IndexedChunk } from "../retrieval/types.ts";
import { scopeTerm } from "./chunk-writer.ts";
import { bytes, integer, text } from "./columns.ts";
import type { Database, Row } from "./database.ts";
import { lastStartingAt, type CurrentEdition, type Editions } from "./editions.ts";
import type { StoredTexts } from "./text-table.ts";
import type { ChunkTable, StoredChunk } from "./types.ts";

const CHUNKS_AT_ONCE = 64;
/** A scope of more documents is filtered after ranking instead of inside the index. */
const MOST_SCOPE_TERMS = 64;
/** Terms are counted within the scope while it holds fewer chunks, else in the whole library. */
const MOST_COUNTED_CHUNKS = 20_000;

const quoted = (terms: readonly string[]): string =>
  terms.map((term) => `"${term.replaceAll('"', '""')}"`).join(" OR ");

export class StoredChunks implements ChunkTable {
  readonly #database: Database;
  readonly #editions: Editions;
  readonly #texts: StoredTexts;

  constructor(database: Database, editions: Editions, texts: StoredTexts) {
    this.#database = database;
    this.#editions = editions;
    this.#texts = texts;
  }

  count(scope: readonly DocumentId[]): number {
    return scope.reduce((sum, id) => sum + this.#editions.current(id).chunks, 0);
  }

  get(id: DocumentId, seq: number): StoredChunk | null {
    const { edition } = this.#editions.current(id);
    const row = this.#database.row("select * from chunks where edition = ? and seq = ?", edition, seq);
    return row === null ? null : chunkOf(id, row);
  }

  at(id: DocumentId, offset: number): StoredChunk | null {
    const { edition } = this.#editions.current(id);
    const row = this.#database.row(
      "select * from chunks where edition = ? and end > ? and start >= coalesce((select max(start) from chunks where edition = ?1 and start <= ?2), 0) order by start limit 1",
      ...[edition, offset],
    );
    return row === null ? null : chunkOf(id, row);
  }

  candidates({ terms, scope, limit }: Parameters<ChunkIndex["candidates"]>[0]): ReturnType<ChunkIndex["candidates"]> {
    const documents = new Map(scope.map((id) => [this.#editions.current(id).edition, id]));
    if (terms.length === 0 || documents.size === 0) return [];
    const found: { documentId: DocumentId; seq: number; score: number }[] = [];
    // Rows of a version that is being imported or swept are in the index too: they are skipped, so ask for more.
    for (let wanted = limit + 50; ; wanted *= 4) {
      const rows = this.#ranked(terms, scope, wanted);
      found.length = 0;
      for (const row of rows) {
        const chunk = this.#visible(integer(row, "id"), documents);
        if (chunk !== null) found.push({ ...chunk, score: -Number(row["rank"]) });
        if (found.length === limit) return found;
      }
      if (rows.length < wanted) return found;
    }
  }

  frequencies(terms: readonly string[], scope: readonly DocumentId[]): ReturnType<ChunkIndex["frequencies"]> {
    const current = scope.map((id) => this.#editions.current(id));
    const chunks = current.reduce((sum, edition) => sum + edition.chunks, 0);
    const words = current.reduce((sum, edition) => sum + edition.words, 0);
    const averageWords = chunks === 0 ? 0 : words / chunks;
    const withTerm = new Map<string, number>();
    if (chunks === 0) return { chunks, averageWords, withTerm };
    if (chunks <= MOST_COUNTED_CHUNKS && current.length <= MOST_SCOPE_TERMS) {
      const inScope = this.#scopeFilter(scope);
      for (const term of terms) {
        const match = `${inScope}{body heading names} : (${quoted([term])})`;
        withTerm.set(term, this.#database.number("select count(*) from chunk_index where chunk_index match ?", match));
      }
      return { chunks, averageWords, withTerm };
    }
    for (const term of terms) {
      withTerm.set(term, this.#database.number("select doc from chunk_terms where term = ?", term));
    }
    const all = this.#editions.all().reduce((sum, edition) => sum + edition.chunks, 0);
    return { chunks: all, averageWords, withTerm };
  }

  vocabulary(from: string, before: string, limit: number): ReturnType<ChunkIndex["vocabulary"]> {
    return this.#database
      .rows("select term, doc from chunk_terms where term >= ? and term < ? limit ?", from, before, limit)
      .map((row) => ({ term: text(row, "term"), chunks: integer(row, "doc") }));
  }

  read(documentId: DocumentId, from: number, to: number): IndexedChunk[] {
    const current = this.#editions.current(documentId);
    const rows = this.#database.rows(
      "select * from chunks where edition = ? and seq between ? and ? order by seq",
      ...[current.edition, from, to],
    );
    return this.#withText(current, rows);
  }

  text(documentId: DocumentId, start: number, end: number): string {
    return this.#texts.text(documentId, start, end);
  }

  *scan(scope: readonly DocumentId[]): IterableIterator<IndexedChunk> {
    for (const id of scope) {
      for (let from = 0; ; from += CHUNKS_AT_ONCE) {
        const chunks = this.read(id, from, from + CHUNKS_AT_ONCE - 1);
        yield* chunks;
        if (chunks.length < CHUNKS_AT_ONCE) break;
      }
    }
  }

  #ranked(terms: readonly string[], scope: readonly DocumentId[], limit: number): Row[] {
    const match = `${this.#scopeFilter(scope)}{body heading names} : (${quoted(terms)})`;
    return this.#database.rows(
      "select rowid as id, rank from chunk_index where chunk_index match ? order by rank limit ?",
      ...[match, limit],
    );
  }

  /** Empty when the scope is the whole library, or too many documents to name. */
  #scopeFilter(scope: readonly DocumentId[]): string {
    const total = this.#database.number("select count(*) from documents");
    if (scope.length >= total || scope.length > MOST_SCOPE_TERMS) return "";
    return `(scope : (${quoted(scope.map((id) => scopeTerm(this.#editions.current(id).document)))})) AND `;
  }

  #visible(
    indexId: number,
    documents: ReadonlyMap<number, DocumentId>,
  ): { documentId: DocumentId; seq: number } | null {
    for (const row of this.#database.rows("select edition, seq from chunks where index_id = ?", indexId)) {
      const documentId = documents.get(integer(row, "edition"));
      if (documentId !== undefined) return { documentId, seq: integer(row, "seq") };
    }
    return null;
  }

  #withText(current: CurrentEdition, rows: readonly Row[]): IndexedChunk[] {
    const [first] = rows;
    const last = rows.at(-1);
    if (first === undefined || last === undefined) return [];
    const base = integer(first, "start");
    const all = this.#texts.textOf(current, base, integer(last, "end"));
    const outline = this.#editions.outline(current.edition);
    const files = this.#editions.files(current.edition);
    return rows.map((row) => {
      const { seq, start, end, words, isHidden } = chunkOf(current.id, row);
      return {
        documentId: current.id,
        seq,
        start,
        end,
        words,
        isHidden,
        isCode: integer(row, "is_code") === 1,
        heading: outline.titles(outline.at(start)),
        file: files[lastStartingAt(files, start)]?.path ?? null,
        text: all.slice(start - base, end - base),
      };
    });
  }
}

function chunkOf(documentId: DocumentId, row: Row): StoredChunk {
  return {
    documentId,
    seq: integer(row, "seq"),
    start: integer(row, "start"),
    end: integer(row, "end"),
    words: integer(row, "words"),
    key: Buffer.from(bytes(row, "key")).toString("hex"),
    isHidden: integer(row, "is_hidden") === 1,
  };
}
