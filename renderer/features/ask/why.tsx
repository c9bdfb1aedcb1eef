/** Why this answer: the leaf with what was cited, and for each passage the words, the retriever and the score. */
import { useMemo, useRef, type ReactNode } from "react";
import type { LeafSource } from "../leaf/leaf-model.ts";
import { barOfPlace, barsOf } from "../leaf/leaf-model.ts";
import { LeafStrip } from "../leaf/leaf.tsx";
import { duration } from "../../strings/numbers.ts";
import { words } from "../../strings/words.ts";
import { useWidth } from "../../ui/use-width.ts";
import { Chip } from "./chip.tsx";
import { clip } from "./places.ts";
import { evidenceOf, type Turn } from "./turn.ts";

export function Why({ turn, source }: { readonly turn: Turn; readonly source: LeafSource | null }): ReactNode {
  const evidence = evidenceOf(turn);
  const totalMs = turn.answer?.timings["totalMs"] ?? turn.answer?.timings["total"];
  return (
    <section className="why" aria-label={words.whyTitle}>
      {source === null ? null : <WhyLeaf turn={turn} source={source} />}
      <p className="small">{words.whyPassages(evidence.length)}</p>
      <ul className="why-list">
        {evidence.map((citation, index) => (
          <li key={index}>
            <div className={citation.file === null ? "serif" : "code"} dir="auto">
              {clip(citation.text, 160)} <Chip citation={citation} />
            </div>
            {citation.why === null ? null : (
              <dl className="kv num">
                <dt>{words.whyWords}</dt>
                <dd>{citation.why.words.join(", ")}</dd>
                <dt>{words.whyRetriever}</dt>
                <dd>{citation.why.retriever}</dd>
                <dt>{words.whyScore}</dt>
                <dd>{citation.why.score.toFixed(2)}</dd>
              </dl>
            )}
          </li>
        ))}
      </ul>
      <dl className="kv num">
        <dt>{words.routeChosen}</dt>
        <dd>{turn.route === null ? "" : words.routes[turn.route]}</dd>
        <dt>{words.whyMemory}</dt>
        <dd>{turn.answer?.memoryUsed === true ? words.yes : words.no}</dd>
        {totalMs === undefined ? null : (
          <>
            <dt>{words.whyTimes}</dt>
            <dd>{duration(totalMs)}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

function WhyLeaf({ turn, source }: { readonly turn: Turn; readonly source: LeafSource }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const bars = useMemo(() => barsOf(source.leaf), [source.leaf]);
  const marks = useMemo(
    () => ({ cited: evidenceOf(turn).map((citation) => barOfPlace(citation, source)), view: new Set<number>() }),
    [turn, source],
  );
  return (
    <div ref={box} className="why-leaf">
      {width === 0 ? null : <LeafStrip bars={bars} width={Math.min(width, bars.count * 3)} height={26} marks={marks} />}
    </div>
  );
}
