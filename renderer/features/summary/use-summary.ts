/**
 * A document's contents with their summaries: the outline is there at once, the summaries join it when they are made.
 * Owns which entry is chosen. The joining is pure: both lists are in reading order.
 */
import { useMemo, useState } from "react";
import type { Citation, DocumentDetail, DocumentSummary, SummaryNode } from "../../../engine/protocol/dto.ts";
import type { EngineError } from "../../../engine/protocol/errors.ts";
import { useCall } from "../../engine/use-call.ts";

/** One line of the contents. */
export interface ContentsEntry {
  readonly key: string;
  /** Depth below the whole: 0 is the whole text, 1 its parts. */
  readonly depth: number;
  readonly title: string;
  readonly page: number | null;
  readonly file: string | null;
  readonly start: number;
  readonly end: number;
  readonly node: SummaryNode | null;
}

export interface SummaryState {
  readonly entries: readonly ContentsEntry[];
  readonly selected: ContentsEntry | undefined;
  readonly select: (key: string) => void;
  readonly isLoading: boolean;
  readonly error: EngineError | undefined;
  readonly again: () => void;
}

/** `document` null: nothing is asked for. */
export function useSummary(document: DocumentSummary | null, detail: DocumentDetail | undefined): SummaryState {
  const isReady = document !== null && document.state !== "importing" && document.state !== "failed";
  const call = useCall("summary.make", isReady ? { documentId: document.id } : null);
  const [chosen, setChosen] = useState<string | null>(null);
  const entries = useMemo(
    () => joinContents(detail?.outline ?? [], call.data ?? null, document?.title ?? "", document?.characters ?? 0),
    [detail, call.data, document?.title, document?.characters],
  );
  const selected = entries.find((entry) => entry.key === chosen) ?? entries[0];
  return { entries, selected, select: setChosen, isLoading: call.isLoading, error: call.error, again: call.again };
}

interface FlatNode {
  readonly depth: number;
  readonly node: SummaryNode;
}

function flatten(node: SummaryNode, depth: number): readonly FlatNode[] {
  return [{ depth, node }, ...node.children.flatMap((child) => flatten(child, depth + 1))];
}

/** The contents, each entry with its summary: joined by title, in order. Nodes that the outline lacks are added. */
export function joinContents(
  outline: DocumentDetail["outline"],
  root: SummaryNode | null,
  title: string,
  characters: number,
): readonly ContentsEntry[] {
  const whole: ContentsEntry = {
    key: "whole",
    depth: 0,
    title,
    page: null,
    file: null,
    start: 0,
    end: characters,
    node: root,
  };
  const nodes = root === null ? [] : flatten(root, 0).slice(1);
  if (outline.length === 0) return [whole, ...nodes.map(({ depth, node }, index) => entryOfNode(node, depth, index))];
  let at = 0;
  const entries = outline.map((entry, index): ContentsEntry => {
    const found = nodes.findIndex(({ node }, position) => position >= at && sameTitle(node.title, entry.title));
    if (found >= 0) at = found + 1;
    return {
      key: `${index}-${entry.start}`,
      depth: entry.level,
      title: entry.title,
      page: entry.page,
      file: entry.file,
      start: entry.start,
      end: entry.end,
      node: nodes[found]?.node ?? null,
    };
  });
  return [whole, ...entries];
}

function entryOfNode(node: SummaryNode, depth: number, index: number): ContentsEntry {
  const first = node.citations[0];
  return {
    key: `node-${index}`,
    depth,
    title: node.title,
    page: first?.page ?? null,
    file: first?.file ?? null,
    start: first?.start ?? 0,
    end: first?.end ?? 0,
    node,
  };
}

function sameTitle(a: string, b: string): boolean {
  const flat = (text: string): string => text.replace(/\s+/g, " ").trim().toLowerCase();
  return flat(a) === flat(b);
}

export function nodeEvidence(entry: ContentsEntry | undefined): readonly Citation[] {
  return entry?.node?.citations ?? [];
}
