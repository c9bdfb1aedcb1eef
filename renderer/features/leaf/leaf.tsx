/**
 * The leaf as a component: a lying strip (shelf, reading rows) or the upright one between the two sides.
 * Owns the canvas, its size and its keys. Knows bars, not documents: the caller says what a bar is called.
 */
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from "react";
import { useTheme } from "../../ui/use-theme.ts";
import { barAtY, downY, drawAcross, drawDown, NO_MARKS, type LeafMarks } from "./leaf-drawing.ts";
import type { LeafBars } from "./leaf-model.ts";

interface StripProps {
  readonly bars: LeafBars;
  readonly width: number;
  readonly height: number;
  readonly pitch?: number;
  readonly marks?: Partial<LeafMarks>;
}

/** A lying leaf, a picture only: what it says also stands beside it in words. */
export function LeafStrip({ bars, width, height, pitch = 3, marks }: StripProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const overhang = 4;
  useLayoutEffect(() => {
    if (canvas.current !== null)
      drawAcross(canvas.current, bars, { ...NO_MARKS, ...marks }, { width, height, overhang, pitch });
  }, [bars, width, height, pitch, marks, theme]);
  return (
    <canvas
      ref={canvas}
      className="leaf"
      aria-hidden="true"
      style={{ width, height: height + 2 * overhang, marginBlock: -overhang }}
    />
  );
}

interface SpineProps {
  readonly bars: LeafBars;
  readonly marks: LeafMarks;
  readonly label: string;
  /** Words for a bar: "Page 235, chapter 28, cited". */
  readonly nameBar: (bar: number) => string;
  readonly onGo: (bar: number) => void;
  /** Bars at which Page Up and Page Down stop. */
  readonly stops: readonly number[];
}

/** The upright leaf: the scroll bar of the whole text. */
export function LeafSpine({ bars, marks, label, nameBar, onGo, stops }: SpineProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const size = useSize(box);
  const [hover, setHover] = useState<number | null>(null);
  const now = Math.min(Math.max(0, bars.count - 1), marks.position?.[0] ?? 0);

  useLayoutEffect(() => {
    if (canvas.current !== null && size !== null)
      drawDown(canvas.current, bars, marks, { ...size, showsParts: size.width >= 80 });
  }, [bars, marks, size, theme]);

  const barAt = (event: PointerEvent<HTMLElement>): number =>
    barAtY(event.clientY - event.currentTarget.getBoundingClientRect().top, bars.count, size?.height ?? 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = barForKey(event.key, now, bars.count, stops);
    if (to === null) return;
    event.preventDefault();
    onGo(to);
  };
  const tickY = marks.inHand === null || size === null ? null : downY(marks.inHand, bars.count, size.height);

  return (
    <div
      ref={box}
      className="spine"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-orientation="vertical"
      aria-valuemin={1}
      aria-valuemax={Math.max(1, bars.count)}
      aria-valuenow={now + 1}
      aria-valuetext={nameBar(now)}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        onGo(barAt(event));
      }}
      onPointerMove={(event) => {
        const bar = barAt(event);
        setHover(bar);
        if (event.buttons === 1) onGo(bar);
      }}
      onPointerLeave={() => setHover(null)}
    >
      <canvas ref={canvas} className="leaf" aria-hidden="true" />
      {tickY === null ? null : <span className="tick-anchor" data-thread="tick" style={{ insetBlockStart: tickY }} />}
      {hover === null || size === null ? null : (
        <span
          className="leaf-tip"
          aria-hidden="true"
          style={{ insetBlockStart: downY(hover, bars.count, size.height) }}
        >
          {nameBar(hover)}
        </span>
      )}
    </div>
  );
}

/** Where a key leads from `now`; null for keys that the leaf does not take. */
export function barForKey(key: string, now: number, count: number, stops: readonly number[]): number | null {
  const clamp = (bar: number): number => Math.max(0, Math.min(count - 1, bar));
  switch (key) {
    case "ArrowDown":
    case "ArrowRight":
      return clamp(now + 1);
    case "ArrowUp":
    case "ArrowLeft":
      return clamp(now - 1);
    case "Home":
      return 0;
    case "End":
      return clamp(count - 1);
    case "PageDown":
      return clamp(stops.find((stop) => stop > now) ?? now + 10);
    case "PageUp":
      return clamp(stops.findLast((stop) => stop < now) ?? now - 10);
    case "Enter":
      return now;
    default:
      return null;
  }
}

function useSize(box: React.RefObject<HTMLElement | null>): { width: number; height: number } | null {
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return size;
}
