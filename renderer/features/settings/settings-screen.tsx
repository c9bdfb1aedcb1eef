/** Settings: look, who answers, memory, what is on this disk, about. Each change takes effect at once. */
import { useRef, type ReactNode } from "react";
import {
  Label,
  Radio,
  RadioGroup,
  Slider,
  SliderOutput,
  SliderThumb,
  SliderTrack,
  Switch,
} from "react-aria-components";
import type { DocumentSummary, EngineInfo, Settings } from "../../../engine/protocol/dto.ts";
import { useClient } from "../../engine/engine-context.tsx";
import { useLibrary } from "../../engine/library-store.ts";
import { useCall } from "../../engine/use-call.ts";
import { report } from "../../state/notices.ts";
import { changeSettings, useSettings } from "../../state/settings.ts";
import { bytes, count } from "../../strings/numbers.ts";
import { words } from "../../strings/words.ts";
import { useWidth } from "../../ui/use-width.ts";
import { LibraryHead } from "../head/library-head.tsx";
import { LeafStrip } from "../leaf/leaf.tsx";
import { useLeaf } from "../leaf/use-leaf.ts";
import { WhoAnswers } from "./who-answers.tsx";

export function SettingsScreen(): ReactNode {
  return (
    <>
      <LibraryHead showsAdd={false} />
      <main id="main" className="lib" tabIndex={-1}>
        <div className="wrap">
          <h1 className="screen-title">{words.settings}</h1>
          <div className="models">
            <div>
              <section>
                <h2>{words.whoAnswers}</h2>
                <WhoAnswers />
                <Answers />
              </section>
              <section>
                <h2>{words.look}</h2>
                <Look />
              </section>
            </div>
            <div>
              <OnThisDisk />
              <section>
                <h2>{words.aboutApp}</h2>
                <About />
              </section>
            </div>
          </div>
        </div>
      </main>
    </>
  );
}

function useChange(): (change: Partial<Settings>) => void {
  const client = useClient();
  return (change) => void changeSettings(client, change).catch(report);
}

function Answers(): ReactNode {
  const { useMemory, readInBackground } = useSettings();
  const change = useChange();
  return (
    <>
      <Switch className="toggle" isSelected={useMemory} onChange={(isOn) => change({ useMemory: isOn })}>
        <span className="knob" aria-hidden="true" />
        <b>{words.memoryUse}</b>
        <em>{words.memoryUseText}</em>
      </Switch>
      <Switch className="toggle" isSelected={readInBackground} onChange={(isOn) => change({ readInBackground: isOn })}>
        <span className="knob" aria-hidden="true" />
        <b>{words.readInBackground}</b>
        <em>{words.readInBackgroundText}</em>
      </Switch>
    </>
  );
}

const THEMES = ["system", "light", "dark"] as const;

function Look(): ReactNode {
  const { theme, textScale } = useSettings();
  const change = useChange();
  return (
    <>
      <RadioGroup
        className="setting"
        value={theme}
        orientation="horizontal"
        onChange={(value) => change({ theme: THEMES.find((one) => one === value) ?? "system" })}
      >
        <Label>{words.theme}</Label>
        <span className="switch">
          {THEMES.map((one) => (
            <Radio key={one} value={one}>
              {words.themes[one]}
            </Radio>
          ))}
        </span>
      </RadioGroup>
      <Slider
        className="setting slider"
        minValue={85}
        maxValue={200}
        step={5}
        value={Math.round(textScale * 100)}
        onChange={(value) => useSettings.setState({ textScale: value / 100 })}
        onChangeEnd={(value) => change({ textScale: value / 100 })}
      >
        <Label>{words.textSize}</Label>
        <SliderTrack className="track">
          <SliderThumb className="thumb" aria-label={words.textSize} />
        </SliderTrack>
        <SliderOutput className="num">{() => words.zoom(Math.round(textScale * 100))}</SliderOutput>
      </Slider>
    </>
  );
}

function About(): ReactNode {
  const { data: info } = useCall("engine.info", {});
  const model = info?.model ?? null;
  const rows: readonly (readonly [string, string])[] = [
    [words.version, info?.version ?? ""],
    [words.model, model === null ? words.none : `${words.modelName(model.name)}, ${count(model.parameters / 1e6)} M`],
    ...(model === null
      ? []
      : [
          [words.runsOn, model.provider === "webgpu" ? words.graphics : words.processor] as const,
          [words.memoryCompression, model.hasMemory ? words.toOne(model.compression) : words.none] as const,
        ]),
    ...(info === undefined ? [] : [[words.passageReader, sayReader(info)] as const]),
  ];
  return (
    <>
      <dl className="kv num">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {info === undefined || info.readerError === null ? null : (
        <p className="small quiet" role="note">
          {info.readerError.message} {info.readerError.hint}
        </p>
      )}
      <p className="small privacy">
        <b>{words.privacyTitle}.</b> {words.offlineText}
      </p>
    </>
  );
}

/** Whether passages are read closely or weighed by search alone, and why. */
export function sayReader({ reader, readerError }: Pick<EngineInfo, "reader" | "readerError">): string {
  return reader ? words.readerLoaded : readerError === null ? words.readerLoading : words.readerFailed;
}

function OnThisDisk(): ReactNode {
  const documents = useLibrary((state) => state.documents);
  const kept = [...documents.values()]
    .filter((one) => one.memoryBytes > 0)
    .toSorted((a, b) => b.memoryBytes - a.memoryBytes);
  const total = kept.reduce((sum, one) => sum + one.memoryBytes, 0);
  const largest = kept[0]?.memoryBytes ?? 1;
  return (
    <section>
      <h2>{words.onThisDisk(total)}</h2>
      {kept.length === 0 ? <p className="small quiet">{words.nothingOnDisk}</p> : null}
      <ul className="disk">
        {kept.map((document) => (
          <DiskRow key={document.id} document={document} share={Math.sqrt(document.memoryBytes / largest)} />
        ))}
      </ul>
    </section>
  );
}

function DiskRow({ document, share }: { readonly document: DocumentSummary; readonly share: number }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const loaded = useLeaf(document);
  return (
    <li>
      <span className={document.format === "repository" ? "code" : "serif"}>
        <bdi>{document.title}</bdi>
      </span>
      <div ref={box}>
        {loaded === null || width === 0 ? null : (
          <LeafStrip bars={loaded.bars} width={Math.max(6, (width - 16) * share)} height={10} />
        )}
      </div>
      <span className="num">{bytes(document.memoryBytes)}</span>
    </li>
  );
}
