/** Chooses the host around the page: Electron where its preload is, else the browser window. */
import { sourceAddress, type Grant, type Host } from "./host.ts";
import { browserHost } from "./upload.ts";

/** The preload's calls (electron/preload.ts). */
interface DesktopCalls {
  chooseFiles(): Promise<readonly Grant[]>;
  chooseFolder(): Promise<Grant | readonly Grant[] | null>;
  grantDropped(file: File): Promise<Grant>;
}

declare global {
  interface Window {
    readonly longleaf?: DesktopCalls;
  }
}

export function hostOf(page: Window): Host {
  return page.longleaf === undefined ? browserHost() : desktopHost(page.longleaf);
}

function desktopHost(calls: DesktopCalls): Host {
  return {
    chooseFiles: () => calls.chooseFiles(),
    async chooseFolder() {
      const chosen = await calls.chooseFolder();
      if (chosen === null) return [];
      return isList(chosen) ? chosen : [chosen];
    },
    // Electron gives a dropped folder as a File too; main turns it into a path and a grant.
    grantDropped: (dropped) => Promise.all(dropped.files.map((file) => calls.grantDropped(file))),
    sourceAddress,
  };
}

function isList(value: Grant | readonly Grant[]): value is readonly Grant[] {
  return Array.isArray(value);
}
