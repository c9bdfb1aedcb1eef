/** Dropping anywhere in the window: an empty leaf slides from under the head, the bars under the pointer turn pine. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import { readDrop } from "../../engine/upload.ts";
import { words } from "../../strings/words.ts";
import { ghostPath } from "./first-start.tsx";
import { useImporting } from "./import-documents.ts";

const HEIGHT = 248;

export function DropArea(): ReactNode {
  const { addDropped } = useImporting();
  const [over, setOver] = useState<{ readonly items: number; readonly x: number } | null>(null);
  const depth = useRef(0);
  useEffect(() => {
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const show = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver({ items: event.dataTransfer?.items.length ?? 1, x: event.clientX });
    };
    const enter = (event: DragEvent): void => {
      depth.current += 1;
      show(event);
    };
    const leave = (): void => {
      depth.current = Math.max(0, depth.current - 1);
      if (depth.current === 0) setOver(null);
    };
    const drop = (event: DragEvent): void => {
      depth.current = 0;
      setOver(null);
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      addDropped(readDrop(event.dataTransfer));
    };
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragover", show);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragover", show);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [addDropped]);
  return (
    <div className={over === null ? "drop" : "drop on"} role="status">
      {over === null ? null : (
        <>
          <svg className="leaf" width={window.innerWidth} height={HEIGHT} aria-hidden="true">
            <path className="lf-ghost" d={ghostPath(window.innerWidth, HEIGHT)} />
            <path
              className="lf-under"
              d={ghostPath(window.innerWidth, HEIGHT)}
              style={{ clipPath: `inset(0 ${window.innerWidth - over.x - 60}px 0 ${Math.max(0, over.x - 60)}px)` }}
            />
          </svg>
          <p>
            <span>
              <b>{words.dropTitle}.</b> {words.dropCount(over.items)}
            </span>
          </p>
        </>
      )}
    </div>
  );
}
