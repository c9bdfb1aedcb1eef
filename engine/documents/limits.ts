/**
 * Every limit of the parsers, in one place: what is refused, what is left out, what is cut into pieces.
 * Each limit protects the machine from a hostile or mistaken file; the sentence a person reads names limit and size.
 * Knows nothing about formats beyond their sizes.
 */
const MB = 1_000_000;

/** A PDF larger than this is refused, in bytes: it has to lie in memory as a whole. */
export const MAX_PDF_BYTES = 512 * MB;
/** Pages of one PDF. The longest printed books have some 5,000. */
export const MAX_PDF_PAGES = 20_000;
/** Plain text, in bytes: a thousand long novels. */
export const MAX_TEXT_BYTES = 200 * MB;
/** Markdown and HTML become a tree in memory before they become blocks, in bytes. */
export const MAX_MARKUP_BYTES = 24 * MB;
/** EPUB and DOCX as they lie on disk, in bytes. Pictures inside are never inflated. */
export const MAX_ARCHIVE_BYTES = 512 * MB;
/** Entries of an archive. */
export const MAX_ARCHIVE_ENTRIES = 20_000;
/** Inflated bytes of one entry that is read. */
export const MAX_ENTRY_BYTES = 48 * MB;
/** Inflated bytes of all entries that are read. */
export const MAX_INFLATED_BYTES = 256 * MB;
/** Inflated to packed size of an entry over one MB. Prose reaches 5, tables of XML 60; deflate ends at 1,032. */
export const MAX_INFLATE_RATIO = 150;
/** Depth of nested elements that is followed; the text below is kept, its structure is not. */
export const MAX_MARKUP_DEPTH = 200;
/** Entries of a document's own outline. */
export const MAX_OUTLINE_ENTRIES = 10_000;
/** A file of a repository that is larger is set aside, in bytes. */
export const MAX_REPOSITORY_FILE_BYTES = 2 * MB;
/** Files of a repository that are read. */
export const MAX_REPOSITORY_FILES = 100_000;
/** Bytes of a repository that are read. */
export const MAX_REPOSITORY_BYTES = 1_000 * MB;
/** Depth of nested folders. */
export const MAX_FOLDER_DEPTH = 64;
/** Rows about skipped files; after that only their number is told. */
export const MAX_SKIPPED_ROWS = 20_000;
/** Heap of a parser process, in MiB, that the host grants unless it knows better. */
export const PARSER_HEAP_MB = 1_024;
