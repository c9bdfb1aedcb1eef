import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineFlags } from "../../engine/host/engine-process.ts";
import { programRoot, starterFolder } from "./support.ts";

let folder = "";
let outcomes: Record<string, string> = {};

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "longleaf-wall-")));
  const store = join(folder, "library/store");
  const incoming = join(folder, "library/incoming");
  mkdirSync(store, { recursive: true });
  mkdirSync(incoming, { recursive: true });
  const secret = join(folder, "secret.txt");
  writeFileSync(secret, "not for the engine");
  const link = join(store, "link.txt");
  symlinkSync(secret, link);
  const probe = join(programRoot, "test/probes/escape-probe.ts");
  const dotted = `${store}/../../secret.txt`;
  const args = [
    ...engineFlags({ store, incoming }, starterFolder),
    probe,
    secret,
    link,
    dotted,
    join(store, "fine.txt"),
  ];
  const run = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(run.stdout, run.stderr).not.toBe("");
  outcomes = JSON.parse(run.stdout) as Record<string, string>;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the engine's wall", () => {
  for (const name of [
    "readDirectly",
    "readByDots",
    "readByOwnLink",
    "readByHardLink",
    "moveIn",
    "readPasswd",
    "writeOutside",
    "startProcess",
    "openSocket",
    "lookUpName",
    "sendDatagram",
  ])
    it(`refuses: ${name}`, () => expect(outcomes[name]).toBe("ERR_ACCESS_DENIED"));

  it("lets it write its own store", () => expect(outcomes["writeInside"]).toBe("allowed"));

  /**
   * Node's permission model follows links that are there already (nodejs docs, "Limitations"), and the engine cannot make one
   * (readByOwnLink above). So only a link that the user put into the store could lead out of it. Said here, not hidden.
   */
  it("follows a link that somebody else put into its store", () => expect(outcomes["readByGivenLink"]).toBe("allowed"));
});
