/**
 * Haystacks of make-haystacks.py as documents of a store, and what counts as evidence in them: a passage that lies in
 * the question's own sections and holds the answer word for word.
 * Owns: loading and that rule. Does not know: what is compared.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { sha256 } from "../../engine/base/hash.ts";
import type { DocumentId } from "../../engine/protocol/dto.ts";
import type { LibraryStore } from "../../engine/store/types.ts";
import { block } from "./rows-of-text.ts";

const haystacks = z.array(
  z.object({
    name: z.string(),
    sections: z.array(z.string()),
    questions: z.array(
      z.object({ question: z.string(), answer: z.string(), section: z.number(), span: z.number().default(1) }),
    ),
  }),
);
export type Haystack = z.infer<typeof haystacks>[number];

export interface Asked {
  readonly question: string;
  readonly answer: string;
  /** The question's own text. */
  readonly start: number;
  readonly end: number;
}

export interface LoadedHaystack {
  readonly id: DocumentId;
  readonly name: string;
  /** "encyclopedia", "stories", "articles". */
  readonly kind: string;
  readonly questions: readonly Asked[];
}

export const readHaystacks = (path: string): Haystack[] => haystacks.parse(JSON.parse(readFileSync(path, "utf8")));

export async function loadHaystack(store: LibraryStore, hay: Haystack): Promise<LoadedHaystack> {
  const session = store.importDocument({ grant: hay.name, keepDuplicate: true });
  const all = hay.sections.join("\n");
  session.add({
    type: "document",
    format: "text",
    title: hay.name,
    author: "",
    metadata: {},
    sha256: sha256(all),
    sizeBytes: all.length,
    pages: 0,
  });
  const counts: number[] = [];
  let blocks = 0;
  for (const section of hay.sections) {
    const paragraphs = section.split(/\n\s*\n/u).filter((paragraph) => paragraph.trim() !== "");
    for (const paragraph of paragraphs) session.add(block(paragraph.trim().replace(/\s+/gu, " ").slice(0, 20_000)));
    counts.push(paragraphs.length);
    blocks += paragraphs.length;
  }
  session.add({ type: "end", blocks });
  const { documentId: id } = await session.finish();
  const stored = [...store.texts.blocks(id)];
  let at = 0;
  const ranges = counts.map((count) => {
    const range = { start: stored[at]?.start ?? 0, end: stored[at + count - 1]?.end ?? 0 };
    at += count;
    return range;
  });
  const questions = hay.questions.map(({ question, answer, section, span }) => ({
    question,
    answer,
    start: ranges[section]?.start ?? 0,
    end: ranges[section + span - 1]?.end ?? 0,
  }));
  return { id, name: hay.name, kind: hay.name.split(" ")[0] ?? "", questions };
}

const normal = (text: string): string => text.toLowerCase().replace(/\s+/gu, " ");

export function isEvidence(
  passage: { readonly start: number; readonly end: number; readonly text: string },
  asked: Asked,
): boolean {
  return passage.start < asked.end && passage.end > asked.start && normal(passage.text).includes(normal(asked.answer));
}

/** From 1; infinite when no passage is evidence. */
export function rankOf(found: Parameters<typeof isEvidence>[0][], asked: Asked): number {
  const at = found.findIndex((passage) => isEvidence(passage, asked));
  return at < 0 ? Number.POSITIVE_INFINITY : at + 1;
}
