/**
 * The tables, as numbered migrations. Owns: names and columns. Does not know: how they are applied (migrate.ts).
 * Never edit a migration that was released; add one.
 *
 * A document points at its current edition. An import writes a new edition under its own number and becomes visible
 * by that one pointer; everything below a dead edition is swept later.
 */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** Written to the file's header: "LngL". A database without it is not ours. */
export const APPLICATION_ID = 0x4c6e674c;

/** BM25 weights of text, contents path, names (file path and what the code defines), scope mark. */
export const COLUMN_WEIGHTS = "1.0, 1.5, 3.0, 0.0";

const first = `
create table ledger (
  id integer primary key, at integer not null, kind text not null, subject text not null, details text not null
);

create table documents (
  number integer primary key, id text not null unique, edition integer, source text not null, state text not null,
  tokens integer not null default 0, added_at integer not null, opened_at integer not null default 0,
  is_sample integer not null default 0
);
create table editions (
  number integer primary key autoincrement,
  document integer not null,
  stage text not null check (stage in ('importing', 'current', 'dead')),
  title text not null default '', author text not null default '', format text not null default 'text',
  sha256 text not null default '', size_bytes integer not null default 0, metadata text not null default '{}',
  pages integer not null default 0, files integer not null default 0, picture_pages integer not null default 0,
  characters integer not null default 0, words integer not null default 0, chunks integer not null default 0,
  warnings text not null default '[]'
);
create index editions_by_document on editions (document);
create index editions_by_sha256 on editions (sha256);

create table parts (
  id integer primary key, edition integer not null, seq integer not null, start integer not null, end integer not null,
  page integer, file integer, separator text not null, text text not null, layout blob not null
);
create unique index parts_by_start on parts (edition, start);
create table pages (
  edition integer not null, page integer not null, label text not null, width real not null, height real not null,
  is_picture integer not null, start integer not null, end integer not null, top real not null, bottom real not null,
  primary key (edition, page)
) without rowid;
create table files (
  edition integer not null, seq integer not null, path text not null, language text not null,
  size_bytes integer not null, sha256 text not null, lines integer not null, start integer not null,
  end integer not null, primary key (edition, seq)
) without rowid;
create unique index files_by_path on files (edition, path);
create table outline (
  edition integer not null, seq integer not null, level integer not null, title text not null, start integer not null,
  end integer not null, page integer, file text, primary key (edition, seq)
) without rowid;
create table skipped (
  edition integer not null, seq integer not null, path text not null, reason text not null, primary key (edition, seq)
) without rowid;

create table chunks (
  edition integer not null, seq integer not null, start integer not null, end integer not null,
  words integer not null, is_hidden integer not null, is_code integer not null, key blob not null,
  context integer not null, index_id integer not null, primary key (edition, seq)
) without rowid;
create index chunks_by_start on chunks (edition, start);
create index chunks_by_index_id on chunks (index_id);
create table index_ids (next integer not null);
insert into index_ids values (1);
create virtual table chunk_index using fts5 (
  body, heading, names, scope, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.+#'"
);
insert into chunk_index (chunk_index, rank) values ('rank', 'bm25(${COLUMN_WEIGHTS})');
create virtual table chunk_terms using fts5vocab ('chunk_index', 'row');

create table segments (
  document integer not null references documents (number) on delete cascade, edition integer not null,
  seq integer not null, start integer not null, end integer not null, tokens integer not null, key text not null,
  primary key (document, seq)
) without rowid;
create index segments_by_key on segments (key);
create table memory_blobs (
  key text primary key, bytes integer not null, slots integer not null, made_at integer not null
) without rowid;

create table jobs (
  number integer primary key autoincrement, id text not null unique, state text not null, job text not null,
  request text not null
);
create table chats (
  number integer primary key autoincrement, id text not null unique, title text not null, scope text not null,
  created_at integer not null
);
create table turns (
  chat integer not null references chats (number) on delete cascade, seq integer not null, turn text not null,
  primary key (chat, seq)
) without rowid;
create table settings (name text primary key, value text not null) without rowid;
`;

export const MIGRATIONS: readonly Migration[] = [{ version: 1, name: "first tables", sql: first }];
