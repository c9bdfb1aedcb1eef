/** One page of a PDF: text layer first, then the picture, then the boxes of the passage in hand. */
import { TextLayer, type PDFDocumentProxy, type PDFPageProxy } from "pdfjs-dist";
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { LineBox } from "../../../engine/protocol/dto.ts";
import { words } from "../../strings/words.ts";

interface PdfPageProps {
  readonly pdf: PDFDocumentProxy;
  readonly page: number;
  readonly label: string;
  /** CSS px for a point. */
  readonly scale: number;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly LineBox[];
  readonly onSize: (page: number, width: number, height: number) => void;
}

export function PdfPage(props: PdfPageProps): ReactNode {
  const { pdf, page, label, scale, width, height, boxes, onSize } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const text = useRef<HTMLDivElement>(null);
  const [proxy, setProxy] = useState<PDFPageProxy | null>(null);

  useEffect(() => {
    let isGone = false;
    pdf
      .getPage(page)
      .then((loaded) => {
        if (isGone) return;
        const { width: wide, height: high } = loaded.getViewport({ scale: 1 });
        onSize(page, wide, high);
        setProxy(loaded);
      })
      .catch(() => undefined); // a page that cannot be opened stays blank; its text is in the stored text
    return () => {
      isGone = true;
    };
  }, [pdf, page, onSize]);

  useEffect(() => {
    if (proxy === null || canvas.current === null || text.current === null) return undefined;
    return drawPage(proxy, canvas.current, text.current, scale);
  }, [proxy, scale]);

  return (
    <div
      className="folio pdf"
      role="group"
      aria-label={words.pageNumber(label)}
      style={{ width: width * scale, height: height * scale, "--total-scale-factor": scale } as React.CSSProperties}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <div className="boxes" aria-hidden="true">
        {boxes.map(({ box }, index) => (
          <span
            key={index}
            className="box"
            {...(index === 0 ? { "data-thread": "box" } : {})}
            style={{
              insetBlockStart: box[1] * scale - 1,
              left: box[0] * scale - 1,
              width: (box[2] - box[0]) * scale + 2,
              height: (box[3] - box[1]) * scale + 2,
            }}
          />
        ))}
      </div>
      <div ref={text} className="textLayer" />
    </div>
  );
}

/** Starts both layers; returns how to stop them. */
function drawPage(proxy: PDFPageProxy, canvas: HTMLCanvasElement, text: HTMLDivElement, scale: number): () => void {
  const viewport = proxy.getViewport({ scale });
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  text.replaceChildren();
  const layer = new TextLayer({ textContentSource: proxy.streamTextContent(), container: text, viewport });
  layer.render().catch(() => undefined); // cancelled, or a page without text
  canvas.width = Math.floor(viewport.width * ratio);
  canvas.height = Math.floor(viewport.height * ratio);
  const task = proxy.render({
    canvas,
    viewport,
    ...(ratio === 1 ? {} : { transform: [ratio, 0, 0, ratio, 0, 0] }),
  });
  task.promise.catch(() => undefined); // cancelled by scrolling on, or a broken page: its text layer stays
  return () => {
    layer.cancel();
    task.cancel();
  };
}
