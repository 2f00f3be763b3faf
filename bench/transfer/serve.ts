/**
 * Sources of the bench.
 *
 * @module
 */

import { ContentServer } from "../../peer/content_server.ts";
import { digestFile } from "../../peer/file_digest.ts";
import { Hasher } from "../../peer/hasher.ts";
import { ShareTable } from "../../peer/share_table.ts";
import { contentName } from "../../protocol/name.ts";

/** What the index would tell of a file, as text. */
export interface Listed {
  readonly name: string;
  readonly size: number;
  readonly digest: string;
  readonly modified: number;
}

/** Serves a file: prints the port, and what the file is. */
export async function serve(
  [path, hostname, name, limitUp]: string[],
): Promise<void> {
  const { size, digest, exponent, pieceHashes } = await (async () => {
    await using hasher = new Hasher();
    return await digestFile(path!, { hasher });
  })();
  const modified = Deno.statSync(path!).mtime!.getTime();
  const metadata = { size, digest, exponent, modified, partial: false };
  const shares = new ShareTable();
  shares.add({ name: contentName(name!), path: path!, metadata, pieceHashes });
  const server = ContentServer.listen({
    hostname,
    shares,
    limitUp: Number(limitUp) || undefined,
  });
  console.log(
    [server.addr.port, size, digest.toHex(), exponent].join(" "),
  );
}

/** Serves a folder: writes what is there to a file, and prints the port. */
export async function serveFolder([folder, list]: string[]): Promise<void> {
  const shares = new ShareTable();
  const listed: Listed[] = [];
  await using hasher = new Hasher();
  for await (const { name } of Deno.readDir(folder!)) {
    const path = `${folder}/${name}`;
    const { size, digest, exponent, pieceHashes } = await digestFile(path, {
      hasher,
    });
    const modified = Deno.statSync(path).mtime!.getTime();
    const metadata = { size, digest, exponent, modified, partial: false };
    shares.add({ name: contentName(name), path, metadata, pieceHashes });
    listed.push({ name, size, digest: digest.toHex(), modified });
  }
  await Deno.writeTextFile(list!, JSON.stringify(listed));
  const server = ContentServer.listen({ hostname: "127.0.0.1", shares });
  console.log(server.addr.port);
}
