/**
 * The person's settings: the engine keeps them, this page shows them. Theme and text size are also remembered by the
 * page itself, so that the first paint has the right colours before the engine answers.
 */
import { create } from "zustand";
import type { Settings } from "../../engine/protocol/dto.ts";
import type { EngineClient } from "../../engine/protocol/client.ts";

const MEMORY_KEY = "longleaf.look";

export const useSettings = create<Settings>(() => ({
  theme: "system",
  textScale: 1,
  composer: "extractive",
  useMemory: true,
  readInBackground: true,
  ...rememberedLook(),
}));

export async function loadSettings(client: EngineClient): Promise<void> {
  useSettings.setState(await client.call("settings.get", {}));
}

/** Shows the change at once; the engine's answer is what counts. */
export async function changeSettings(client: EngineClient | null, change: Partial<Settings>): Promise<void> {
  const before = useSettings.getState();
  useSettings.setState(change);
  if (client === null) return;
  try {
    useSettings.setState(await client.call("settings.set", change));
  } catch (error) {
    useSettings.setState(before);
    throw error;
  }
}

/** "dark" or "light", after the system's wish where the person left it to the system. */
export function effectiveTheme(theme: Settings["theme"], systemIsDark: boolean): "light" | "dark" {
  if (theme === "system") return systemIsDark ? "dark" : "light";
  return theme;
}

/** Keeps the page's look and the stored look in step with the settings, for as long as the page lives. */
export function followLook(page: Document): void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = (): void => {
    const { theme, textScale } = useSettings.getState();
    page.documentElement.dataset["theme"] = effectiveTheme(theme, system.matches);
    page.documentElement.style.fontSize = `${Math.round(textScale * 100)}%`;
    try {
      localStorage.setItem(MEMORY_KEY, JSON.stringify({ theme, textScale }));
    } catch {
      // Best effort: without storage the first paint is in the system's theme.
    }
  };
  apply();
  useSettings.subscribe(apply);
  system.addEventListener("change", apply);
}

function rememberedLook(): Partial<Pick<Settings, "theme" | "textScale">> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(MEMORY_KEY) ?? "null");
    if (typeof stored !== "object" || stored === null) return {};
    const theme = "theme" in stored ? stored.theme : undefined;
    const scale = "textScale" in stored ? stored.textScale : undefined;
    return {
      ...(theme === "light" || theme === "dark" || theme === "system" ? { theme } : {}),
      ...(typeof scale === "number" && scale >= 0.85 && scale <= 2 ? { textScale: scale } : {}),
    };
  } catch {
    return {};
  }
}
