/** The window's head over the library and the settings. */
import type { ReactNode } from "react";
import { goToLibrary } from "../../state/view.ts";
import { words } from "../../strings/words.ts";
import { Mark } from "../../ui/mark.tsx";
import { MenuButton } from "../../ui/menu-button.tsx";
import { useImporting } from "../library/import-documents.ts";
import { HeadEnd } from "./head-end.tsx";

export function LibraryHead({ showsAdd }: { readonly showsAdd: boolean }): ReactNode {
  return (
    <header className="head">
      <SkipLink />
      <MarkLink>{words.app}</MarkLink>
      <div className="end">
        {showsAdd ? <AddButton /> : null}
        <HeadEnd />
      </div>
    </header>
  );
}

/** First in the focus order: leads past the head, to the question or search field where there is one. */
export function SkipLink(): ReactNode {
  return (
    <a
      className="skip"
      href="#main"
      onClick={(event) => {
        event.preventDefault();
        const field = document.querySelector<HTMLElement>("#question-field, #library-search");
        (field ?? document.getElementById("main"))?.focus();
      }}
    >
      {words.skipToField}
    </a>
  );
}

export function MarkLink({ children }: { readonly children?: ReactNode }): ReactNode {
  return (
    <a
      className="mark"
      href="#/"
      aria-label={words.toLibrary}
      onClick={(event) => {
        event.preventDefault();
        goToLibrary();
      }}
    >
      <Mark />
      {children}
    </a>
  );
}

function AddButton(): ReactNode {
  const { addFiles, addFolder } = useImporting();
  return (
    <MenuButton
      label={words.add}
      className="btn main low"
      hasArrow={false}
      entries={[
        { id: "file", label: words.chooseFile, detail: words.formats },
        { id: "folder", label: words.chooseFolder, detail: words.folderNote },
      ]}
      onAction={(id) => (id === "folder" ? addFolder() : addFiles())}
    >
      {words.add}
    </MenuButton>
  );
}
