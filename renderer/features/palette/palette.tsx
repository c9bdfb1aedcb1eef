/** The palette (Ctrl+K): actions, documents, a question, a search; one field and one list. */
import { BookOpenText, Folder, MessageSquare, Moon, Plus, Search, Settings, Sun } from "lucide-react";
import { useState, type ComponentType, type ReactNode } from "react";
import { Autocomplete, Dialog, Input, Menu, MenuItem, Modal, ModalOverlay, SearchField } from "react-aria-components";
import { useClient } from "../../engine/engine-context.tsx";
import { useLibrary } from "../../engine/library-store.ts";
import { report } from "../../state/notices.ts";
import { usePanels } from "../../state/panels.ts";
import { changeSettings } from "../../state/settings.ts";
import { go, goToLibrary, openDocument, useView } from "../../state/view.ts";
import { extent } from "../../strings/numbers.ts";
import { words } from "../../strings/words.ts";
import { ask } from "../ask/ask-store.ts";
import { useImporting } from "../library/import-documents.ts";

interface Command {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  readonly icon: ComponentType<{ className?: string }>;
  readonly run: () => void;
  /** Shown whatever was typed. */
  readonly isAlways?: boolean;
}

export function Palette(): ReactNode {
  const isOpen = usePanels((state) => state.isPaletteOpen);
  const close = (): void => usePanels.setState({ isPaletteOpen: false });
  return (
    <ModalOverlay
      className="veil top"
      isOpen={isOpen}
      isDismissable
      onOpenChange={(open) => {
        if (!open) close();
      }}
    >
      <Modal className="palette">
        <Dialog aria-label={words.palette}>
          <PaletteBody onClose={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function PaletteBody({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [text, setText] = useState("");
  const commands = useCommands(text.trim());
  const shown = commands.filter((command) => command.isAlways === true || matches(command.label, text));
  const run = (id: string): void => {
    onClose();
    shown.find((command) => command.id === id)?.run();
  };
  return (
    <Autocomplete inputValue={text} onInputChange={setText} filter={() => true}>
      <SearchField aria-label={words.paletteField} autoFocus className="in">
        <Input placeholder={words.paletteField} />
      </SearchField>
      <Menu
        className="menu"
        aria-label={words.palette}
        items={shown}
        onAction={(key) => run(String(key))}
        renderEmptyState={() => <p className="small quiet">{words.paletteNothing}</p>}
      >
        {(command) => (
          <MenuItem id={command.id} textValue={command.label}>
            <command.icon className="i" />
            <span className="menu-label">{command.label}</span>
            <span className="menu-detail">{command.detail}</span>
          </MenuItem>
        )}
      </Menu>
    </Autocomplete>
  );
}

/** Every typed word begins some word of the label. */
export function matches(label: string, typed: string): boolean {
  const wordsOf = (text: string): string[] =>
    text
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word !== "");
  const has = wordsOf(label);
  return wordsOf(typed).every((word) => has.some((one) => one.startsWith(word)));
}

function useCommands(typed: string): readonly Command[] {
  const client = useClient();
  const view = useView();
  const documents = useLibrary((state) => state.documents);
  const { addFiles, addFolder } = useImporting();
  const open = view.documentId === null ? undefined : documents.get(view.documentId);
  const isDark = document.documentElement.dataset["theme"] === "dark";
  const library = [...documents.values()].map((one) => one.id);
  const typedCommands: Command[] =
    typed === ""
      ? []
      : [
          ...(open === undefined || client === null
            ? []
            : [
                {
                  id: "ask",
                  label: words.paletteAsk(typed),
                  detail: open.title,
                  icon: MessageSquare,
                  isAlways: true,
                  run: () => {
                    go({ tab: "ask" });
                    void ask(client, { documentId: open.id, library, question: typed }); // turns its failures into state
                  },
                },
              ]),
          {
            id: "search",
            label: words.paletteSearch(typed),
            detail: "Ctrl Shift F",
            icon: Search,
            isAlways: true,
            run: () => goToLibrary(typed),
          },
        ];
  return [
    ...typedCommands,
    ...[...documents.values()].map((one) => ({
      id: `open ${one.id}`,
      label: one.title,
      detail: extent(one),
      icon: one.format === "repository" ? Folder : BookOpenText,
      run: () => openDocument(one.id),
    })),
    { id: "file", label: words.chooseFile, detail: "Ctrl O", icon: Plus, run: addFiles },
    { id: "folder", label: words.chooseFolder, detail: "Ctrl Shift O", icon: Plus, run: addFolder },
    { id: "library", label: words.goToLibrary, detail: "", icon: BookOpenText, run: () => goToLibrary() },
    {
      id: "settings",
      label: words.goToSettings,
      detail: "Ctrl ,",
      icon: Settings,
      run: () => go({ screen: "settings", documentId: null, place: null, query: "" }),
    },
    {
      id: "jobs",
      label: words.showJobs,
      detail: "Ctrl J",
      icon: BookOpenText,
      run: () => usePanels.setState({ isJobTrayOpen: true }),
    },
    {
      id: "theme",
      label: isDark ? words.toLight : words.toDark,
      detail: "",
      icon: isDark ? Sun : Moon,
      run: () => void changeSettings(client, { theme: isDark ? "light" : "dark" }).catch(report),
    },
  ];
}
