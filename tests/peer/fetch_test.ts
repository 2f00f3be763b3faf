import { assertEquals, assertRejects } from "@std/assert";
import { IndexServer } from "../../index/server.ts";
import { NoSourceError } from "../../peer/errors.ts";
import {
  fetchContent,
  fetchMany,
  type FetchParts,
  type Self,
} from "../../peer/fetch.ts";
import { Hasher } from "../../peer/hasher.ts";
import { sessionIdentity } from "../../peer/identity.ts";
import { IndexClient } from "../../peer/index_client.ts";
import { Peer } from "../../peer/peer.ts";
import { Session } from "../../peer/session.ts";
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

permitted(
  { net: true, read: true, write: true },
  "fetchContent() and fetchMany() find who tells the truth of a digest",
  async () => {
    await using dir = await tempDir();
    await using server = await IndexServer.start({
      hostname: "127.0.0.1",
      port: 0,
    });
    const index = server.addr;
    const peer = peerName("bob");
    await using alice = await Peer.open({
      ...{ index, name: peerName("alice"), hostname: "127.0.0.1" },
      dir: `${dir.path}/alice`,
    });
    const contents = new Map([
      [contentName("small"), new Uint8Array(1_000).fill(1)],
      [contentName("large"), new Uint8Array(3_000_000).fill(2)],
    ]);
    for (const [name, bytes] of contents) {
      await Deno.writeFile(`${alice.folder.path}/${name}`, bytes);
    }
    await alice.share([alice.folder.path]);

    const liar = peerName("mallory");
    await using lying = await IndexClient.open({
      ...{ index, peer: liar, signer: sessionIdentity() },
    });
    await using session = await Session.open(lying, { peer: liar, port: 9 });
    await using client = await IndexClient.open({ index, peer });
    await using hasher = new Hasher({ threads: 1 });
    let tries = 0;
    for (const { name, metadata } of alice.shared()) {
      for (
        const lie of [{ size: metadata.size + 1 }, { size: 0 }, {
          exponent: 20,
        }]
      ) {
        await session.register({
          name: contentName("lie"),
          metadata: { ...metadata, ...lie },
        });
        const { digest } = metadata;
        const found = await client.search({ digest });
        assertEquals(found.sources[0]!.peer, liar);
        const folder = await SharedFolder.open(`${dir.path}/${tries++}`);
        const parts = { client, folder, hasher, peer };
        const { path } = await fetchContent(name, parts, { digest });
        assertEquals(await Deno.readFile(path), contents.get(name));
        const outcomes: unknown[] = [];
        const again = async () =>
          await fetchMany([{ name, digest }], parts, {
            onOutcome: (outcome) =>
              outcomes.push(
                "fetched" in outcome ? outcome.fetched.outcome : outcome.error,
              ),
          });
        await again();
        await Deno.remove(path);
        await again();
        assertEquals(outcomes, ["present", "fetched"]);
        assertEquals(await Deno.readFile(path), contents.get(name));
      }
    }
  },
);
