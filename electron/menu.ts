/**
 * The application's menu: what every program on this system has, and nothing that leaves the computer.
 * Features live in the page; the menu knows none.
 */
import { Menu, type MenuItemConstructorOptions } from "electron";

export function setMenu(hasDevTools: boolean): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, hasDevTools)));
}

/** Pure: the same template for the same system. */
export function menuTemplate(platform: NodeJS.Platform, hasDevTools: boolean): MenuItemConstructorOptions[] {
  const isMac = platform === "darwin";
  const zoom: MenuItemConstructorOptions[] = [{ role: "resetZoom" }, { role: "zoomIn" }, { role: "zoomOut" }];
  const developer: MenuItemConstructorOptions[] = [
    { type: "separator" },
    { role: "reload" },
    { role: "toggleDevTools" },
  ];
  const view = [
    ...zoom,
    { type: "separator" },
    { role: "togglefullscreen" },
    ...(hasDevTools ? developer : []),
  ] satisfies MenuItemConstructorOptions[];
  const menu: MenuItemConstructorOptions[] = [
    { label: "&File", submenu: [{ role: isMac ? "close" : "quit" }] },
    { role: "editMenu" },
    { label: "&View", submenu: view },
    { role: "windowMenu" },
  ];
  return isMac ? [{ role: "appMenu" }, ...menu] : [...menu, { label: "&Help", submenu: [{ role: "about" }] }];
}
