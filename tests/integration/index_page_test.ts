import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Locator, Page } from "playwright-core";
import { browsing, seriousFaults } from "../browser.ts";
import { IndexPageSite } from "./index_page_site.ts";

const MARKUP = '<img src=x onerror="alert(1)">';
const ARABIC = "موسيقى/أغنية.mp3";
// Marks that are not seen, which real clients may send.
const HIDDEN = "in\u200bvoice.exe";
const JOINED = "in\u200dvoice.exe";
// Marks that a family and a heart are made of.
const EMOJI = "\u{1f469}\u200d\u{1f467} \u2764\ufe0f.jpg";

browsing("the page of an index shows what is on line", async (surfer) => {
  await using site = await IndexPageSite.start();
  await site.share("alice", "photos/beach.jpg", { size: 3 * 1024 * 1024 });
  const page = await open(surfer, site);
  const row = page.locator("#files-rows tr");
  await row.first().waitFor();
  const cells = await row.first().locator("td").allInnerTexts();
  assertEquals(cells.slice(0, 4), [
    "photos/beach.jpg",
    "3.0 MiB",
    "alice",
    "127.0.0.1:6000",
  ]);
  assert(/^\d+ min$/.test(cells[4]!), cells[4]);
  const peer = page.locator("#peers-rows tr").first();
  await peer.waitFor();
  assertEquals((await peer.locator("td").allInnerTexts())[0], "alice");
  assertStringIncludes(await page.locator("#where").innerText(), "127.0.0.1:");
});

browsing("the page follows what happens by itself", async (surfer) => {
  await using site = await IndexPageSite.start({ lookMs: 100 });
  const page = await open(surfer, site);
  await page.getByText("Nothing is shared yet").waitFor();
  await page.locator("#live[data-state=live]").waitFor();
  await site.share("alice", "new.txt");
  await page.getByRole("button", { name: "new.txt" }).waitFor();
  await page.locator("#figure-registrations", { hasText: /^1$/ }).waitFor();
  await page.locator("#types-rows tr", { hasText: "Register" })
    .locator("td", { hasText: /^1$/ }).first().waitFor();
  const client = await site.client("alice");
  await client.hello({ goodbye: true });
  await page.getByText("Nothing is shared yet").waitFor();
  const label = await page.locator("#chart-rates .plot")
    .getAttribute("aria-label");
  assertStringIncludes(label!, "Requests a second, now: Search");
});

browsing("the page is searched with the keyboard alone", async (surfer) => {
  await using site = await IndexPageSite.start();
  for (let n = 0; n < 30; n++) await site.share("bob", `build ${n}.zip`);
  await site.share("alice", "needle.iso");
  const page = await open(surfer, site);
  await range(page, "1–20 of 31").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("NEEDLE");
  await range(page, "1–1 of 1").waitFor();
  assertEquals(await page.locator("#files-rows tr").count(), 1);
  assertEquals(new URL(page.url()).searchParams.get("filter"), "NEEDLE");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("1 source", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#content").waitFor({ state: "hidden" });
  await page.locator("#filter").focus();
  await page.keyboard.press("Escape");
  await range(page, "1–20 of 31").waitFor();
  await page.locator("#files-pager").getByText("Next").focus();
  await page.keyboard.press("Enter");
  await range(page, "21–31 of 31").waitFor();
  await page.keyboard.press("Enter");
  await range(page, "1–20 of 31").waitFor();
  await page.locator("#filter").fill("zebra");
  await page.getByText("Nothing matches").waitFor();
});

browsing("a filter in the address is kept", async (surfer) => {
  await using site = await IndexPageSite.start();
  await site.share("bob", "a.txt");
  await site.share("bob", "b.iso");
  const page = await surfer.open();
  await page.goto(`${site.page.url}?filter=*.iso`);
  await range(page, "1–1 of 1").waitFor();
  assertEquals(await page.locator("#filter").inputValue(), "*.iso");
});

browsing(
  "names made of markup and other scripts do no harm",
  async (surfer) => {
    await using site = await IndexPageSite.start();
    const names = [
      `${MARKUP}.txt`,
      ARABIC,
      HIDDEN,
      JOINED,
      EMOJI,
      `${"long".repeat(60)}.txt`,
    ];
    for (const name of names) await site.share("<b>m</b>", name);
    for (const width of [320, 1280]) {
      const page = await open(surfer, site, { width });
      await page.locator("#files-rows tr").nth(names.length - 1).waitFor();
      const buttons = page.locator("#files-rows .link");
      const shown = await buttons.allTextContents();
      assertEquals(shown, [
        names[0],
        names[1],
        "inU+200Bvoice.exe",
        "inU+200Dvoice.exe",
        ...names.slice(4),
      ]);
      assertEquals(await page.locator("main img, main b b").count(), 0);
      const direction = await page.evaluate<string>(
        "getComputedStyle(document.querySelectorAll('#files-rows .link bdi')[1]).direction",
      );
      assertEquals(direction, "rtl");
      await buttons.first().click();
      await page.locator("#content-title", { hasText: MARKUP }).waitFor();
      await page.getByText("1 source", { exact: true }).waitFor();
      assertEquals(await page.locator("dialog img").count(), 0);
      assert(await fitsWidth(page), `wider than ${width}`);
      await page.close();
    }
  },
);

for (const width of [320, 700, 1280]) {
  for (const dark of [false, true]) {
    const shade = dark ? "dark" : "light";
    browsing(
      `the page fits ${width} pixels in ${shade} and all can use it`,
      async (surfer) => {
        await using site = await IndexPageSite.start({ lookMs: 100 });
        for (let n = 0; n < 25; n++) await site.share("bob", `build ${n}.zip`);
        const page = await open(surfer, site, { width, dark });
        await range(page, "1–20 of 25").waitFor();
        await page.locator("#types-rows tr").first().waitFor();
        assert(await fitsWidth(page), `wider than ${width}`);
        assertEquals(await seriousFaults(page), []);
        const ground = await page.evaluate<string>(
          "getComputedStyle(document.documentElement).backgroundColor",
        );
        assertEquals(Number(ground.match(/\d+/)![0]) < 128, dark, ground);
        await page.locator("#files-rows .link").first().click();
        await page.getByText("1 source", { exact: true }).waitFor();
        assertEquals(await seriousFaults(page), []);
      },
    );
  }
}

browsing(
  "a chart tells the values of a moment by the keyboard",
  async (surfer) => {
    await using site = await IndexPageSite.start({ lookMs: 50 });
    const page = await open(surfer, site);
    const plot = page.locator("#chart-rates .plot");
    await page.locator("#chart-rates .line[d*=L]").first().waitFor({
      state: "attached",
    });
    await plot.focus();
    await page.keyboard.press("Home");
    await page.locator("#chart-rates .cross[d^=M]").waitFor({
      state: "attached",
    });
    await page.keyboard.press("Escape");
    await page.locator("#chart-rates .cross[d='']").waitFor({
      state: "attached",
    });
  },
);

browsing("the page says when the index is gone", async (surfer) => {
  await using site = await IndexPageSite.start({ lookMs: 50 });
  const page = await surfer.open({ expected: /ERR_|Failed to load/ });
  await page.goto(site.page.url);
  await page.locator("#live[data-state=live]").waitFor();
  await site.page[Symbol.asyncDispose]();
  await page.locator("#live[data-state=lost]").waitFor();
  assertEquals(await page.locator("#live").innerText(), "No answer");
});

async function open(
  surfer: Parameters<Parameters<typeof browsing>[1]>[0],
  site: IndexPageSite,
  options: { width?: number; dark?: boolean } = {},
): Promise<Page> {
  const page = await surfer.open(options);
  await page.goto(site.page.url);
  return page;
}

/** What the pager of the files says. */
function range(page: Page, text: string): Locator {
  return page.locator("#files-pager").getByText(text, { exact: true });
}

/** Whether nothing has to be scrolled sideways. */
function fitsWidth(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(
    "document.documentElement.scrollWidth <= innerWidth",
  );
}
