/**
 * A file that changes while it is shared: whoever shares it is told.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { IndexServer } from "../../index/server.ts";
import { NoSourceError } from "../../peer/errors.ts";
import { Peer, type PeerEvent } from "../../peer/peer.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { permitted, tempDir } from "../permission.ts";

permitted(
  { net: true, read: true, write: true },
  "a peer tells once that a file has changed, until it is shared again",
  async () => {
    await using dir = await tempDir();
    await using server = await IndexServer.start({
      hostname: "127.0.0.1",
      port: 0,
    });
    const events: PeerEvent[] = [];
    const index = server.addr;
    await using alice = await Peer.open({
      ...{ index, name: peerName("alice"), dir: `${dir.path}/alice` },
      onEvent: (event) => events.push(event),
    });
    await using bob = await Peer.open({
      ...{ index, name: peerName("bob"), dir: `${dir.path}/bob` },
    });
    const name = contentName("a.txt");
    const path = `${dir.path}/alice/${name}`;

    await Deno.writeTextFile(path, "old");
    await alice.share([path]);
    await Deno.writeTextFile(path, "new and longer");
    await assertRejects(() => bob.download(name), NoSourceError);
    await assertRejects(() => bob.download(name), NoSourceError);
    const changed: PeerEvent = { type: "stale", name, error: "CHANGED" };
    assertEquals(events, [changed]);

    await alice.share([path]);
    await Deno.remove(path);
    await assertRejects(() => bob.download(name), NoSourceError);
    const gone: PeerEvent = { type: "stale", name, error: "UNREADABLE" };
    assertEquals(events, [changed, gone]);

    await Deno.writeTextFile(path, "here again");
    await alice.share([path]);
    const saved = await bob.download(name);
    assertEquals(await Deno.readTextFile(saved.path), "here again");
  },
);
