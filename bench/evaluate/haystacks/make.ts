/**
 * Book-long documents that nobody has seen: source documents of the corpus laid one after another, with the questions
 * that people asked about them. A source document lies whole in one haystack and in no other.
 * Owns: which documents lie together and in which order; the same seed makes the same haystacks.
 * Does not know: files, systems. Nothing is written anywhere but into a temporary library.
 */
import { sha256 } from "../../../engine/base/hash.ts";
import type { ParserRow } from "../../../engine/documents/rows.ts";
import { seededRandom } from "../statistics.ts";
import type { AskedText, SourceDocument } from "./texts.ts";

export interface HaystackKind {
  readonly name: string;
  /** Beginnings of groups whose questions are asked. */
  readonly groups: readonly string[];
  /** Beginnings of groups that only fill up. */
  readonly fillers: readonly string[];
  /** Groups of which a haystack holds one document at most: their questions do not say which one they mean. */
  readonly single?: readonly string[];
}

export const KINDS: readonly HaystackKind[] = [
  {
    name: "articles",
    groups: ["squad/", "squad-train:", "qed/", "policyqa:"],
    fillers: ["pubmedqa/", "scitldr/", "sharc/"],
    single: ["policyqa:"],
  },
  { name: "stories", groups: ["fairy/"], fillers: ["squality/"] },
  { name: "leaflets", groups: ["medquad/"], fillers: [] },
];

/** A text with the blocks that it became: [first, last]. */
export interface LaidText {
  readonly text: AskedText;
  readonly firstBlock: number;
  readonly lastBlock: number;
}

export interface Haystack {
  readonly name: string;
  readonly words: number;
  /** Names of the source documents, in order. */
  readonly documents: readonly string[];
  readonly rows: readonly ParserRow[];
  readonly texts: readonly LaidText[];
}

export interface HaystackOptions {
  readonly words: number;
  readonly count: number;
  /** 0 leaves documents in the order in which they lie in the corpus. */
  readonly seed: number;
}

/** Documents with questions fill at most this share when there are others to fill up with. */
const ASKED_SHARE = 0.8;
/** A last haystack shorter than this share is left out. */
const LEAST_SHARE = 0.6;

/** At most `count` haystacks of a kind; fewer when the documents are used up. */
export function makeHaystacks(
  kind: HaystackKind,
  documents: readonly SourceDocument[],
  { words, count, seed }: HaystackOptions,
): Haystack[] {
  const begins = (groups: readonly string[]) => (document: SourceDocument) =>
    groups.some((group) => document.name.startsWith(group));
  const ordered = seed === 0 ? [...documents] : shuffled(documents, seed);
  const asked = ordered.filter(begins(kind.groups));
  const fillers = ordered.filter(begins(kind.fillers));
  const most = fillers.length === 0 ? words : words * ASKED_SHARE;
  const piles = Array.from({ length: count }, () => new Pile(kind.single ?? []));
  deal(asked, piles, most);
  deal(fillers, piles, words);
  return piles
    .filter((pile) => pile.words >= words * LEAST_SHARE)
    .map((pile, i) => {
      const inOrder = seed === 0 ? pile.documents : shuffled(pile.documents, seed + i + 1);
      return assemble(`${kind.name} ${i + 1}`, inOrder);
    });
}

class Pile {
  readonly documents: SourceDocument[] = [];
  words = 0;
  readonly #single: readonly string[];

  constructor(single: readonly string[]) {
    this.#single = single;
  }

  /** False when a document of a group that may lie here only once lies here already. */
  takes({ name }: SourceDocument): boolean {
    const group = this.#single.find((beginning) => name.startsWith(beginning));
    return group === undefined || !this.documents.some((other) => other.name.startsWith(group));
  }

  add(document: SourceDocument): void {
    this.documents.push(document);
    this.words += document.words;
  }
}

/** Each document to the first pile that has room for it, so that piles get full; what fits nowhere is left out. */
function deal(documents: readonly SourceDocument[], piles: readonly Pile[], most: number): void {
  for (const document of documents) {
    const pile = piles.find((other) => other.words < most && other.takes(document));
    pile?.add(document);
  }
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}

function assemble(name: string, documents: readonly SourceDocument[]): Haystack {
  const rows: ParserRow[] = [];
  const texts: LaidText[] = [];
  documents.forEach(({ texts: own }, i) => {
    rows.push(block("heading", `Text ${i + 1}`, 1));
    for (const text of own) {
      const firstBlock = rows.length;
      for (const paragraph of paragraphs(text.context)) rows.push(block("paragraph", paragraph, 0));
      texts.push({ text, firstBlock, lastBlock: rows.length - 1 });
    }
  });
  const words = documents.reduce((sum, document) => sum + document.words, 0);
  const first: ParserRow = {
    type: "document",
    format: "text",
    title: name,
    author: "",
    metadata: {},
    sha256: sha256([name, String(words), ...documents.map((document) => document.name)].join(" ")),
    sizeBytes: 0,
    pages: 0,
  };
  const names = documents.map((document) => document.name);
  return { name, words, documents: names, texts, rows: [first, ...rows, { type: "end", blocks: rows.length }] };
}

function paragraphs(context: string): string[] {
  const parts = context
    .split(/\n+/u)
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return parts.flatMap((part) => part.match(/[\s\S]{1,15000}/gu) ?? []);
}

function block(kind: "heading" | "paragraph", text: string, level: number): ParserRow {
  return {
    type: "block",
    kind,
    text,
    level,
    page: null,
    line: null,
    endLine: null,
    continues: false,
    hidden: false,
    lines: [],
  };
}
