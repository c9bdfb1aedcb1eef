/**
 * The thread: one path from the chip in hand to its tick on the leaf, and on to the box on the page.
 * Measured from what is on the screen; hidden while its chip is out of view. Decoration: assistive technology skips it.
 */
import { useEffect, useRef, useState, type ReactNode } from "react";

interface Point {
  readonly x: number;
  readonly y: number;
}

interface ThreadShape {
  readonly dot: Point;
  readonly toLeaf: string;
  readonly toBox: string;
  readonly bar: string;
}

const SETTLE_MS = 900;

export function Thread({ signature }: { readonly signature: string }): ReactNode {
  const svg = useRef<SVGSVGElement>(null);
  const [shape, setShape] = useState<ThreadShape | null>(null);
  useEffect(() => {
    const element = svg.current;
    const desk = element?.parentElement;
    if (element === null || desk === null || desk === undefined) return undefined;
    let frame = 0;
    let until = performance.now() + SETTLE_MS;
    const draw = (): void => {
      frame = 0;
      setShape((before) => sameOr(before, measure(desk)));
      if (performance.now() < until) frame = requestAnimationFrame(draw);
    };
    const wake = (): void => {
      until = Math.max(until, performance.now() + 250);
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    draw();
    desk.addEventListener("scroll", wake, { capture: true, passive: true });
    window.addEventListener("resize", wake);
    const observer = new MutationObserver(wake);
    observer.observe(desk, { childList: true, subtree: true });
    return () => {
      cancelAnimationFrame(frame);
      desk.removeEventListener("scroll", wake, { capture: true });
      window.removeEventListener("resize", wake);
      observer.disconnect();
    };
  }, [signature]);
  return (
    <svg ref={svg} className="thread" aria-hidden="true">
      {shape === null ? null : (
        <>
          <circle cx={shape.dot.x} cy={shape.dot.y} r={2.6} />
          <path d={shape.toLeaf} />
          <path d={shape.toBox} />
          <path d={shape.bar} strokeWidth={3} />
        </>
      )}
    </svg>
  );
}

/** Keeps the old object while nothing moved, so that settling frames draw nothing. */
function sameOr(before: ThreadShape | null, after: ThreadShape | null): ThreadShape | null {
  if (before === null || after === null) return after;
  return before.toLeaf === after.toLeaf && before.toBox === after.toBox && before.bar === after.bar ? before : after;
}

function measure(desk: HTMLElement): ThreadShape | null {
  const chip = desk.querySelector('[data-thread="chip"]');
  const tick = desk.querySelector('[data-thread="tick"]');
  const box = desk.querySelector('[data-thread="box"]');
  const left = desk.querySelector(".left");
  const right = desk.querySelector(".right");
  const spine = desk.querySelector(".spine");
  const column = chip?.closest(".say, .foot, .hits, .keys") ?? null;
  if (!chip || !tick || !left || !spine || !column) return null;
  const origin = desk.getBoundingClientRect();
  const chipBox = chip.getBoundingClientRect();
  const view = (chip.closest(".talk, .hits, .sum") ?? left).getBoundingClientRect();
  const chipY = chipBox.top + chipBox.height / 2;
  if (chipY < view.top + 4 || chipY > view.bottom - 4) return null;
  const spineBox = spine.getBoundingClientRect();
  const tickY = tick.getBoundingClientRect().top - origin.top;
  const dot = { x: column.getBoundingClientRect().right - origin.left + 6, y: chipY - origin.top };
  const leafLeft = spineBox.left - origin.left + 29;
  const leafRight = spineBox.left - origin.left + 75;
  const toLeaf = curve(dot, { x: leafLeft, y: tickY });
  const boxRect = box?.getBoundingClientRect();
  const well = right?.querySelector(".pagewell, .codewell")?.getBoundingClientRect();
  if (boxRect === undefined || well === undefined || boxRect.bottom < well.top || boxRect.top > well.bottom)
    return { dot, toLeaf, toBox: "", bar: "" };
  const page = box?.closest(".folio")?.getBoundingClientRect() ?? well;
  const x = Math.max(page.left, well.left) - origin.left - 1.5;
  const all = [...desk.querySelectorAll(".folio .box, .folio mark, .codewell .on")].map((one) =>
    one.getBoundingClientRect(),
  );
  const top = Math.max(well.top, Math.min(...all.map((one) => one.top)));
  const bottom = Math.min(well.bottom, Math.max(...all.map((one) => one.bottom)));
  const middle = (top + bottom) / 2 - origin.top;
  return {
    dot,
    toLeaf,
    toBox: curve({ x: leafRight, y: tickY }, { x, y: middle }),
    bar: `M${x} ${top - origin.top}V${bottom - origin.top}`,
  };
}

/** From one point to another, level at both ends, upright between: straight where the way is short. */
function curve(from: Point, to: Point): string {
  const middle = (from.x + to.x) / 2;
  const drop = to.y - from.y;
  const bend = Math.min(26, Math.abs(drop) / 2) * Math.sign(drop);
  const r = (value: number): number => Math.round(value * 2) / 2;
  if (Math.abs(drop) < 4) return `M${r(from.x)} ${r(from.y)}L${r(to.x)} ${r(to.y)}`;
  return (
    `M${r(from.x)} ${r(from.y)}C${r(middle - 4)} ${r(from.y)} ${r(middle)} ${r(from.y + bend * 0.4)} ${r(middle)} ${r(from.y + bend)}` +
    `V${r(to.y - bend)}C${r(middle)} ${r(to.y - bend * 0.4)} ${r(middle + 4)} ${r(to.y)} ${r(to.x)} ${r(to.y)}`
  );
}
