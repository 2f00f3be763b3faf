import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { browsing, seriousFaults, type Surfer } from "../browser.ts";
import { PageSite } from "../peer/web/page_site.ts";
import { HeldSource } from "./held_source.ts";
import { Site } from "./site.ts";

/** Starts `peer.ts web`, allowed nothing but the network and its folder. */
async function startPage(site: Site, name: string): Promise<string> {
  const peer = await site.peer(name, "web", "--json");
  const { address } = await peer.event<{ address: string }>("page");
  return address;
}

/** Starts a peer that shares all of its folder. */
async function share(site: Site, name: string): Promise<void> {
  const peer = await site.peer(name, "share", await site.dir(name), "--json");
  await peer.event("serving");
}

/** The names in a table, in order. */
function namesIn(page: Page, table: string): Promise<string[]> {
  return page.locator(`#${table} tbody tr .name`).allTextContents();
}

browsing("the peer's page: search, live, a download to its end", async ({
  open,
}) => {
  await using site = await Site.start();
  const content = crypto.getRandomValues(new Uint8Array(65_536));
  await site.put("bob", "photos/sea.jpg", content);
  await site.put("bob", "notes.txt", "notes");
  await share(site, "bob");
  await using page = await open();
  await page.goto(await startPage(site, "alice"));

  const rows = page.locator("#online tbody tr");
  await rows.nth(1).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("sea photos");
  await rows.nth(1).waitFor({ state: "detached" });
  assertEquals(await namesIn(page, "online-table"), [
    "photos/sea.jpg",
    "bob",
  ]);
  await page.getByRole("searchbox", { name: "Search what is on line" })
    .fill("nothing like it");
  await page.getByText("Nothing on line matches").waitFor();
  await page.getByRole("searchbox", { name: "Search what is on line" })
    .fill("");
  await rows.nth(1).waitFor();

  // What another peer shares meanwhile appears by itself.
  await site.put("carla", "late.txt", "late");
  await share(site, "carla");
  await page.getByRole("button", { name: "Get late.txt" }).waitFor();

  // By the keyboard alone.
  await page.getByRole("button", { name: "Get photos/sea.jpg" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("verified and shared").waitFor();
  const mine = page.locator("#files tbody tr", { hasText: "photos/sea.jpg" });
  await mine.getByText("2 sources").waitFor();
  assertEquals(
    await Deno.readFile(`${await site.dir("alice")}/photos/sea.jpg`),
    content,
  );
  await mine.getByRole("button", { name: "Forget photos/sea.jpg" }).click();
  await mine.getByText("Not shared").waitFor();
  await site.untilOnline([
    "bob/notes.txt",
    "bob/photos/sea.jpg",
    "carla/late.txt",
  ]);
  await mine.getByRole("button", { name: "Share photos/sea.jpg" }).click();
  await mine.getByText("2 sources").waitFor();
  assertEquals(await seriousFaults(page), []);
});

browsing("the peer's page: files that are dropped on it", async ({ open }) => {
  await using site = await Site.start();
  await site.put("alice", "old.txt", "old");
  await using page = await open();
  await page.goto(await startPage(site, "alice"));
  await page.locator("#files tbody tr").waitFor();

  await drop(page, { "new.txt": "brand new" });
  const row = page.locator("#files tbody tr", { hasText: "new.txt" });
  await row.getByText("1 source").waitFor();
  const dir = await site.dir("alice");
  assertEquals(await Deno.readTextFile(`${dir}/new.txt`), "brand new");
  await site.untilOnline(["alice/new.txt"]);

  // Never over another one unasked.
  const question = page.getByRole("dialog");
  await drop(page, { "old.txt": "another" });
  await question.getByText("Replace the file in the folder?").waitFor();
  assertEquals(await seriousFaults(page), []);
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "hidden" });
  assertEquals(await Deno.readTextFile(`${dir}/old.txt`), "old");
  await drop(page, { "old.txt": "another" });
  await question.getByRole("button", { name: "Keep both" }).click();
  await page.locator("#files tbody tr", { hasText: "old (1).txt" })
    .getByText("1 source").waitFor();
  assertEquals(await Deno.readTextFile(`${dir}/old.txt`), "old");
  await drop(page, { "old.txt": "another" });
  await question.getByRole("button", { name: "Replace it" }).click();
  await site.untilOnline([
    "alice/new.txt",
    "alice/old (1).txt",
    "alice/old.txt",
  ]);
  assertEquals(await Deno.readTextFile(`${dir}/old.txt`), "another");
});

browsing("the peer's page: a download is cancelled and resumed", async ({
  open,
}) => {
  await using far = await PageSite.start();
  await using near = await PageSite.start();
  const content = new Uint8Array(8 * 1024 * 1024);
  for (let i = 0; i < content.length; i += 65_536) {
    crypto.getRandomValues(content.subarray(i, i + 65_536));
  }
  const bob = await far.peer("bob", { "big.bin": content });
  await bob.share([bob.folder.path]);
  await using held = await HeldSource.open(bob, {
    index: near.index.addr,
    bytes: 4 * 1024 * 1024,
  });
  const alice = await near.peer("alice");
  await using page = await open();
  await page.goto((await near.page(alice)).newAddress());
  await page.getByRole("button", { name: "Get big.bin" }).click();
  const item = page.locator("#downloads-list li");
  await item.getByText(/[1-9][\d.]* MiB of 8\.0 MiB from 1 source/).waitFor();
  await item.getByRole("button", { name: "Cancel" }).click();
  await item.getByText(/^Cancelled, [1-9].* is kept$/).waitFor();
  held.release();
  await item.getByRole("button", { name: "Resume" }).click();
  await item.getByText("8.0 MiB, verified and shared").waitFor();
  assertEquals(await Deno.readFile(`${alice.folder.path}/big.bin`), content);
  await page.getByRole("button", { name: "Clear finished" }).click();
  await page.locator("#downloads").waitFor({ state: "hidden" });
});

/** Names that would do harm in a page that takes them for more than text. */
const NASTY = [
  "<img src=x onerror=document.title=String(1337)>.txt",
  "&lt;b&gt; \"quoted\" 'single'.txt",
  "<script>document.title=1337</script>",
  "javascript:alert(1)",
  "مرحبا بالعالم.exe",
  "עברית abc.txt",
  "深い海の写真.jpg",
  `${"long".repeat(60)}.bin`,
];

/** Looks like another name, and is shown so that it does not. */
const HIDDEN = "in\u200bvoice.exe";

for (const width of [320, 1280]) {
  for (const dark of [false, true]) {
    const look = `${width} pixels, ${dark ? "dark" : "light"}`;
    browsing(
      `the peer's page: names of any kind, ${look}`,
      (surfer) => showNasty(surfer, { width, dark }),
    );
  }
}

async function showNasty(
  { open }: Surfer,
  { width, dark }: { width: number; dark: boolean },
): Promise<void> {
  await using site = await Site.start();
  const names = NASTY.map((name) => name.replaceAll("/", "-"));
  for (const name of [...names, HIDDEN]) await site.put("bob", name, name);
  await site.put("alice", names[0]!, "mine");
  await share(site, "bob");
  await using page = await open({ width, dark });
  await page.goto(await startPage(site, "alice"));
  const rows = page.locator("#online tbody tr");
  await rows.nth(names.length).waitFor();
  const shown = await page.locator("#online tbody td:first-child .name")
    .allTextContents();
  assertEquals(shown.toSorted(), [...names, "inU+200Bvoice.exe"].toSorted());
  const name = names[2]!;
  await page.getByRole("button", { name: `Get ${name}`, exact: true }).click();
  await page.getByText("verified and shared").waitFor();
  // This one is in the way, and its name is shown with what can be done.
  await page.getByRole("button", { name: `Get ${names[0]}`, exact: true })
    .click();
  await page.getByText("A different file of this name").waitFor();
  await page.getByRole("button", { name: "Keep both" }).waitFor();

  assertMatch(await page.title(), /^alice: Peerdex$/);
  assertEquals(await page.locator(".name :not(.unseen)").count(), 0);
  assertEquals(await page.locator(".name").locator("img, script").count(), 0);
  assertEquals(
    await page.evaluate(
      "getComputedStyle(document.querySelector('#online .name')).unicodeBidi",
    ),
    "isolate",
  );
  const wide = await page.evaluate("document.documentElement.scrollWidth");
  assert(Number(wide) <= width, `${wide} pixels wide`);
  assertEquals(await seriousFaults(page), []);
}

browsing(
  "the peer's page: its address works once",
  async ({ open, browser }) => {
    await using site = await Site.start();
    const address = await startPage(site, "alice");
    await using page = await open();
    await page.goto(address);
    await page.getByText("Nobody shares anything yet").waitFor();
    // The browser that has it keeps it, in another tab too.
    await page.reload();
    await page.getByText("Nobody shares anything yet").waitFor();

    await using stranger = await open({ expected: /403 \(Forbidden\)/ });
    await stranger.goto(address);
    await stranger.getByText("This page is locked").waitFor();
    assertEquals(await seriousFaults(stranger), []);

    const fresh = await newAddress(page);
    await using other = await open();
    await other.goto(fresh);
    await other.getByText("Nobody shares anything yet").waitFor();
    assertEquals(browser.contexts().length, 3);

    // Without its token the page says so, and does not try for ever.
    await using forgetful = await open({ expected: /401 \(Unauthorized\)/ });
    await page.getByRole("button", { name: "Close" }).click();
    await forgetful.goto(await newAddress(page, fresh));
    await forgetful.getByText("Nobody shares anything yet").waitFor();
    await forgetful.evaluate("localStorage.clear()");
    await forgetful.reload();
    await forgetful.getByText("Locked: open the address").waitFor();
  },
);

/** Asks the page for an address for another browser, and waits until it is there. */
async function newAddress(page: Page, last = "none yet"): Promise<string> {
  await page.getByRole("button", { name: "Open in another browser" }).click();
  const shown = page.locator("#question-text")
    .filter({ hasText: "http://", hasNotText: last });
  return (await shown.textContent())!;
}

/** Drops files on a page, as a hand would. */
async function drop(
  page: Page,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const transfer = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    for (const [name, text] of Object.entries(${JSON.stringify(files)})) {
      transfer.items.add(new File([text], name));
    }
    return transfer;
  })()`);
  await page.dispatchEvent("#drop-zone", "dragenter", {
    dataTransfer: transfer,
  });
  await page.locator("#veil").waitFor();
  await page.dispatchEvent("#drop-zone", "drop", { dataTransfer: transfer });
  await page.locator("#veil").waitFor({ state: "hidden" });
}
