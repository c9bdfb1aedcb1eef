import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programRoot, temporaryFolder, type TemporaryFolder } from "../contract/support.ts";

const book = join(programRoot, "assets/sample-book/the-lost-world.pdf");
let folder: TemporaryFolder;
beforeAll(() => {
  folder = temporaryFolder("full-disk");
});
afterAll(() => folder[Symbol.dispose]());

interface Outcome {
  readonly status: number | null;
  readonly value: Record<string, unknown>;
}

function longleaf(library: string, ...args: string[]): Outcome {
  const run = spawnSync(process.execPath, ["cli/longleaf.mjs", "--json", "--library", library, ...args], {
    cwd: programRoot,
    encoding: "utf8",
  });
  return { status: run.status, value: JSON.parse(run.stdout) as Record<string, unknown> };
}

/** Runs the work with a library on a disk of this size (a memory file system; needs root, as tests in CI have). */
function onSmallDisk(megabytes: number, work: (library: string) => void): void {
  const disk = join(folder.path, `disk-${megabytes}`);
  mkdirSync(disk, { recursive: true });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", disk], { encoding: "utf8" });
  expect(mounted.status, `mount: ${mounted.stderr}`).toBe(0);
  try {
    work(join(disk, "library"));
  } finally {
    spawnSync("umount", ["-l", disk]);
  }
}

describe("a full disk", () => {
  it("while the text is stored: one clear sentence, nothing half-visible, the library still opens", () => {
    onSmallDisk(10, (library) => {
      const { status, value } = longleaf(library, "read", book);
      expect(value["error"]).toMatchObject({ code: "DiskFull" });
      expect(status).toBe(7);
      expect(longleaf(library, "list").value).toEqual({ documents: [] });
    });
  });

  it("while the language model is made ready: the text can be searched", () => {
    onSmallDisk(16, (library) => {
      const { value } = longleaf(library, "read", book);
      expect(value["warnings"]).toEqual([expect.stringMatching(/not read into memory.*The disk is full/u)]);
      const { hits } = longleaf(library, "search", "rookery").value as { hits: unknown[] };
      expect(hits.length).toBeGreaterThan(0);
    });
  });

  it("while it is read into memory: what was read is kept, and the text can be searched", () => {
    onSmallDisk(46, (library) => {
      const { value } = longleaf(library, "read", book);
      expect(value["error"]).toMatchObject({ code: "DiskFull" });
      const { documents } = longleaf(library, "list").value as {
        documents: { segments: number; segmentsRead: number }[];
      };
      expect(documents).toHaveLength(1);
      expect(documents[0].segmentsRead).toBeGreaterThan(0);
      expect(documents[0].segmentsRead).toBeLessThan(documents[0].segments);
      const { hits } = longleaf(library, "search", "rookery").value as { hits: unknown[] };
      expect(hits.length).toBeGreaterThan(0);
    });
  });
});
