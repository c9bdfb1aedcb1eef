/** The first start: an empty leaf, two samples that are already read, who answers, and the privacy sentence. */
import { useMemo, useRef, type ReactNode } from "react";

import type { DocumentSummary } from "../../../engine/protocol/dto.ts";
import { useCall } from "../../engine/use-call.ts";
import { useWidth } from "../../ui/use-width.ts";
import { openDocument } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { suggestionsFor } from "../ask/suggestions.ts";
import { LeafStrip } from "../leaf/leaf.tsx";
import { useLeaf } from "../leaf/use-leaf.ts";
import { WhoAnswers } from "../settings/who-answers.tsx";
import { useImporting } from "./import-documents.ts";
import { documentAddress } from "./shelf-row.tsx";

export function FirstStart({ samples }: { readonly samples: readonly DocumentSummary[] }): ReactNode {
  const { addFiles, addFolder } = useImporting();
  return (
    <main id="main" className="start" tabIndex={-1}>
      <GhostLeaf />
      <div className="wrap">
        <div className="hero">
          <div>
            <h1>
              {words.startTitle[0]}
              <br />
              {words.startTitle[1]}
            </h1>
            <p className="lede">{words.startText}</p>
          </div>
          <div className="pick">
            <div>
              <button type="button" className="btn main" onClick={addFiles}>
                {words.chooseFile}
              </button>
              <button type="button" className="btn" onClick={addFolder}>
                {words.chooseFolder}
              </button>
            </div>
            <span className="small quiet">{words.formats}</span>
          </div>
        </div>
        <div className="three">
          {samples.length === 0 ? null : (
            <section>
              <h2>{words.alreadyRead}</h2>
              {samples.map((sample) => (
                <Sample key={sample.id} sample={sample} />
              ))}
            </section>
          )}
          <section>
            <h2>{words.whoAnswers}</h2>
            <WhoAnswers />
          </section>
          <section>
            <h2>{words.privacyTitle}</h2>
            <p>{words.privacyText}</p>
          </section>
        </div>
      </div>
    </main>
  );
}

function Sample({ sample }: { readonly sample: DocumentSummary }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const loaded = useLeaf(sample);
  const detail = useCall("document.show", { documentId: sample.id });
  const isRepository = sample.format === "repository";
  const questions = detail.data === undefined ? [] : suggestionsFor(detail.data.outline, isRepository).slice(0, 1);
  return (
    <div className="sample" ref={box}>
      <h3 className={isRepository ? "repo" : undefined}>
        <a
          href={documentAddress(sample.id)}
          onClick={(event) => {
            event.preventDefault();
            openDocument(sample.id);
          }}
        >
          <bdi>{sample.title}</bdi>
        </a>
      </h3>
      <div className="sample-leaf">
        {loaded === null || width === 0 ? null : (
          <LeafStrip
            bars={loaded.bars}
            width={Math.min(width, isRepository ? 210 : 360, Math.max(6, loaded.bars.count * 3))}
            height={12}
          />
        )}
      </div>
      <span className="serifq">{questions.join(" ")}</span>
    </div>
  );
}

/** Decoration: a leaf without a book. Its pattern is made of whole bars with a short one at each chapter's end. */
export function GhostLeaf(): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const path = useMemo(() => ghostPath(width, 248), [width]);
  return (
    <div ref={box} className="ghost" aria-hidden="true">
      <svg className="leaf" width={width} height={248}>
        <path className="lf-ghost" d={path} />
      </svg>
    </div>
  );
}

const CHAPTER_LENGTHS = [7, 17, 17, 16, 17, 18, 17, 16, 17];

export function ghostPath(width: number, height: number): string {
  const parts: string[] = [];
  let bar = 0;
  let chapter = 0;
  let left = CHAPTER_LENGTHS[0] ?? 1;
  let opens = false;
  for (let x = 2.5; x < width; x += 5) {
    const isLast = left === 1;
    const from = opens ? Math.round(height * 0.34) : 0;
    const to = isLast ? Math.round(height * (0.3 + 0.09 * ((chapter * 5) % 7))) : height - (bar % 3 === 1 ? 6 : 0);
    parts.push(`M${x} ${Math.min(from, to - 20)}V${to}`);
    opens = isLast;
    left -= 1;
    bar += 1;
    if (left === 0) {
      chapter += 1;
      left = CHAPTER_LENGTHS[chapter % CHAPTER_LENGTHS.length] ?? 1;
    }
  }
  return parts.join("");
}
