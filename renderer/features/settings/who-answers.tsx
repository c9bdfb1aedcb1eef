/** Who answers: quotations only, or the installed model. One choice, the same wherever it is shown. */
import type { ReactNode } from "react";
import { Radio, RadioGroup } from "react-aria-components";
import { useClient } from "../../engine/engine-context.tsx";
import { useCall } from "../../engine/use-call.ts";
import { report } from "../../state/notices.ts";
import { changeSettings, useSettings } from "../../state/settings.ts";
import { words } from "../../strings/words.ts";

export function WhoAnswers(): ReactNode {
  const client = useClient();
  const composer = useSettings((state) => state.composer);
  const { data: info } = useCall("engine.info", {});
  const model = info?.model ?? null;
  return (
    <RadioGroup
      className="choices"
      aria-label={words.whoAnswers}
      value={composer}
      onChange={(value) => {
        void changeSettings(client, { composer: value === "generative" ? "generative" : "extractive" }).catch(report);
      }}
    >
      <Radio className="choice" value="extractive">
        <span className="radio" aria-hidden="true" />
        <b>{words.quotationsOnly}</b>
        <span className="fact">{words.included}</span>
        <em>{words.quotationsText}</em>
      </Radio>
      <Radio className="choice" value="generative" isDisabled={model === null}>
        <span className="radio" aria-hidden="true" />
        <b>{model === null ? words.noModel : words.modelName(model.name)}</b>
        <span className="fact">{model === null ? "" : words.included}</span>
        <em>{model === null ? words.noModelText : model.parameters < 5e8 ? words.modelText : words.modelTextPlain}</em>
      </Radio>
    </RadioGroup>
  );
}
