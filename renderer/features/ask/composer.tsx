/** The question field: Enter asks, Shift+Enter begins a line, never in the middle of an IME composition. */
import { CornerDownLeft, Square } from "lucide-react";
import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import type { DocumentSummary, EngineInfo } from "../../../engine/protocol/dto.ts";
import { useClient } from "../../engine/engine-context.tsx";
import { useLibrary } from "../../engine/library-store.ts";
import { report } from "../../state/notices.ts";
import { changeSettings, useSettings } from "../../state/settings.ts";
import { words } from "../../strings/words.ts";
import { MenuButton } from "../../ui/menu-button.tsx";
import { changeConversation, useConversation } from "./ask-store.ts";

interface ComposerProps {
  readonly document: DocumentSummary;
  readonly model: EngineInfo["model"];
  readonly isAsking: boolean;
  readonly onAsk: (question: string) => void;
  readonly onStop: () => void;
}

export const FIELD_ID = "question-field";

/** Enter alone asks; during an IME composition Enter belongs to the composition. */
export function asksOnKey(event: {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly isComposing: boolean;
  readonly keyCode: number;
}): boolean {
  // 229: Safari and some input methods end a composition with a keydown that is no longer "composing".
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

export function Composer({ document, model, isAsking, onAsk, onStop }: ComposerProps): ReactNode {
  const { draft, turns } = useConversation(document.id);
  const field = useRef<HTMLTextAreaElement>(null);
  const setDraft = (text: string): void => changeConversation(document.id, (one) => ({ ...one, draft: text }));

  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 196)}px`;
  }, [draft]);

  const submit = (): void => {
    const question = draft.trim();
    if (question !== "") onAsk(question);
    else field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const { key, shiftKey, altKey } = event;
    if (asksOnKey({ key, shiftKey, isComposing: event.nativeEvent.isComposing, keyCode: event.keyCode })) {
      event.preventDefault();
      submit();
    } else if (key === "ArrowUp" && altKey && draft === "") {
      event.preventDefault();
      setDraft(turns.at(-1)?.question ?? "");
    }
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <textarea
        ref={field}
        id={FIELD_ID}
        className="ph"
        rows={1}
        dir="auto"
        aria-label={words.askAbout(document)}
        placeholder={words.askAbout(document)}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="row">
        <ScopeMenu document={document} />
        <ComposerMenu model={model} />
        {isAsking ? (
          <button type="button" className="btn" onClick={onStop}>
            <Square className="i" aria-hidden="true" />
            {words.stop}
          </button>
        ) : (
          <button type="submit" className="btn main">
            {words.ask}
            <CornerDownLeft className="i" aria-hidden="true" />
          </button>
        )}
      </div>
    </form>
  );
}

function ScopeMenu({ document }: { readonly document: DocumentSummary }): ReactNode {
  const { asksLibrary } = useConversation(document.id);
  const documents = useLibrary((state) => state.documents.size);
  const here = document.format === "repository" ? words.scopeDocument.repository : words.scopeDocument.book;
  return (
    <MenuButton
      label={`${words.scopeMenu}: ${asksLibrary ? words.scopeLibrary : here}`}
      isDisabled={documents < 2}
      entries={[
        { id: "document", label: here, isOn: !asksLibrary },
        { id: "library", label: words.scopeLibrary, isOn: asksLibrary },
      ]}
      onAction={(id) => changeConversation(document.id, (one) => ({ ...one, asksLibrary: id === "library" }))}
    >
      {asksLibrary ? words.scopeLibrary : here}
    </MenuButton>
  );
}

function ComposerMenu({ model }: { readonly model: EngineInfo["model"] }): ReactNode {
  const client = useClient();
  const composer = useSettings((state) => state.composer);
  const isWritten = composer === "generative" && model !== null;
  const now = isWritten ? words.writtenBy(words.modelName(model.name)) : words.quotedFromText;
  return (
    <MenuButton
      label={`${words.composerMenu}: ${now}`}
      isDisabled={model === null}
      entries={[
        { id: "extractive", label: words.quotedFromText, isOn: !isWritten },
        ...(model === null
          ? []
          : [{ id: "generative", label: words.writtenBy(words.modelName(model.name)), isOn: isWritten }]),
      ]}
      onAction={(id) => {
        void changeSettings(client, { composer: id === "generative" ? "generative" : "extractive" }).catch(report);
      }}
    >
      {now}
    </MenuButton>
  );
}
