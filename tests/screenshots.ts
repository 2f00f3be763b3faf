/**
 * Takes the pictures of the pages for `docs/images/`, in Debian's chromium, of
 * indexes and peers: `deno task screenshots`.
 *
 * @module
 */

import type { Browser } from "playwright-core";
import { launch } from "./browser.ts";
import { indexPage } from "./screenshots/index_page.ts";
import { peerPage } from "./screenshots/peer_page.ts";

/** What takes each picture, by its file. */
const PICTURES: Readonly<
  Record<string, (browser: Browser) => Promise<Uint8Array>>
> = {
  "index-page.png": indexPage,
  "peer-page.png": peerPage,
};

if (import.meta.main) {
  const folder = new URL("../docs/images/", import.meta.url);
  await Deno.mkdir(folder, { recursive: true });
  const wanted = Deno.args.length > 0 ? Deno.args : Object.keys(PICTURES);
  const browser = await launch();
  try {
    for (const file of wanted) {
      const take = PICTURES[file];
      if (!take) throw new Error(`There is no picture ${file}`);
      await Deno.writeFile(new URL(file, folder), await take(browser));
      console.log(`Wrote docs/images/${file}`);
    }
  } finally {
    await browser.close();
  }
}
