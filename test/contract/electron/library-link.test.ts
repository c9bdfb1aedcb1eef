/** The app beside the command line: it attaches to the owner of the library, and takes over when the owner has gone. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LibraryLink } from "../../../electron/library-link.ts";
import { openLibrary, type LibraryHost } from "../../../engine/host/library-host.ts";
import { EngineClient, EngineError } from "../../../engine/protocol/index.ts";
import { newLibrary, removeLibrary } from "./run-main.ts";

describe("the app's link to its library", () => {
  let folder: string;
  let link: LibraryLink | null = null;

  beforeEach(() => {
    folder = newLibrary();
  });
  afterEach(async () => {
    await link?.close();
    removeLibrary(folder);
  });

  it("attaches while another process owns the library, and owns it afterwards", async () => {
    const owner = await openLibrary({ folder });
    link = new LibraryLink(() => openLibrary({ folder }));
    expect((await link.host()).isOwner).toBe(false);
    const attached = new EngineClient(await link.connect());
    await expect(attached.call("document.list", {})).resolves.toEqual([]);
    await owner.close();
    await expect(attached.call("document.list", {})).rejects.toMatchObject({ code: "EngineCrashed" });
    const own = new EngineClient(await link.connect());
    await expect(own.call("document.list", {})).resolves.toEqual([]);
    expect((await link.host()).isOwner).toBe(true);
  });

  it("tries again after it could not be opened", async () => {
    let tries = 0;
    link = new LibraryLink(async (): Promise<LibraryHost> => {
      tries++;
      if (tries === 1) throw new EngineError("StoreBusy", "busy");
      return await openLibrary({ folder });
    });
    await expect(link.connect()).rejects.toMatchObject({ code: "StoreBusy" });
    const client = new EngineClient(await link.connect());
    await expect(client.call("document.list", {})).resolves.toEqual([]);
  });
});
