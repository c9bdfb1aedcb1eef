/** `longleaf doctor`: checks each thing that Longleaf needs by using it, and says what to do where one fails. */
import { existsSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { programRoot } from "../../engine/host/layout.ts";
import { toEnvelope, type EngineClient, type EngineInfo } from "../../engine/protocol/index.ts";
import { printJson, printLine, sizeText } from "../output.ts";
import { openSession, type GlobalOptions } from "../session.ts";

interface Check {
  readonly name: string;
  readonly isOk: boolean;
  readonly found: string;
}

export async function doctor(global: GlobalOptions): Promise<void> {
  const checks: Check[] = [];
  const major = Number(process.versions.node.split(".")[0]);
  checks.push({ name: "Node 26", isOk: major >= 26, found: process.version });
  const page = join(programRoot, "dist/renderer/index.html");
  checks.push({ name: "window built", isOk: existsSync(page), found: existsSync(page) ? page : "run `npm run build`" });
  try {
    await using session = await openSession(global);
    const { layout } = session.host;
    const info = await infoWithReader(session.client);
    const { bavail, bsize } = statfsSync(layout.root);
    checks.push({
      name: "engine",
      isOk: true,
      found: `${info.version}, protocol ${info.protocol}, ${session.host.isOwner ? "own" : "attached to a running one"}`,
    });
    checks.push({
      name: "library",
      isOk: true,
      found: `${layout.root}, ${info.documents} documents, memory ${sizeText(info.memoryBytes)}`,
    });
    checks.push({ name: "disk", isOk: bavail * bsize > 500e6, found: `${sizeText(bavail * bsize)} free` });
    checks.push(
      info.model
        ? {
            name: "model",
            isOk: true,
            found: `${info.model.name}, ${(info.model.parameters / 1e6).toFixed(1)} M parameters, on ${info.model.provider}`,
          }
        : {
            name: "model",
            isOk: false,
            found: info.modelError ? `${info.modelError.message} ${info.modelError.hint}` : "none",
          },
    );
    checks.push({ name: "reader", isOk: info.readerError === null, found: readerState(info) });
  } catch (error) {
    const { message, hint, details } = toEnvelope(error);
    checks.push({
      name: "engine",
      isOk: false,
      found: [message, hint, details?.["complaint"]].filter(Boolean).join(" "),
    });
  }
  if (global.json) printJson({ ok: checks.every(({ isOk }) => isOk), checks });
  else for (const { name, isOk, found } of checks) printLine(`${isOk ? "ok  " : "FAIL"}  ${name}: ${found}`);
  if (!checks.every(({ isOk }) => isOk)) process.exitCode = 1;
}

/** The reader loads in the background; it is waited for a few seconds, in which its graph is compiled. */
async function infoWithReader(client: EngineClient): Promise<EngineInfo> {
  let info = await client.call("engine.info", {});
  for (let tries = 0; tries < 20 && !info.reader && info.readerError === null; tries += 1) {
    await wait(250);
    info = await client.call("engine.info", {});
  }
  return info;
}

function readerState({ reader, readerError }: EngineInfo): string {
  if (reader) return "reads the passages that search finds";
  if (readerError === null) return "not loaded yet; search alone decides";
  return `search alone decides: ${readerError.message} ${readerError.hint}`;
}
