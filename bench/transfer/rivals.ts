/**
 * Other tools that move a file between two processes of this machine.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, dirname, join } from "@std/path";
import { isInstalled, run } from "./process.ts";

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

/** Whether all that a rival takes is installed; says so where not. */
export async function canRun({ name, programs }: Rival): Promise<boolean> {
  for (const program of programs) {
    if (await isInstalled(program)) continue;
    console.log(`  ${name}: left out, ${program} is not installed`);
    return false;
  }
  return true;
}

const QUIET_ARIA2 = [
  "--quiet",
  "--no-conf",
  "--enable-dht=false",
  "--enable-dht6=false",
  "--bt-enable-lpd=false",
  "--enable-peer-exchange=false",
  "--file-allocation=none",
  "--disable-ipv6=true",
];

async function nginx(
  dir: string,
  root: string,
  owned: AsyncDisposableStack,
): Promise<string> {
  const port = freePort();
  const prefix = await Deno.makeTempDir({ dir, prefix: "nginx_" });
  const config = join(prefix, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${prefix};`).join(" ");
  await Deno.writeTextFile(
    config,
    `daemon off; pid ${prefix}/pid; error_log stderr crit; user root;
events { worker_connections 256; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000;
${temporary} server { listen 127.0.0.1:${port}; root ${root}; } }`,
  );
  await startServer("nginx", ["-p", prefix, "-c", config], { port, owned });
  return `http://127.0.0.1:${port}`;
}

async function rsyncDaemon(
  dir: string,
  root: string,
  owned: AsyncDisposableStack,
): Promise<string> {
  const port = freePort();
  const config = join(dir, "rsyncd.conf");
  await Deno.writeTextFile(
    config,
    `use chroot = no\nuid = root\n[files]\npath = ${root}\n`,
  );
  await startServer("rsync", [
    "--daemon",
    "--no-detach",
    "--address=127.0.0.1",
    `--port=${port}`,
    `--config=${config}`,
  ], { port, owned });
  return `rsync://127.0.0.1:${port}/files`;
}

/** Starts sshd with keys of its own. Returns what scp is told to use it. */
async function sshd(
  dir: string,
  owned: AsyncDisposableStack,
): Promise<string[]> {
  const port = freePort();
  const keys = await Deno.makeTempDir({ dir, prefix: "ssh_" });
  for (const name of ["host", "user"]) {
    const path = join(keys, name);
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
  }
  const config = join(keys, "sshd_config");
  await Deno.writeTextFile(
    config,
    `HostKey ${keys}/host\nAuthorizedKeysFile ${keys}/user.pub
StrictModes no\nPidFile none\nSubsystem sftp internal-sftp\n`,
  );
  const { output } = await run("sh", ["-c", "command -v sshd"]);
  await startServer(
    output.trim(),
    ["-D", "-p", `${port}`, "-f", config],
    { port, owned },
  );
  return [
    ...["-q", "-B", "-P", `${port}`, "-i", `${keys}/user`],
    ...["-o", "StrictHostKeyChecking=no"],
    ...["-o", "UserKnownHostsFile=/dev/null"],
  ];
}

/** Seeds a file. Returns the path of its torrent. */
async function seed(
  dir: string,
  file: string,
  owned: AsyncDisposableStack,
): Promise<string> {
  const seederPort = freePort();
  const peer = [127, 0, 0, 1, seederPort >> 8, seederPort & 0xff];
  const tracker = owned.use(Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    handler: () =>
      new Response(
        new Uint8Array([
          ...new TextEncoder().encode("d8:intervali60e5:peers6:"),
          ...peer,
          0x65,
        ]),
      ),
  }));
  const torrent = join(dir, "file.torrent");
  const announce = `http://127.0.0.1:${tracker.addr.port}/announce`;
  await Deno.writeFile(torrent, await torrentOf(file, announce));
  await startServer("aria2c", [
    ...QUIET_ARIA2,
    "--seed-ratio=0.0",
    "--check-integrity=true",
    `--listen-port=${seederPort}`,
    `--dir=${dirname(file)}`,
    torrent,
  ], { port: seederPort, owned });
  return torrent;
}

async function torrentOf(file: string, announce: string): Promise<Uint8Array> {
  const PIECE_BYTES = 2 ** 20;
  const hashes: Uint8Array[] = [];
  using open = await Deno.open(file);
  const piece = new Uint8Array(PIECE_BYTES);
  for (let done = 0; done < PIECE_BYTES;) {
    const count = await open.read(piece.subarray(done));
    done += count ?? PIECE_BYTES;
    if (count !== null && done < PIECE_BYTES) continue;
    if (count === null) break;
    hashes.push(createHash("sha1").update(piece).digest());
    done = 0;
  }
  const { size } = await Deno.stat(file);
  const name = basename(file);
  const encoder = new TextEncoder();
  const bytes = (text: string) => [...encoder.encode(text)];
  const pieces = hashes.flatMap((hash) => [...hash]);
  return new Uint8Array([
    ...bytes(`d8:announce${announce.length}:${announce}4:info`),
    ...bytes(`d6:lengthi${size}e4:name${name.length}:${name}`),
    ...bytes(`12:piece lengthi${PIECE_BYTES}e6:pieces${pieces.length}:`),
    ...pieces,
    ...bytes("ee"),
  ]);
}

/** Starts a server, and waits until it takes connections. */
async function startServer(
  program: string,
  args: readonly string[],
  { port, owned }: { port: number; owned: AsyncDisposableStack },
): Promise<void> {
  const process = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  owned.defer(async () => {
    try {
      process.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await process.status;
  });
  for (let attempt = 0;; attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
