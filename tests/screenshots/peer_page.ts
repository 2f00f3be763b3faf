/**
 * The picture of a peer's page.
 *
 * @module
 */

import type { Browser } from "playwright-core";
import { HeldSource } from "../integration/held_source.ts";
import { PageSite } from "../peer/web/page_site.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Takes it: some files, one download that is done and one in the middle. */
export async function peerPage(browser: Browser): Promise<Uint8Array> {
  await using far = await PageSite.start();
  await using near = await PageSite.start();
  const bob = await near.peer("bob", {
    "scene/harbour.blend": new Uint8Array(9.4 * MIB),
    "scene/textures/stone.png": new Uint8Array(2.1 * MIB),
    "scene/textures/wood.png": new Uint8Array(1.8 * MIB),
    "музыка/море.flac": new Uint8Array(3.3 * MIB),
    "محاضرة ٧.pdf": new Uint8Array(840 * KIB),
  });
  const carla = await near.peer("carla", {
    "lecture-07.mp4": new Uint8Array(5.6 * MIB),
    "exercise sheet 3.pdf": new Uint8Array(212 * KIB),
    "photos/sea.jpg": new Uint8Array(1.2 * MIB),
  });
  for (const peer of [bob, carla]) await peer.share([peer.folder.path]);
  const dora = await far.peer("dora", {
    "debian-13.iso": new Uint8Array(24 * MIB),
  });
  await dora.share([dora.folder.path]);
  await using _held = await HeldSource.open(dora, {
    index: near.index.addr,
    bytes: 15 * MIB,
  });
  const alice = await near.peer("alice", {
    "photos/sea.jpg": new Uint8Array(1.2 * MIB),
    "photos/hill.jpg": new Uint8Array(0.9 * MIB),
    "notes.txt": "notes",
    "report.pdf": new Uint8Array(340 * KIB),
  });
  await alice.share([`${alice.folder.path}/photos`]);
  const opened = await near.page(alice);
  await using page = await browser.newPage({
    viewport: { width: 1280, height: 900 },
    colorScheme: "light",
  });
  await page.goto(opened.newAddress());
  await page.getByRole("button", { name: "Get exercise sheet 3.pdf" }).click();
  await page.getByText("verified and shared").waitFor();
  await page.getByRole("button", { name: "Get debian-13.iso" }).click();
  await page.getByText(/1[0-9]\.. MiB of 24.0 MiB from 1 source/).waitFor();
  await page.locator("#files").getByText("2 sources").nth(1).waitFor();
  await page.locator("#online").getByText("On its way").first().waitFor();
  await page.mouse.click(640, 30);
  return await page.screenshot();
}
