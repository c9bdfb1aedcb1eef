/**
 * The package of an EPUB: which pages it has, in which order, and its contents. Follows META-INF/container.xml to the
 * OPF, its spine, and the navigation page (EPUB 3) or the NCX (EPUB 2). Pure, over an archive; knows nothing about rows.
 */
import { posix } from "node:path";
import { oneLine } from "../clean-text.ts";
import { unreadable } from "../document-errors.ts";
import { decodeAll, detectEncoding } from "../text/decode-text.ts";
import {
  attribute,
  descendants,
  firstOf,
  isElement,
  localName,
  parsePage,
  parseXml,
  textOf,
  type DomNode,
} from "./dom.ts";
import type { ZipArchive } from "./zip-archive.ts";

export interface EpubPackage {
  readonly title: string;
  readonly author: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Paths of the pages in reading order. */
  readonly spine: readonly string[];
  readonly contents: readonly EpubEntry[];
}

/** `path` of the page, `fragment` of the element in it ("" for its begin). */
export interface EpubEntry {
  readonly level: number;
  readonly title: string;
  readonly path: string;
  readonly fragment: string;
}

const AGAIN = "Download the book again, or convert it anew in the program that made it.";
const MAX_LEVEL = 12;

export async function readPackage(archive: ZipArchive, name: string): Promise<EpubPackage> {
  const container = await xmlOf(archive, "META-INF/container.xml");
  const opfPath =
    container === null ? "" : inArchive("", attribute(firstOf(container, "rootfile") ?? container, "full-path"));
  const opf = opfPath === "" ? null : await xmlOf(archive, opfPath);
  if (opf === null) throw unreadable(`${name} is damaged: the list of its pages is missing.`, AGAIN);
  const base = posix.dirname(opfPath);
  const items = new Map<string, { path: string; type: string; properties: string }>();
  for (const item of descendants(opf, "item")) {
    const path = inArchive(base, attribute(item, "href"));
    items.set(attribute(item, "id"), {
      path,
      type: attribute(item, "media-type"),
      properties: attribute(item, "properties"),
    });
  }
  const spine: string[] = [];
  for (const reference of descendants(opf, "itemref")) {
    const item = items.get(attribute(reference, "idref"));
    if (item !== undefined && /html|xml$/iu.test(item.type) && !spine.includes(item.path)) spine.push(item.path);
  }
  if (spine.length === 0) throw unreadable(`${name} has no pages in reading order.`, AGAIN);
  const navigation = [...items.values()].find((item) => item.properties.split(/\s+/u).includes("nav"));
  const ncx =
    items.get(attribute(firstOf(opf, "spine") ?? opf, "toc")) ??
    [...items.values()].find((item) => /dtbncx/u.test(item.type));
  const fromNav = navigation === undefined ? [] : await readNavigation(archive, navigation.path);
  const contents = fromNav.length > 0 || ncx === undefined ? fromNav : await readNcx(archive, ncx.path);
  return { ...factsOf(opf), spine, contents };
}

/** A path relative to `base` as the archive names it; "" when it leaves the archive or points elsewhere. */
export function inArchive(base: string, href: string): string {
  if (/^[a-z][a-z0-9+.-]*:/iu.test(href)) return "";
  let plain = href.split(/[?#]/u)[0];
  try {
    plain = decodeURIComponent(plain);
  } catch {
    // A stray "%" in a name: the name is taken as it stands.
  }
  const path = posix.normalize(posix.join(base, plain)).replace(/^\/+/u, "");
  return path.startsWith("../") || path === ".." || path === "." ? "" : path;
}

/** Text of an entry, decoded by its mark, its XML declaration, or as UTF-8. */
export async function textOfEntry(archive: ZipArchive, path: string): Promise<string | null> {
  const bytes = await archive.read(path);
  if (bytes === null) return null;
  const declared = /^<\?xml[^>]*encoding=["']([\w-]+)["']/u.exec(
    Buffer.from(bytes.subarray(0, 200)).toString("latin1"),
  )?.[1];
  const encoding = detectEncoding(bytes);
  const isDeclared =
    encoding.isGuess && declared !== undefined && /^(iso-8859-\d+|windows-125\d|us-ascii)$/iu.test(declared);
  return decodeAll(bytes, isDeclared ? { ...encoding, name: declared } : encoding).text;
}

async function xmlOf(archive: ZipArchive, path: string): Promise<DomNode | null> {
  const text = await textOfEntry(archive, path);
  return text === null ? null : parseXml(text);
}

function factsOf(opf: DomNode): { title: string; author: string; metadata: Record<string, string> } {
  const first = (name: string): string => {
    const node = firstOf(opf, name);
    return node === null ? "" : oneLine(textOf(node));
  };
  const authors = [...descendants(opf, "creator")]
    .map((node) => oneLine(textOf(node)))
    .filter((author) => author !== "");
  const metadata: Record<string, string> = {};
  for (const name of ["publisher", "date", "language", "rights", "subject", "identifier"])
    if (first(name) !== "") metadata[name] = first(name);
  return { title: first("title"), author: authors.slice(0, 5).join(", "), metadata };
}

async function readNavigation(archive: ZipArchive, path: string): Promise<EpubEntry[]> {
  const text = await textOfEntry(archive, path);
  if (text === null) return [];
  const navs = [...descendants(parsePage(text, true), "nav")];
  const toc = navs.find((nav) => attribute(nav, "epub:type").split(/\s+/u).includes("toc")) ?? navs[0];
  if (toc === undefined) return [];
  const entries: EpubEntry[] = [];
  const visit = (node: DomNode, level: number): void => {
    for (const child of node.childNodes) {
      if (!isElement(child) || level > MAX_LEVEL) continue;
      const name = localName(child);
      if (name === "a" || name === "span")
        addEntry(entries, level, textOf(child), attribute(child, "href"), posix.dirname(path));
      else visit(child, name === "ol" ? level + 1 : level);
    }
  };
  visit(toc, 0);
  return entries;
}

async function readNcx(archive: ZipArchive, path: string): Promise<EpubEntry[]> {
  const ncx = await xmlOf(archive, path);
  const map = ncx === null ? null : firstOf(ncx, "navmap");
  const entries: EpubEntry[] = [];
  const visit = (node: DomNode, level: number): void => {
    for (const child of node.childNodes) {
      if (!isElement(child) || localName(child) !== "navpoint" || level > MAX_LEVEL) continue;
      const label = firstOf(child, "navlabel");
      const content = [...child.childNodes].find((part) => localName(part) === "content");
      const source = content === undefined ? "" : attribute(content, "src");
      addEntry(entries, level, label === null ? "" : textOf(label), source, posix.dirname(path));
      visit(child, level + 1);
    }
  };
  if (map !== null) visit(map, 1);
  return entries;
}

function addEntry(entries: EpubEntry[], level: number, title: string, href: string, base: string): void {
  const words = oneLine(title);
  if (words === "") return;
  const fragment = href.includes("#") ? href.slice(href.indexOf("#") + 1) : "";
  entries.push({ level: Math.max(1, level), title: words, path: href === "" ? "" : inArchive(base, href), fragment });
}
