/**
 * Other tools that move a file between two processes of this machine.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { isInstalled, run } from "./process.ts";
import {
  freePort,
  nginx,
  QUIET_ARIA2,
  rsyncDaemon,
  seed,
  sshd,
} from "./rival_servers.ts";

/** A tool beside which Peerdex is measured. */
export interface Rival {
  readonly name: string;
  /** The programs that it takes. */
  readonly programs: readonly string[];
  /**
   * Starts its server.
   *
   * @returns What fetches once, and tells the seconds that it took.
   */
  readonly start: (
    options: { dir: string; file: string; out: string },
    owned: AsyncDisposableStack,
  ) => Promise<() => Promise<number>>;
}

/** Every rival that can fetch one file. */
export const RIVALS: readonly Rival[] = [
  {
    name: "curl from nginx",
    programs: ["curl", "nginx"],
    start: async ({ dir, file, out }, owned) => {
      const url = `${await nginx(dir, dirname(file), owned)}/${basename(file)}`;
      return async () => (await run("curl", ["-sfo", out, url])).seconds;
    },
  },
  {
    name: "curl from nginx, then openssl sha256",
    programs: ["curl", "nginx", "openssl"],
    start: async ({ dir, file, out }, owned) => {
      const url = `${await nginx(dir, dirname(file), owned)}/${basename(file)}`;
      return async () => {
        const { seconds } = await run("curl", ["-sfo", out, url]);
        const digest = await run("openssl", ["dgst", "-sha256", out]);
        return seconds + digest.seconds;
      };
    },
  },
  {
    name: "rsync from a daemon",
    programs: ["rsync"],
    start: async ({ dir, file, out }, owned) => {
      const url = await rsyncDaemon(dir, dirname(file), owned);
      return async () =>
        (await run("rsync", [`${url}/${basename(file)}`, out])).seconds;
    },
  },
  {
    name: "scp",
    programs: ["scp", "sshd", "ssh-keygen"],
    start: async ({ dir, file, out }, owned) => {
      const scp = await sshd(dir, owned);
      return async () =>
        (await run("scp", [...scp, `scp://127.0.0.1/${file}`, out])).seconds;
    },
  },
  {
    name: "aria2, BitTorrent, one seeder",
    programs: ["aria2c"],
    start: async ({ dir, file, out }, owned) => {
      const torrent = await seed(dir, file, owned);
      return async () => {
        const { seconds } = await run("aria2c", [
          ...QUIET_ARIA2,
          "--seed-time=0",
          "--listen-port=" + freePort(),
          "--dir=" + dirname(out),
          torrent,
        ]);
        return seconds;
      };
    },
  },
];

/** Every rival that can fetch a folder of many files. */
export const FOLDER_RIVALS: readonly Rival[] = [
  {
    name: "rsync from a daemon",
    programs: ["rsync"],
    start: async ({ dir, file, out }, owned) => {
      const url = await rsyncDaemon(dir, file, owned);
      return async () => (await run("rsync", ["-rt", `${url}/`, out])).seconds;
    },
  },
  {
    name: "curl, one connection",
    programs: ["curl", "nginx"],
    start: async ({ dir, file, out }, owned) => {
      const url = await nginx(dir, file, owned);
      const config = join(dir, "curl.conf");
      const lines: string[] = [];
      for await (const { name } of Deno.readDir(file)) {
        lines.push(`url = "${url}/${name}"\noutput = "${join(out, name)}"`);
      }
      await Deno.writeTextFile(config, lines.join("\n"));
      return async () => (await run("curl", ["-sfK", config])).seconds;
    },
  },
  {
    name: "scp -r",
    programs: ["scp", "sshd", "ssh-keygen"],
    start: async ({ dir, file, out }, owned) => {
      const scp = await sshd(dir, owned);
      return async () =>
        (await run("scp", ["-r", ...scp, `scp://127.0.0.1/${file}`, out]))
          .seconds;
    },
  },
];

/**
 * Starts a rival's server.
 *
 * @returns What fetches once; nothing where it cannot run here, which is said.
 */
export async function startRival(
  rival: Rival,
  options: Parameters<Rival["start"]>[0],
  owned: AsyncDisposableStack,
): Promise<(() => Promise<number>) | undefined> {
  if (!await canRun(rival)) return undefined;
  try {
    return await rival.start(options, owned);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.log(`  ${rival.name}: left out, it does not start (${reason})`);
    return undefined;
  }
}

/** Whether all that a rival takes is installed; says so where not. */
export async function canRun({ name, programs }: Rival): Promise<boolean> {
  for (const program of programs) {
    if (await isInstalled(program)) continue;
    console.log(`  ${name}: left out, ${program} is not installed`);
    return false;
  }
  return true;
}
