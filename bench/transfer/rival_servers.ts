/**
 * The servers of other tools, on ports of their own.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, dirname, join } from "@std/path";
import { run } from "./process.ts";

/** What keeps aria2 to itself. */
export const QUIET_ARIA2 = [
  "--quiet",
  "--no-conf",
  "--enable-dht=false",
  "--enable-dht6=false",
  "--bt-enable-lpd=false",
  "--enable-peer-exchange=false",
  "--file-allocation=none",
  "--disable-ipv6=true",
];

/** Serves a folder by HTTP. Returns its address. */
export async function nginx(
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

/** Serves a folder by rsync. Returns its address. */
export async function rsyncDaemon(
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
export async function sshd(
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
  // Debian's sshd wants it, and only its own service would make it.
  await Deno.mkdir("/run/sshd", { recursive: true, mode: 0o755 });
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
export async function seed(
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

/** A port that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
