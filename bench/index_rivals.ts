/**
 * What the index is measured beside: a bare echo, and trackers of BitTorrent.
 *
 * @module
 */

import { Child } from "../tests/child.ts";
import type { LoadTool } from "./load_tool.ts";

/** Somebody who answers on a port of this machine. */
export interface Server extends AsyncDisposable {
  readonly port: number;
}

/** Names of content, or hashes of torrents, that are asked for. */
export const NAMES = 100_000;

/** The version of npm's bittorrent-tracker that is compared with. */
const TRACKER_VERSION = "11.2.3";

/** How often a tracker that says nothing is asked whether it is there. */
const TRIES = 50;

/** Starts an index that knows no bounds, with options of its own besides. */
export async function startIndex(
  args: readonly string[] = [],
  { allow = [], flags = [] }: {
    readonly allow?: readonly string[];
    readonly flags?: readonly string[];
  } = {},
): Promise<Server & { readonly child: Child }> {
  const limit = "10000000";
  const child = Child.start("index_server.ts", [
    ...["--host=127.0.0.1", "--port=0", "--no-announce", "--json"],
    ...["--max-rate=0", `--max-registrations=${limit}`],
    ...[`--max-per-owner=${limit}`, `--max-per-address=${limit}`],
    ...["--lease=3600", ...args],
  ], { allow: ["--allow-net", ...allow, ...flags] });
  const { port } = await child.event<{ port: number }>("listening");
  return {
    child,
    port,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** Starts the plainest server there is, in the runtime of the index. */
export async function startEcho(): Promise<Server> {
  const child = Child.start("bench/udp_echo.ts", [], {
    allow: ["--allow-net"],
  });
  const port = Number(await child.until(/^\d+(?=\n)/m));
  return { port, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}

/** Starts opentracker, or says why there is none. */
export async function startOpentracker(
  tool: LoadTool,
  folder: string,
): Promise<Server | string> {
  if (!await isInstalled("opentracker")) return "opentracker is not installed";
  // Debian builds it for torrents that are on a list, and it changes its user.
  await Deno.chmod(folder, 0o755);
  const hashes = Array.from({ length: NAMES }, (_, n) => `${hashOf(n)}\n`);
  await Deno.writeTextFile(`${folder}/whitelist.txt`, hashes.join(""));
  const port = freePort();
  const child = Child.spawn("opentracker", [
    ...["-i", "127.0.0.1", "-p", `${port}`, "-P", `${port}`],
    ...["-d", folder, "-w", "whitelist.txt"],
  ]);
  for (let tries = 1;; tries++) {
    try {
      await tool.run(port, { mode: "announce", window: 1, seconds: 0 });
      break;
    } catch (error) {
      if (tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return { port, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}

/** Installs npm's bittorrent-tracker in a folder and starts it, or says why not. */
export async function startBittorrentTracker(
  folder: string,
): Promise<Server | string> {
  if (!await isInstalled("npm")) return "npm is not installed";
  const install = await new Deno.Command("npm", {
    args: [
      ...["install", "--prefix", folder, "--no-save", "--ignore-scripts"],
      ...["--omit=optional", `bittorrent-tracker@${TRACKER_VERSION}`],
    ],
    stdout: "null",
    stderr: "inherit",
  }).output();
  if (!install.success) return "bittorrent-tracker could not be installed";
  const program = `${folder}/tracker.mjs`;
  await Deno.writeTextFile(program, TRACKER);
  const child = Child.spawn("node", [program], { cwd: folder });
  const port = Number(await child.until(/^\d+(?=\n)/m));
  return { port, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}

const TRACKER = `
import Server from "bittorrent-tracker/server";
const server = new Server({ http: false, ws: false, stats: false });
server.on("error", (error) => { throw error; });
server.on("listening", () => console.log(server.udp.address().port));
server.listen(0, { udp: "127.0.0.1", udp6: "::1" });
`;

/** As the load tool makes them. */
function hashOf(number: number): string {
  const start = Math.imul(number, 2_654_435_761) >>> 0;
  return start.toString(16).padStart(8, "0") + "0".repeat(32);
}

async function isInstalled(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `command -v ${program}`],
    stdout: "null",
  }).output();
  return success;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
