/**
 * The window in a real browser over the scripted engine: what a person does, and what axe says of every screen.
 * Without Chromium these tests are skipped; `npm test` names what was not run.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { servePage } from "../unit/renderer/page-server.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser: Browser;
let server: Server;
let base = "";
let folder = "";

/** Problems that a page reports while a test looks at it: none is allowed. */
const complaints: string[] = [];

async function open(
  address: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const isMissingSource = message.text().includes("404");
    if (message.type() === "error" && !isMissingSource) complaints.push(message.text());
  });
  await page.goto(`${base}/${address}`);
  return { page, context };
}

async function askQuestion(page: Page, question: string): Promise<void> {
  await page.fill("#question-field", question);
  await page.keyboard.press("Enter");
  await page.locator(".turn .acts").last().waitFor();
}

describe.skipIf(CHROMIUM === undefined)("the window", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "longleaf-page-"));
    process.env["LONGLEAF_TEST_PAGE"] = folder;
    await build({ configFile: join(import.meta.dirname, "../unit/renderer/page/vite.config.ts"), logLevel: "error" });
    const served = await servePage(folder);
    base = served.address;
    server = served.server;
    browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: FLAGS });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("asks, cites, and shows the cited page with its box at a third of the height", async () => {
    const { page, context } = await open("#/d/book/ask");
    await askQuestion(page, "Where did they bury the box?");
    expect(await page.locator(".say blockquote").count()).toBe(4);
    expect(await page.locator(".foot .proof").innerText()).toBe("Checked 108 of 108 pages");
    const chip = page.locator(".say a.chip").nth(1);
    expect(await chip.innerText()).toMatch(/^page \d+: They buried the box/);
    await chip.click();
    await page.locator(".folio .box").first().waitFor();
    await page.waitForTimeout(400);
    const box = await page.locator(".folio .box").first().boundingBox();
    const well = await page.locator(".pagewell").boundingBox();
    if (box === null || well === null) throw new Error("no box on the page");
    expect(Math.abs(box.y - (well.y + well.height / 3))).toBeLessThan(12);
    expect(await page.locator(".rbar .evidence").innerText()).toBe("Evidence 2 of 4");
    expect(await page.locator(".thread path").count()).toBe(3);
    await page.keyboard.press("F8");
    expect(await page.locator(".rbar .evidence").innerText()).toBe("Evidence 3 of 4");
    await page.keyboard.press("Alt+ArrowLeft");
    await expect.poll(() => page.locator(".rbar .evidence").innerText()).toBe("Evidence 2 of 4");
    await context.close();
  }, 60_000);

  it("says when the text does not say, and offers a search", async () => {
    const { page, context } = await open("#/d/book/ask");
    await askQuestion(page, "What was the name of the mother?");
    expect(await page.locator(".gist").innerText()).toBe("The text does not say");
    expect(await page.locator(".say").innerText()).toBe("");
    expect(await page.locator("a.chip").count()).toBe(0);
    await page.getByRole("button", { name: "Search “mother”" }).click();
    expect(await page.locator("#search-field").inputValue()).toBe("mother");
    await context.close();
  }, 60_000);

  it("shows the nearest places as such where the text does not say, the others on demand", async () => {
    const { page, context } = await open("#/d/book/ask");
    await askQuestion(page, "What was the name of the father?");
    const places = page.getByRole("region", { name: "Nearest places" });
    expect(await places.locator("li").count()).toBe(3);
    await places.getByRole("button", { name: "2 more" }).click();
    expect(await places.locator("li").count()).toBe(5);
    expect(await page.locator(".say blockquote").count()).toBe(0);
    await context.close();
  }, 60_000);

  it("puts the short answer first, and says on demand why a passage was chosen", async () => {
    const { page, context } = await open("#/d/book/ask");
    await askQuestion(page, "Where did they bury the box?");
    expect(await page.locator(".gist q").innerText()).toBe("“under the pear tree”");
    expect(await page.locator(".gist .surety").innerText()).toBe("The text states this");
    expect(await page.locator(".say blockquote mark").first().innerText()).toBe("under the pear tree");
    const toggle = page.locator(".say").getByRole("button", { name: "Why this passage?" }).first();
    expect(await toggle.getAttribute("aria-expanded")).toBe("false");
    expect(await page.locator(".reasons").count()).toBe(0);
    await toggle.focus();
    await page.keyboard.press("Enter");
    expect(await toggle.getAttribute("aria-expanded")).toBe("true");
    const reasons = await page.locator(".reasons").innerText();
    for (const said of [
      "box, pear, tree",
      "search by words",
      "“under the pear tree”, 83 % sure",
      "very likely the place",
    ])
      expect(reasons).toContain(said);
    await page.keyboard.press("Enter");
    expect(await page.locator(".reasons").count()).toBe(0);
    // The same in the page view, over the page.
    await page.getByRole("region", { name: "Reader" }).getByRole("button", { name: "Why this passage?" }).click();
    const dialog = page.getByRole("dialog", { name: "Why this passage?" });
    expect(await dialog.locator("mark").innerText()).toBe("under the pear tree");
    expect(await dialog.innerText()).toContain("search by words");
    await context.close();
  }, 60_000);

  it("an answer that reading changes keeps its first look until the new one is here, and says so", async () => {
    const { page, context } = await open("?pace=120#/d/book/ask");
    await page.locator("#question-field").waitFor();
    // Every pair of what is quoted first and what is noted above it, as often as the page changes.
    await page.evaluate(`
      window.seen = [];
      new MutationObserver(() => {
        const quoted = document.querySelector(".say blockquote")?.textContent ?? "";
        const note = document.querySelector(".gist .revised")?.textContent ?? "";
        window.seen.push((quoted.slice(1, 9) || "nothing") + (note === "" ? "" : ", noted"));
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    `);
    await askQuestion(page, "Where did they bury the box, at first look?");
    const seen = new Set((await page.evaluate("window.seen")) as string[]);
    expect(seen).toContain("Ada kept");
    expect(seen).not.toContain("Ada kept, noted");
    expect(seen).not.toContain("They bur");
    expect([...seen].at(-1)).toBe("They bur, noted");
    expect(await page.locator('.gist [role="status"]').innerText()).toBe(
      "Reading the passages changed the first answer.",
    );
    await context.close();
  }, 60_000);

  it("stops an answer with Esc and keeps what was written; a newline is not a question", async () => {
    const { page, context } = await open("?pace=600#/d/book/ask");
    await page.locator("#question-field").waitFor();
    await page.locator("#question-field").click();
    await page.keyboard.type("Where is");
    await page.keyboard.press("Shift+Enter");
    expect(await page.locator("article.turn h2").first().innerText()).toBe("Ask about all 108 pages");
    await page.keyboard.type("the box?");
    await page.keyboard.press("Enter");
    await page.locator(".say blockquote").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("Stopped. What was written is kept.").waitFor();
    const kept = await page.locator(".say blockquote").count();
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(4);
    await context.close();
  }, 60_000);

  it("keeps document text text: nothing of it becomes markup", async () => {
    const { page, context } = await open("#/d/book/ask");
    await askQuestion(page, "<img src=x onerror=alert(1)> [a](http://example.org) ![b](http://example.org/c.png)");
    expect(await page.locator(".turn img, .turn a[href^=http]").count()).toBe(0);
    expect(await page.locator(".turn h2").last().innerText()).toContain("<img src=x onerror=alert(1)>");
    await context.close();
  }, 60_000);

  it("opens a file at its lines, and colours it", async () => {
    const { page, context } = await open("#/d/ferry/ask?in=ferry&at=400-500&file=src%2Flease.ts&lines=30-33");
    await page.locator(".codewell .ln.on").first().waitFor();
    expect(await page.locator(".codewell .ln.on").count()).toBe(4);
    expect(await page.locator(".codewell .ln.on i").first().innerText()).toBe("30");
    await page.locator(".codewell .ln span span[style*='--code-token-keyword']").first().waitFor();
    await context.close();
  }, 60_000);

  it("shows the stored text where the file has moved", async () => {
    const { page, context } = await open("#/d/half/ask?in=half&at=20000-20010&page=13");
    await page.getByText("The file has moved.").waitFor();
    await page.locator(".folio.text").first().waitFor();
    await context.close();
  }, 60_000);

  it("walks the leaf with keys and says where it is", async () => {
    const { page, context } = await open("#/d/book/ask");
    const leaf = page.getByRole("slider", { name: "The leaf of The Green Gallery" });
    await leaf.focus();
    await page.keyboard.press("End");
    await expect.poll(() => leaf.getAttribute("aria-valuenow")).toMatch(/^10[678]$/);
    await page.keyboard.press("Home");
    await expect.poll(() => leaf.getAttribute("aria-valuetext")).toBe("Page 1, The Keeper’s Book");
    await context.close();
  }, 60_000);

  it("connects again when the engine is lost, and says so", async () => {
    const { page, context } = await open("#/");
    await page.locator(".shelf li").first().waitFor();
    await page.evaluate("loseEngine()");
    await page.getByText("The reading engine stopped and was started again.").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    expect(await page.locator(".banner").count()).toBe(0);
    await context.close();
  }, 60_000);

  it("finds everything with the palette", async () => {
    const { page, context } = await open("#/");
    await page.locator(".shelf li").first().waitFor();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Type a command, a title, a question").fill("green");
    await page.getByRole("menuitem", { name: "The Green Gallery" }).click();
    await page.locator(".crumb .t").waitFor();
    expect(page.url()).toContain("#/d/book/ask");
    await context.close();
  }, 60_000);

  const screens: readonly (readonly [string, string, (page: Page) => Promise<void>])[] = [
    ["library", "#/", async (page) => page.locator(".shelf canvas").first().waitFor()],
    ["first start", "?first#/", async (page) => page.locator(".sample canvas").first().waitFor()],
    ["library search", "#/?q=pear", async (page) => page.locator(".hit").first().waitFor()],
    [
      "ask and reader",
      "#/d/book/ask",
      async (page) => {
        await askQuestion(page, "Where did they bury the box?");
        await page.locator("a.chip").first().click();
        await page.locator(".folio .box").first().waitFor();
        await page.locator('[data-act="why"]').click();
        await page.locator(".say .why-one").first().click();
        await page.locator(".places .why-one").first().click();
      },
    ],
    ["nothing found", "#/d/book/ask", async (page) => askQuestion(page, "What was the name of the father?")],
    [
      "why in the page view",
      "#/d/book/ask",
      async (page) => {
        await askQuestion(page, "Where did they bury the box?");
        await page.locator('[data-act="why-here"]').click();
        await page.getByRole("dialog").waitFor();
      },
    ],
    [
      "text reader",
      "#/d/half/ask?in=half&at=20000-20010&page=13",
      async (page) => page.locator(".folio.text p").first().waitFor(),
    ],
    [
      "file viewer",
      "#/d/ferry/ask?in=ferry&at=400-500&file=src%2Flease.ts&lines=3-9",
      async (page) => page.locator(".ln.on").first().waitFor(),
    ],
    ["summary", "#/d/book/summary", async (page) => page.locator(".keys li").first().waitFor()],
    ["search", "#/d/book/search?q=pear", async (page) => page.locator(".hit").first().waitFor()],
    ["reading", "#/d/half/reading", async (page) => page.locator(".rows canvas").first().waitFor()],
    ["settings", "#/settings", async (page) => page.locator(".disk canvas").first().waitFor()],
    [
      "palette",
      "#/",
      async (page) => {
        await page.locator(".shelf li").first().waitFor();
        await page.keyboard.press("Control+k");
        await page.getByRole("menuitem").first().waitFor();
      },
    ],
    [
      "job tray",
      "#/",
      async (page) => {
        await page.locator(".shelf li").first().waitFor();
        await page.keyboard.press("Control+j");
        await page.getByRole("dialog").waitFor();
      },
    ],
  ];
  for (const theme of ["light", "dark"] as const) {
    it.each(screens)(
      `axe finds nothing on: %s, ${theme}`,
      async (_, address, prepare) => {
        const { page, context } = await open(address, { colorScheme: theme, reducedMotion: "reduce" });
        await prepare(page);
        expect(await page.locator("html").getAttribute("data-theme")).toBe(theme);
        // A pop-up lies outside the landmarks by its nature; React Aria brings a hidden closing button with it.
        const rules = (await page.locator(".pop, .veil").count()) > 0 ? ["region"] : [];
        const { violations } = await new AxeBuilder({ page })
          .disableRules(rules)
          .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
          .analyze();
        const said = violations.map(
          ({ id, nodes }) =>
            `${id}: ${nodes
              .map((node) => `${node.target.join(" ")} ${node.failureSummary ?? ""}`)
              .slice(0, 3)
              .join(" | ")}`,
        );
        expect(said).toEqual([]);
        await context.close();
      },
      60_000,
    );
  }

  it.each([
    [720, 900],
    [1280, 800],
    [320, 700],
  ])(
    "at %i px nothing is wider than the window",
    async (width, height) => {
      const { page, context } = await open("#/", { viewport: { width, height } });
      for (const address of ["#/", "#/d/book/ask", "#/d/half/reading", "#/settings", "#/d/book/summary"]) {
        await page.goto(`${base}/${address}`);
        await page.locator("main").waitFor();
        await page.waitForTimeout(250);
        expect(await page.evaluate("document.documentElement.scrollWidth"), address).toBeLessThanOrEqual(width);
      }
      await context.close();
    },
    60_000,
  );

  it("the page complained about nothing: no errors, nothing refused by its policy", () => {
    expect(complaints).toEqual([]);
  });
});
