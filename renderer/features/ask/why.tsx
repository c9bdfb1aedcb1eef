/** Why this answer: the leaf with what was cited, and each passage with the reasons why it was chosen. */
import { useMemo, useRef, type ReactNode } from "react";
import type { LeafSource } from "../leaf/leaf-model.ts";
import { barOfPlace, barsOf } from "../leaf/leaf-model.ts";
import { LeafStrip } from "../leaf/leaf.tsx";
import { duration } from "../../strings/numbers.ts";
import { words } from "../../strings/words.ts";
import { useWidth } from "../../ui/use-width.ts";
import { Places } from "./further-places.tsx";
import { sayFinder } from "./passage.ts";
import { evidenceOf, type Turn } from "./turn.ts";

export function Why({ turn, source }: { readonly turn: Turn; readonly source: LeafSource | null }): ReactNode {
  const evidence = evidenceOf(turn);
  // Passages of a count or of exact words have no reasons of their own: all were found in the same way.
  const finder = evidence.every((citation) => citation.why === null) ? sayFinder(null, turn.route) : null;
  const totalMs = turn.answer?.timings["totalMs"] ?? turn.answer?.timings["total"];
  return (
    <section className="why" aria-label={words.whyTitle}>
      {source === null ? null : <WhyLeaf turn={turn} source={source} />}
      <p className="small">{words.whyPassages(evidence.length)}</p>
      <Places places={evidence} route={turn.route} />
      <dl className="kv num">
        <dt>{words.routeChosen}</dt>
        <dd>{turn.route === null ? "" : words.routes[turn.route]}</dd>
        {finder === null ? null : (
          <>
            <dt>{words.whyRetriever}</dt>
            <dd>{finder}</dd>
          </>
        )}
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
