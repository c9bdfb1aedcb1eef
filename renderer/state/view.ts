/**
 * Where the person is: screen, document, tab, place in the text. Kept in the page's address (after "#"), so that the
 * history of the window is the history of the person: Back gives the last page or citation again.
 * Knows nothing about how screens are drawn.
 */
import { useSyncExternalStore } from "react";

export type Tab = "reading" | "ask" | "summary" | "search";

/** A stretch of text to show: its offsets, and what is known of its page or lines. */
export interface ViewPlace {
  readonly documentId: string;
  readonly start: number;
  readonly end: number;
  readonly page: number | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly endLine: number | null;
}

export interface View {
  readonly screen: "library" | "document" | "settings";
  readonly documentId: string | null;
  readonly tab: Tab;
  readonly place: ViewPlace | null;
  readonly query: string;
}

const LIBRARY: View = { screen: "library", documentId: null, tab: "ask", place: null, query: "" };
const TABS: readonly string[] = ["reading", "ask", "summary", "search"];

/** The address of a view, from "#" on. `parseView` is its inverse. */
export function viewAddress(view: View): string {
  const query = new URLSearchParams();
  if (view.query !== "") query.set("q", view.query);
  if (view.place !== null) writePlace(view.place, query);
  const tail = query.size > 0 ? `?${query}` : "";
  if (view.screen === "settings") return `#/settings${tail}`;
  if (view.screen === "document" && view.documentId !== null)
    return `#/d/${encodeURIComponent(view.documentId)}/${view.tab}${tail}`;
  return `#/${tail}`;
}

/** An address that means nothing is the library. */
export function parseView(hash: string): View {
  const [path = "", search = ""] = hash.replace(/^#/, "").split("?");
  const query = new URLSearchParams(search);
  const base = { ...LIBRARY, query: query.get("q") ?? "", place: readPlace(query) };
  const [, first, id, tab] = path.split("/");
  if (first === "settings") return { ...base, screen: "settings" };
  if (first === "d" && id !== undefined && id !== "") {
    return { ...base, screen: "document", documentId: decodeURIComponent(id), tab: isTab(tab) ? tab : "ask" };
  }
  return base;
}

function isTab(name: string | undefined): name is Tab {
  return name !== undefined && TABS.includes(name);
}

function writePlace(place: ViewPlace, query: URLSearchParams): void {
  query.set("in", place.documentId);
  query.set("at", `${place.start}-${place.end}`);
  if (place.page !== null) query.set("page", String(place.page));
  if (place.file !== null) query.set("file", place.file);
  if (place.line !== null) query.set("lines", `${place.line}-${place.endLine ?? place.line}`);
}

function readPlace(query: URLSearchParams): ViewPlace | null {
  const documentId = query.get("in");
  const range = numberPair(query.get("at"));
  if (documentId === null || range === null) return null;
  const lines = numberPair(query.get("lines"));
  const page = Number.parseInt(query.get("page") ?? "", 10);
  return {
    documentId,
    start: range[0],
    end: range[1],
    page: Number.isNaN(page) ? null : page,
    file: query.get("file"),
    line: lines?.[0] ?? null,
    endLine: lines?.[1] ?? null,
  };
}

function numberPair(text: string | null): readonly [number, number] | null {
  const match = /^(\d+)-(\d+)$/.exec(text ?? "");
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

let present: { readonly hash: string; readonly view: View } = { hash: "\n", view: LIBRARY };

/** The present view; the same object until the address changes. */
export function currentView(): View {
  const { hash } = window.location;
  if (hash !== present.hash) present = { hash, view: parseView(hash) };
  return present.view;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener("longleaf-view", listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener("longleaf-view", listener);
  };
}

export function useView(): View {
  return useSyncExternalStore(subscribe, currentView);
}

/** Goes somewhere, as one step of the history; `replace` changes the present step instead. */
export function go(change: Partial<View>, how: "push" | "replace" = "push"): void {
  const address = viewAddress({ ...currentView(), ...change });
  if (address === window.location.hash) return;
  if (how === "push") window.history.pushState(null, "", address);
  else window.history.replaceState(null, "", address);
  window.dispatchEvent(new Event("longleaf-view"));
}

export function goToLibrary(query = ""): void {
  go({ ...LIBRARY, query });
}

export function openDocument(documentId: string, tab: Tab = "ask", place: ViewPlace | null = null): void {
  go({ screen: "document", documentId, tab, place, query: "" });
}
