/**
 * Debian's chromium, driven by Playwright, for tests of the pages.
 *
 * @module
 */

import type { Result } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { isPermitted } from "./permission.ts";

/** What a test with a browser needs to be allowed. */
export const BROWSING = {
  net: true,
  read: true,
  write: true,
  run: true,
  env: true,
  sys: true,
} as const;

const CHROMIUM = "/usr/bin/chromium";

/** How long anything in it is waited for before a test gives up, in milliseconds. */
const PATIENCE_MS = 180_000;

/** What chromium must not do where there is no network but this machine's. */
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Nothing is looked up: a page that names another host fails at once.
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
];

/** What a test in a browser is given. */
export interface Surfer {
  readonly browser: Browser;
  /**
   * Opens a page of its own: `await using page = await open()`, after the server
   * that it is to look at. It is watched: what it says on its console as a warning
   * or an error, what fails in it, and what it asks other hosts than
   * 127.0.0.1 for makes the test fail.
   */
  readonly open: (options?: PageOptions) => Promise<Page>;
}

/** How a page is opened. */
export interface PageOptions {
  /** In pixels. */
  readonly width?: number;
  /** In pixels. */
  readonly height?: number;
  readonly dark?: boolean;
  /** Console messages that the test itself provokes. */
  readonly expected?: RegExp;
}

/**
 * Registers a test in a real browser. It is ignored, and says so in its name,
 * where chromium is missing.
 */
export function browsing(
  name: string,
  fn: (surfer: Surfer) => Promise<void>,
): void {
  const able = isPermitted(BROWSING);
  const missing = able && !isThere(CHROMIUM);
  Deno.test({
    name: missing ? `${name} (${CHROMIUM} is missing)` : name,
    ignore: !able || missing,
    fn: async () => {
      const faults: string[] = [];
      const browser = await launch();
      try {
        await fn({
          browser,
          open: (options) => open(browser, faults, options),
        });
      } finally {
        await browser.close();
      }
      if (faults.length > 0) throw new Error(faults.join("\n"));
    },
  });
}

/** Starts chromium. */
export async function launch(): Promise<Browser> {
  // It looks for Windows below its Linux as it is loaded, in places that may
  // not be read, unless it is told that this is a test of that.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: QUIET,
    timeout: PATIENCE_MS,
    chromiumSandbox: Deno.uid() !== 0,
  });
}

/**
 * What the accessibility checker finds that is serious or worse: nothing, it is
 * hoped.
 */
export async function seriousFaults(page: Page): Promise<string[]> {
  const { default: axe } = await import("axe-core");
  const session = await page.context().newCDPSession(page);
  // By the debugger: the page's own policy lets no script be added to it.
  await session.send("Runtime.evaluate", { expression: axe.source });
  const { result } = await session.send("Runtime.evaluate", {
    expression:
      `axe.run().then(({ violations }) => JSON.stringify(violations))`,
    awaitPromise: true,
  });
  await session.detach();
  const violations: Result[] = JSON.parse(result.value);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`
    );
}

async function open(
  browser: Browser,
  faults: string[],
  { width = 1280, height = 800, dark = false, expected }: PageOptions = {},
): Promise<Page> {
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
  });
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    if (!expected?.test(message.text())) {
      faults.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => faults.push(`page error: ${error.stack}`));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol === "blob:" || hostname === "127.0.0.1") return;
    faults.push(`request to another host: ${request.url()}`);
  });
  return page;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
