/** Which of the window's pop-ups are open: palette, job tray. Opened by keys, menus and buttons alike. */
import { create } from "zustand";

interface PanelsState {
  readonly isPaletteOpen: boolean;
  readonly isJobTrayOpen: boolean;
  readonly isReaderHidden: boolean;
}

export const usePanels = create<PanelsState>(() => ({
  isPaletteOpen: false,
  isJobTrayOpen: false,
  isReaderHidden: false,
}));
