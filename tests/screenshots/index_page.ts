/**
 * A picture of the index's page, with a class of students behind it.
 *
 * @module
 */

import type { Browser } from "playwright-core";
import { contentName } from "../../protocol/name.ts";
import { IndexPageSite } from "../integration/index_page_site.ts";

const MIB = 1024 * 1024;

/** Who shares what, and how large it is. */
const SHARED: [peer: string, name: string, size: number][] = [
  ["amara", "lectures/07 Routing.mp4", 812 * MIB],
  ["amara", "lectures/08 Congestion control.mp4", 947 * MIB],
  ["bjarne", "images/debian-13.2-amd64.iso", 3_800 * MIB],
  ["bjarne", "images/toolchain-2026.11.tar.zst", 1_240 * MIB],
  ["chloé", "renders/harbour/shot_012.exr", 96 * MIB],
  ["chloé", "renders/harbour/shot_013.exr", 98 * MIB],
  ["dmitri", "datasets/traffic-2026-10.parquet", 2_300 * MIB],
  ["dmitri", "datasets/README.md", 6_120],
  ["ليلى", "صور/الميناء عند الفجر.jpg", 7.4 * MIB],
  ["eun-ji", "images/debian-13.2-amd64.iso", 3_800 * MIB],
  ["farid", "builds/app-4.2.0.tar.gz", 41 * MIB],
  ["farid", "builds/app-4.2.1.tar.gz", 41.2 * MIB],
];

/** How long the charts are filled, in milliseconds. */
const FILL_MS = 40_000;

/** Takes the picture. */
export async function indexPage(browser: Browser): Promise<Uint8Array> {
  const index = { lease: { standard: 60 } };
  await using site = await IndexPageSite.start({ index });
  for (const [peer, name, size] of SHARED) {
    await site.share(peer, name, { size: Math.round(size), exponent: 20 });
  }
  const page = await browser.newPage({
    viewport: { width: 1_200, height: 1_080 },
  });
  await page.goto(site.page.url);
  await ask(site);
  await page.waitForTimeout(500);
  const picture = await page.screenshot();
  await page.close();
  return picture;
}

/** Asks as a class would that has just been told where the files are. */
async function ask(site: IndexPageSite): Promise<void> {
  const client = await site.client("amara");
  const end = performance.now() + FILL_MS;
  while (performance.now() < end) {
    const wave = 1 + Math.sin(performance.now() / 4_000);
    for (let n = 0; n < 4 + 6 * wave; n++) {
      const [, name] = SHARED[n % SHARED.length]!;
      await client.search({ name: contentName(name) });
      if (n % 4 === 0) await client.page("*.iso");
      if (n % 6 === 0) await client.hello();
    }
    for (const [peer, name, size] of SHARED.slice(0, 2 * wave)) {
      await site.share(peer, name, { size: Math.round(size), exponent: 20 });
    }
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
}
