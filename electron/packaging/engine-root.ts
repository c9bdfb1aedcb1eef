/**
 * Lays out what plain Node runs in a packaged app: sources of engine and command line, their packages, the assets and the
 * Node binary of one system. It lies beside the app's archive, because plain Node cannot read an archive.
 * Knows nothing about Electron or installers.
 */
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { nodeBinary } from "../../engine/host/layout.ts";

export interface EngineRootOptions {
  /** The repository, with `npm ci` and `npm run build` done. */
  readonly repository: string;
  /** Made anew, of hard links to the files here: to be copied, never changed. Its last part must be "engine-root" (engine/host/layout.ts looks for that name). */
  readonly target: string;
  /** As Node names them, e.g. "win32" and "x64". */
  readonly platform: string;
  readonly arch: string;
}

const ourFolders = ["engine", "cli", "assets", "dist/renderer"];
const ourFiles = ["package.json", "LICENSE"];
/** Types and source maps are for developers; the rest of a package ships whole, its licence included. */
const developerFile = /(\.d\.[cm]?ts|\.map|tsconfig\.json)$/;
/** What pdf.js brings for pages and old browsers; the parser loads `legacy/build` and the data folders. */
const pdfjsForPages =
  /^(build|web|types|image_decoders|legacy\/web|legacy\/image_decoders|.*\.min\.mjs|.*sandbox.*)(\/|$)/;

/** Errors: a sentence naming what this machine lacks for that system. */
export function assembleEngineRoot({ repository, target, platform, arch }: EngineRootOptions): void {
  const modules = join(repository, "node_modules");
  const node = join(modules, nodeBinary(platform, arch));
  const runtime = join(modules, "onnxruntime-node/bin/napi-v6", platform, arch);
  for (const [path, what] of [
    [node, "Node binary"],
    [runtime, "ONNX Runtime"],
    [join(repository, "dist/renderer"), "built window"],
  ] as const)
    if (!existsSync(path))
      throw new Error(
        `no ${what} for ${platform}-${arch} at ${path}: package on that system, after \`npm ci\` and \`npm run build\``,
      );
  rmSync(target, { recursive: true, force: true });
  copy(node, join(target, "bin", basename(node)));
  copy(join(dirname(node), "../LICENSE"), join(target, "bin/LICENSE"));
  for (const file of ourFiles) copy(join(repository, file), join(target, file));
  for (const folder of ourFolders)
    copy(join(repository, folder), join(target, folder), (path) => basename(path) === "tsconfig.json");
  for (const name of runtimePackages(repository)) copyPackage(modules, target, name, `bin/napi-v6/${platform}/${arch}`);
}

/** Folders of node_modules that the program needs to run, from the lock: no development, no other system's binary. */
function runtimePackages(repository: string): string[] {
  const lock = JSON.parse(readFileSync(join(repository, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockedPackage>;
  };
  return Object.entries(lock.packages)
    .filter(([path]) => path.startsWith("node_modules/"))
    .filter(([, { dev, devOptional, optional, extraneous }]) => !dev && !devOptional && !optional && !extraneous)
    .map(([path]) => path.slice("node_modules/".length));
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly extraneous?: boolean;
}

function copyPackage(modules: string, target: string, name: string, runtimeFolder: string): void {
  const from = join(modules, name);
  const leavesOut = (path: string): boolean => {
    const inside = relative(from, path).replaceAll("\\", "/");
    if (inside === "node_modules" || inside.startsWith("node_modules/")) return true; // nested packages have their own line
    if (developerFile.test(inside)) return true;
    if (name === "pdfjs-dist") return pdfjsForPages.test(inside);
    if (name !== "onnxruntime-node" || !inside.startsWith("bin/")) return false;
    return !runtimeFolder.startsWith(inside) && !inside.startsWith(`${runtimeFolder}/`);
  };
  copy(from, join(target, "node_modules", name), leavesOut);
}

/** Links become what they point at: an app's folder must not point out of itself. */
function copy(from: string, to: string, leavesOut: (path: string) => boolean = () => false): void {
  if (leavesOut(from)) return;
  if (!statSync(from).isDirectory()) return linkFile(realpathSync(from), to);
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) copy(join(from, name), join(to, name), leavesOut);
}

/** One name more for the same bytes, 250 MB in all: this folder is only read, by the packager, which copies it. */
function linkFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // another disk, or one without links
  }
}
