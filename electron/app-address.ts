/**
 * The one origin of the window: the page, what it loads, and the opened documents' own bytes.
 * Pure. Knows no files and nothing of Electron.
 */
export const APP_SCHEME = "app";
/** A standard, secure scheme: the page gets an origin of its own, ranges, module workers; never `file:`. */
export const PAGE_ADDRESS = `${APP_SCHEME}://longleaf/`;

/** True for the window's own page, at any place within it (`#…`); false for every other file of the same origin. */
export function isPageAddress(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && isOwnOrigin(url) && url.pathname === "/" && url.search === "";
}

/** `URL.origin` is "null" for schemes that are not the web's own, so its parts are compared. */
export function isOwnOrigin(url: URL): boolean {
  return url.protocol === `${APP_SCHEME}:` && url.host === "longleaf" && url.username === "" && url.password === "";
}
