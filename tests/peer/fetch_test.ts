import { assertEquals, assertRejects } from "@std/assert";
import { IndexServer } from "../../index/server.ts";
import { NoSourceError } from "../../peer/errors.ts";
import { fetchContent, type FetchParts, type Self } from "../../peer/fetch.ts";
import { Hasher } from "../../peer/hasher.ts";
import { sessionIdentity } from "../../peer/identity.ts";
import { IndexClient } from "../../peer/index_client.ts";
import { Peer } from "../../peer/peer.ts";
import { SharedFolder } from "../../peer/shared_folder.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { permitted, tempDir } from "../permission.ts";

permitted(
  { net: true, read: true, write: true },
  "fetchContent() takes nobody for itself who has its name and port elsewhere",
  async () => {
    await using dir = await tempDir();
    await using server = await IndexServer.start({
      hostname: "127.0.0.1",
      port: 0,
    });
    const index = server.addr;
    const alice = peerName("alice");
    const name = contentName("a.txt");
    await using sharing = await Peer.open({
      ...{ index, name: alice, hostname: "127.0.0.1", dir: `${dir.path}/a` },
    });
    await Deno.writeTextFile(`${dir.path}/a/${name}`, "hers");
    await sharing.share([`${dir.path}/a`]);

    await using client = await IndexClient.open({ index, peer: alice });
    await using hasher = new Hasher();
    const folder = await SharedFolder.open(`${dir.path}/b`);
    const partsOf = (self: Self): FetchParts => ({
      ...{ client, folder, hasher, peer: alice, self },
    });
    const { port } = sharing.addr;
    const { sources: [source] } = await client.search({ name });
    await assertRejects(
      () => fetchContent(name, partsOf({ port, key: source!.key! })),
      NoSourceError,
    );
    const other = partsOf({ port, key: sessionIdentity().key });
    const { path } = await fetchContent(name, other);
    assertEquals(await Deno.readTextFile(path), "hers");
  },
);
