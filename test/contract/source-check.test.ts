import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sha256 } from "../../engine/base/hash.ts";
import { SourceCheck } from "../../engine/host/source-check.ts";
import { temporaryFolder } from "./support.ts";

it("knows a file that is the one that was read from one that is not", async () => {
  using folder = temporaryFolder("source");
  const path = join(folder.path, "a.txt");
  writeFileSync(path, "as it was read");
  const source = { sha256: sha256("as it was read"), sizeBytes: 14 };
  const check = new SourceCheck();
  expect(await check.isUnchanged(path, source)).toBe(true);
  writeFileSync(path, "as it WAS read");
  utimesSync(path, 1, 1);
  expect(await check.isUnchanged(path, source)).toBe(false);
  writeFileSync(path, "longer than it was");
  expect(await check.isUnchanged(path, source)).toBe(false);
  expect(await check.isUnchanged(folder.path, source)).toBe(false);
  rmSync(path);
  expect(await check.isUnchanged(path, source)).toBe(false);
});
