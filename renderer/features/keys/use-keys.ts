/** The window's keys. Each has a button or a command that does the same; this file only leads there. */
import { useEffect } from "react";
import { usePanels } from "../../state/panels.ts";
import { currentView, go, goToLibrary, type Tab } from "../../state/view.ts";
import { startConversation, stopAnswer } from "../ask/ask-store.ts";
import { giveFocusBack } from "../ask/chip.tsx";
import { FIELD_ID } from "../ask/composer.tsx";
import type { Importing } from "../library/import-documents.ts";
import { SEARCH_FIELD_ID } from "../search/search-tab.tsx";

const TABS: readonly Tab[] = ["ask", "summary", "search", "reading"];

export function useKeys(importing: Importing): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const action = actionOf(event, importing);
      if (action === null) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [importing]);
}

type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">;

function actionOf(event: KeyPress, importing: Importing): (() => void) | null {
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.altKey) return commandOf(event.key.toLowerCase(), event.shiftKey, importing);
  if (event.altKey && event.key === "ArrowLeft") {
    return () => {
      window.history.back();
      giveFocusBack();
    };
  }
  if (event.altKey && event.key === "ArrowRight") return () => window.history.forward();
  if (event.key === "F8") return () => press(event.shiftKey ? "previous" : "next");
  if (event.key === "F6") return () => nextRegion(event.shiftKey ? -1 : 1);
  if (event.key === "Escape") return escapeAction();
  return null;
}

function commandOf(key: string, shift: boolean, importing: Importing): (() => void) | null {
  const { screen, documentId } = currentView();
  const isDocument = screen === "document" && documentId !== null;
  const both = `${shift ? "shift " : ""}${key}`;
  switch (both) {
    case "k":
      return () => usePanels.setState({ isPaletteOpen: true });
    case "j":
      return () => usePanels.setState(({ isJobTrayOpen }) => ({ isJobTrayOpen: !isJobTrayOpen }));
    case "o":
      return importing.addFiles;
    case "shift o":
      return importing.addFolder;
    case ",":
      return () => go({ screen: "settings", documentId: null, place: null, query: "" });
    case "f":
      return isDocument ? findHere : () => focus("library-search");
    case "shift f":
      return () => {
        goToLibrary();
        requestAnimationFrame(() => focus("library-search"));
      };
    case "g":
      return isDocument ? () => document.querySelector<HTMLElement>('[data-act="go-to"]')?.click() : null;
    case "\\":
      return isDocument
        ? () => usePanels.setState(({ isReaderHidden }) => ({ isReaderHidden: !isReaderHidden }))
        : null;
    case "n":
      return isDocument ? () => startConversation(documentId) : null;
    case "shift c":
      return isDocument ? () => clickLast('[data-act="copy"]') : null;
    case "shift y":
      return isDocument ? () => clickLast('[data-act="why"]') : null;
    default: {
      const tab = TABS[Number.parseInt(key, 10) - 1];
      return isDocument && !shift && tab !== undefined ? () => go({ tab }) : null;
    }
  }
}

function findHere(): void {
  go({ tab: "search" });
  requestAnimationFrame(() => focus(SEARCH_FIELD_ID));
}

/** Esc stops an answer; with none, it gives the focus back to the question field. Pop-ups take their own Esc. */
function escapeAction(): (() => void) | null {
  const { screen, documentId } = currentView();
  if (screen !== "document" || documentId === null) return null;
  return () => {
    if (!stopAnswer(documentId)) focus(FIELD_ID);
  };
}

function focus(id: string): void {
  document.getElementById(id)?.focus();
}

function clickLast(selector: string): void {
  const all = document.querySelectorAll<HTMLElement>(selector);
  all[all.length - 1]?.click();
}

/** The evidence buttons of the reader's bar do the walking. */
function press(which: "next" | "previous"): void {
  const buttons = document.querySelectorAll<HTMLElement>(".rbar .evidence button");
  buttons[which === "next" ? 1 : 0]?.click();
}

function nextRegion(step: 1 | -1): void {
  const regions = [
    ...document.querySelectorAll<HTMLElement>(
      ".head a, .talk, .hits, .toc, .spine, .pagewell, .codewell, .right.scrolls",
    ),
  ].filter((element, index) => !element.matches(".head a") || index === 0);
  if (regions.length === 0) return;
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  regions[(at + step + regions.length) % regions.length]?.focus();
}
