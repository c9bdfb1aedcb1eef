/**
 * Packaging only: `electron-forge package` builds the window, main and preload, lays the engine beside the archive and sets
 * the fuses; `electron-forge make` hands the result to electron-builder (electron-builder.yml), which makes installers.
 */
import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { MakerBase, type MakerOptions } from "@electron-forge/maker-base";
import { FusesPlugin } from "@electron-forge/plugin-fuses";
import type { ForgeConfig, ForgePlatform } from "@electron-forge/shared-types";
import { FuseV1Options, FuseVersion } from "@electron/fuses";
import { createBuilder } from "vite";
import { assembleEngineRoot } from "./electron/packaging/engine-root.ts";

const repository = import.meta.dirname;
const outDir = process.env["LONGLEAF_OUT"] ?? join(repository, "out");
/** Laid out for one package, copied into it, removed. */
const engineRoot = join(outDir, "engine-root");
/** A folder with Electron's own zip files, for machines that must not download them. */
const electronZipDir = process.env["LONGLEAF_ELECTRON_ZIPS"];
/** The window as `npm run build` makes it, when its sources changed; nothing is installed. */
const BUILD_WINDOW = 'import { ensureBuilt } from "./tools/setup.mjs"; ensureBuilt();';
/** Everything else that runs lies in engine-root. */
const inArchive = ["/package.json", "/.vite/build", "/dist/renderer"];

class MakerElectronBuilder extends MakerBase<Record<string, never>> {
  name = "electron-builder";
  defaultPlatforms: ForgePlatform[] = ["linux", "darwin", "win32"];

  override isSupportedOnCurrentPlatform(): boolean {
    return true;
  }

  override async make({ dir, makeDir, appName, targetPlatform, targetArch }: MakerOptions): Promise<string[]> {
    const builder = await import("electron-builder");
    const arch = builder.Arch[targetArch as "x64" | "arm64"];
    const system = {
      linux: builder.Platform.LINUX,
      darwin: builder.Platform.MAC,
      win32: builder.Platform.WINDOWS,
      mas: builder.Platform.MAC,
    };
    return await builder.build({
      prepackaged: targetPlatform === "darwin" ? join(dir, `${appName}.app`) : dir,
      targets: system[targetPlatform].createTarget(process.env["LONGLEAF_MAKE_TARGET"] ?? null, arch),
      config: { extends: join(repository, "electron-builder.yml"), directories: { output: makeDir } },
      publish: "never",
    });
  }
}

const config: ForgeConfig = {
  outDir,
  packagerConfig: {
    name: "Longleaf",
    executableName: "longleaf",
    appBundleId: "app.longleaf.desktop",
    asar: true,
    prune: false, // no node_modules go into the archive
    ignore: (path) => path !== "" && !inArchive.some((kept) => path.startsWith(kept) || kept.startsWith(`${path}/`)),
    extraResource: [engineRoot],
    tmpdir: join(outDir, "work"),
    // After the fuses, and of every binary within, the engine's Node included. Needs a certificate in the keychain.
    ...(process.env["LONGLEAF_SIGN"] ? { osxSign: {} } : {}),
    ...(electronZipDir === undefined ? {} : { electronZipDir }),
  },
  makers: [new MakerElectronBuilder({})],
  plugins: [
    new FusesPlugin({
      version: FuseVersion.V1,
      strictlyRequireAllFuses: true,
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableCookieEncryption]: true,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
      [FuseV1Options.EnableNodeCliInspectArguments]: false,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
      [FuseV1Options.WasmTrapHandlers]: true,
    }),
  ],
  hooks: {
    prePackage: async (_config, platform, arch) => {
      execFileSync(process.execPath, ["--input-type=module", "-e", BUILD_WINDOW], { cwd: repository });
      const electron = await createBuilder({
        configFile: join(repository, "electron/vite.config.ts"),
        logLevel: "warn",
      });
      await electron.buildApp();
      assembleEngineRoot({ repository, target: engineRoot, platform, arch });
    },
    postPackage: async () => await rm(engineRoot, { recursive: true, force: true }),
  },
};

export default config;
