/**
 * What runs in the bench's own child processes: sources and clients, Peerdex's
 * and the bare copy's.
 *
 * ```text
 * actor.ts serve FILE HOST NAME LIMIT_UP     prints its port and the digest
 * actor.ts fetch FOLDER NAME LIMIT_DOWN SIZE DIGEST EXPONENT HOST:PORT…   prints a result
 * actor.ts serve-folder FOLDER LIST          writes what is there to LIST, prints its port
 * actor.ts fetch-many FOLDER LIST HOST:PORT  prints a result
 * actor.ts index                             prints its port
 * actor.ts share INDEX_PORT FILE DIR LIMIT_UP   prints a line when it serves
 * actor.ts get INDEX_PORT NAME DIR LIMIT_UP  prints a line, waits for one, prints a result, serves on
 * actor.ts bare-serve FILE                   prints its port
 * actor.ts bare-fetch FILE HOST:PORT         prints a result
 * actor.ts idle                              prints the memory of a peer that does nothing
 * ```
 *
 * @module
 */

import { download } from "../../peer/download.ts";
import { downloadMany } from "../../peer/download_many.ts";
import { Hasher } from "../../peer/hasher.ts";
import type { Peer } from "../../peer/peer.ts";
import { RateLimit } from "../../peer/rate_limit.ts";
import { SharedFolder } from "../../peer/shared_folder.ts";
import { parseDigest } from "../../protocol/digest.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import type { Listed } from "./serve.ts";
import { cpuSeconds, peakMib } from "./usage.ts";

/** What a client prints when it is done. */
export interface FetchReport {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMib: number;
}

const BARE_BYTES = 262_144;

if (import.meta.main) await act(Deno.args);

async function act([role, ...args]: string[]): Promise<void> {
  switch (role) {
    // What a role does not need takes none of its time to start.
    case "serve":
      return await (await import("./serve.ts")).serve(args);
    // Who has fetched ends as the peer's program does.
    case "fetch":
      await fetchContent(args);
      return Deno.exit();
    case "serve-folder":
      return await (await import("./serve.ts")).serveFolder(args);
    case "fetch-many":
      await fetchMany(args);
      return Deno.exit();
    case "index":
      return await startIndex();
    case "share":
      return await share(args);
    case "get":
      return await get(args);
    case "bare-serve":
      return await bareServe(args[0]!);
    case "bare-fetch":
      await bareFetch(args[0]!, args[1]!);
      return Deno.exit();
    case "idle":
      return await idle();
    default:
      throw new TypeError(`There is no actor ${role}`);
  }
}

async function fetchContent(
  [path, name, limitDown, size, digest, exponent, ...endpoints]: string[],
): Promise<void> {
  const content = contentName(name!);
  const metadata = {
    size: Number(size),
    digest: parseDigest(digest!),
    exponent: Number(exponent),
    modified: 0,
    partial: false,
  };
  const sources = endpoints.map((endpoint, i) => {
    const [hostname, port] = endpoint.split(":");
    const peer = peerName(`source ${i}`);
    return { hostname: hostname!, port: Number(port), peer, name: content };
  });
  const folder = await SharedFolder.open(path!);
  await using hasher = new Hasher();
  await report(async () => {
    await download(content, {
      find: () => Promise.resolve({ metadata, sources }),
      folder,
      hasher,
      peer: peerName("client"),
      maxSources: Math.max(4, sources.length),
      ...(Number(limitDown) > 0 && {
        limitDown: new RateLimit(Number(limitDown)),
      }),
    });
  });
}

async function fetchMany(
  [path, list, endpoint]: string[],
): Promise<void> {
  const [hostname, port] = endpoint!.split(":");
  const peer = peerName("source");
  const folder = await SharedFolder.open(path!);
  const listed: Listed[] = JSON.parse(await Deno.readTextFile(list!));
  await using hasher = new Hasher();
  await report(async () => {
    const wanted = listed.map(({ name: text, size, digest, modified }) => {
      const name = contentName(text);
      const source = { hostname: hostname!, port: Number(port), peer, name };
      const metadata = {
        size,
        digest: parseDigest(digest),
        exponent: 18,
        modified,
        partial: false,
      };
      return { name, found: { metadata, sources: [source] } };
    });
    await downloadMany(wanted, {
      find: () => Promise.reject(new Error("There is no index")),
      ...{ folder, hasher, peer },
      onResult: ({ error }) => {
        if (error) throw error;
      },
    });
  });
}

async function startIndex(): Promise<void> {
  const { IndexServer } = await import("../../index/server.ts");
  const server = await IndexServer.start({ hostname: "127.0.0.1", port: 0 });
  console.log(server.addr.port);
}

async function share(
  [indexPort, file, dir, limitUp]: string[],
): Promise<void> {
  const peer = await openPeer({ indexPort, dir, limitUp, name: "seed" });
  await peer.share([file!]);
  console.log("ready");
}

async function get(
  [indexPort, name, dir, limitUp]: string[],
): Promise<void> {
  const peer = await openPeer({ indexPort, dir, limitUp });
  console.log("ready");
  await Deno.stdin.read(new Uint8Array(16));
  await report(async () => {
    await peer.download(contentName(name!));
  });
}

async function openPeer(
  { indexPort, dir, limitUp, name }: {
    indexPort: string | undefined;
    dir: string | undefined;
    limitUp: string | undefined;
    name?: string;
  },
): Promise<Peer> {
  const { Peer } = await import("../../peer/peer.ts");
  return await Peer.open({
    index: { hostname: "127.0.0.1", port: Number(indexPort) },
    hostname: "127.0.0.1",
    dir,
    limitUp: Number(limitUp) || undefined,
    ...(name && { name: peerName(name) }),
  });
}

async function bareServe(path: string): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(listener.addr.port);
  const buffer = new Uint8Array(BARE_BYTES);
  for await (const conn of listener) {
    using file = await Deno.open(path);
    for (let count; (count = await file.read(buffer)) !== null;) {
      for (let done = 0; done < count;) {
        done += await conn.write(buffer.subarray(done, count));
      }
    }
    conn.close();
  }
}

async function bareFetch(path: string, endpoint: string): Promise<void> {
  const [hostname, port] = endpoint.split(":");
  await report(async () => {
    using conn = await Deno.connect({
      hostname: hostname!,
      port: Number(port),
    });
    using file = await Deno.open(path, { write: true, create: true });
    const buffer = new Uint8Array(BARE_BYTES);
    for (let count; (count = await conn.read(buffer)) !== null;) {
      for (let done = 0; done < count;) {
        done += await file.write(buffer.subarray(done, count));
      }
    }
  });
}

/** The memory of a peer that does nothing: all is loaded, and a thread hashes. */
async function idle(): Promise<void> {
  await using hasher = new Hasher();
  await hasher.hash(new Uint8Array(2 ** 17), { exponent: 18, alone: true });
  console.log(peakMib(Deno.pid).toFixed(1));
}

async function report(work: () => Promise<void>): Promise<void> {
  const start = performance.now();
  const cpu = cpuSeconds();
  await work();
  const result: FetchReport = {
    seconds: (performance.now() - start) / 1_000,
    cpuSeconds: cpuSeconds() - cpu,
    peakMib: peakMib(Deno.pid),
  };
  console.log(JSON.stringify(result));
}
