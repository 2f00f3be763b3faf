/**
 * A source, or a download, in a process of its own, which a test can kill.
 *
 * ```text
 * transfer_child.ts serve FILE PORT LIMIT_UP    prints its port
 * transfer_child.ts fetch FOLDER SIZE DIGEST EXPONENT PORT…
 *     prints "verified BYTES" again and again, "done KEPT FETCHED" in the end
 * ```
 *
 * @module
 */

import { ContentServer } from "../../peer/content_server.ts";
import { download } from "../../peer/download.ts";
import { NoSourceError } from "../../peer/errors.ts";
import { digestFile } from "../../peer/file_digest.ts";
import { Hasher } from "../../peer/hasher.ts";
import { ShareTable } from "../../peer/share_table.ts";
import { SharedFolder } from "../../peer/shared_folder.ts";
import { parseDigest } from "../../protocol/digest.ts";
import { contentName, peerName } from "../../protocol/name.ts";

const NAME = contentName("films/a.bin");

if (import.meta.main) {
  const [role, ...args] = Deno.args;
  if (role === "serve") await serve(args);
  else await fetch(args);
}

async function serve([path, port, limitUp]: string[]): Promise<void> {
  await using hasher = new Hasher();
  const { size, digest, exponent, pieceHashes } = await digestFile(path!, {
    hasher,
  });
  const metadata = { size, digest, exponent, modified: 0, partial: false };
  const shares = new ShareTable();
  shares.add({ name: NAME, path: path!, metadata, pieceHashes });
  const server = ContentServer.listen({
    hostname: "127.0.0.1",
    port: Number(port),
    shares,
    limitUp: Number(limitUp),
  });
  console.log(server.addr.port);
  await Promise.withResolvers().promise;
}

async function fetch(
  [folder, size, digest, exponent, ...ports]: string[],
): Promise<void> {
  await using hasher = new Hasher();
  const metadata = {
    size: Number(size),
    digest: parseDigest(digest!),
    exponent: Number(exponent),
    modified: 1_600_000_000_000,
    partial: false,
  };
  const sources = ports.map((port, i) => ({
    hostname: "127.0.0.1",
    port: Number(port),
    peer: peerName(`source ${i}`),
    name: NAME,
  }));
  try {
    const { bytesKept, bytesFetched } = await download(NAME, {
      find: () => Promise.resolve({ metadata, sources }),
      folder: await SharedFolder.open(folder!),
      peer: peerName("me"),
      hasher,
      onProgress: ({ bytes }) => console.log(`verified ${bytes}`),
    });
    console.log(`done ${bytesKept} ${bytesFetched}`);
  } catch (error) {
    if (!(error instanceof NoSourceError)) throw error;
    console.log("no source");
  }
}
