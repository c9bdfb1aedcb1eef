/** The theme that is on the page now: canvases draw again when it changes, or when the fonts have come. */
import { useSyncExternalStore } from "react";

let fontsLoaded = false;

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "style"] });
  const forced = window.matchMedia("(forced-colors: active)");
  forced.addEventListener("change", listener);
  void document.fonts.ready.then(() => {
    fontsLoaded = true;
    listener();
  });
  return () => {
    observer.disconnect();
    forced.removeEventListener("change", listener);
  };
}

function snapshot(): string {
  const { theme } = document.documentElement.dataset;
  const isForced = window.matchMedia("(forced-colors: active)").matches;
  return `${theme ?? "light"} ${isForced} ${fontsLoaded} ${document.documentElement.style.fontSize}`;
}

export function useTheme(): string {
  return useSyncExternalStore(subscribe, snapshot);
}
