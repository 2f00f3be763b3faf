/**
 * Peerdex as a library: an index server, the client that asks one, a peer that
 * shares and fetches, and every byte of the protocol between them.
 *
 * @example
 * ```ts
 * import { contentName, IndexServer, Peer, peerName } from "./mod.ts";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/alice`);
 * await Deno.writeTextFile(`${folder}/alice/hello.txt`, "Hello");
 * {
 *   await using index = await IndexServer.start({
 *     hostname: "127.0.0.1",
 *     port: 0,
 *   });
 *   await using alice = await Peer.open({
 *     index: index.addr,
 *     name: peerName("alice"),
 *     dir: `${folder}/alice`,
 *   });
 *   await using bob = await Peer.open({
 *     index: index.addr,
 *     name: peerName("bob"),
 *     dir: `${folder}/bob`,
 *   });
 *   await alice.share([`${folder}/alice`]);
 *   const { path } = await bob.download(contentName("hello.txt"));
 *   console.assert(await Deno.readTextFile(path) === "Hello");
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */

export * from "./protocol/mod.ts";
export * from "./index/server.ts";
export * from "./peer/download.ts";
export * from "./peer/errors.ts";
export * from "./peer/index_client.ts";
export * from "./peer/index_error.ts";
export * from "./peer/peer.ts";
export * from "./peer/hasher.ts";
export type { Connect, SourceStream } from "./peer/connect.ts";
export type { ByteStream } from "./peer/pdu_stream.ts";
export type { SourceTimeouts } from "./peer/source_connection.ts";
export { RateLimit } from "./peer/rate_limit.ts";
export { SharedFolder } from "./peer/shared_folder.ts";
export type {
  Fetched,
  FetchOptions,
  FetchOutcome,
  ManyFetchOptions,
  Wish,
} from "./peer/fetch.ts";
export type { FileScan, LocalFile, SkippedFile } from "./peer/file_scan.ts";
export type { ReadOptions } from "./peer/library.ts";
export type { Registration, SessionEvent } from "./peer/session.ts";
export type { SharedContent } from "./peer/share_table.ts";
