/**
 * A file that changes while it is shared: whoever shares it is told.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { IndexServer } from "../../index/server.ts";
import { NoSourceError } from "../../peer/errors.ts";
import { IndexError } from "../../peer/index_error.ts";
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

permitted(
  { net: true, read: true, write: true },
  "what the index takes under no other name is served as it was before",
  async () => {
    await using dir = await tempDir();
    await using server = await IndexServer.start({
      hostname: "127.0.0.1",
      port: 0,
    });
    const open = async (name: string) =>
      await Peer.open({
        index: server.addr,
        name: peerName(name),
        dir: `${dir.path}/${name}`,
      });
    await using alice = await open("alice");
    await using carol = await open("carol");
    const name = contentName("a.txt");
    {
      await using bob = await open("bob");
      for (const peer of [bob, alice]) {
        const path = `${peer.folder.path}/${name}`;
        await Deno.writeTextFile(path, "shared by both");
        await peer.share([path]);
      }
      alice.rename(bob.name);
      const error = await assertRejects(
        () => alice.share([`${alice.folder.path}/${name}`]),
        IndexError,
      );
      assertEquals(error.error, "NAME_TAKEN");
    }
    assertEquals(alice.registrations().map(({ peer }) => peer), [
      peerName("alice"),
    ]);
    const { path, from } = await carol.download(name);
    assertEquals(await Deno.readTextFile(path), "shared by both");
    assertEquals(from.map(({ peer }) => peer), [peerName("alice")]);
  },
);

permitted(
  { net: true, read: true, write: true },
  "what an index that is gone does not take is not served",
  async () => {
    await using dir = await tempDir();
    await using closing = new AsyncDisposableStack();
    const at = { hostname: "127.0.0.1", port: 0 };
    const server = closing.use(await IndexServer.start(at));
    const { port } = server.addr;
    await using alice = await Peer.open({
      ...{ index: server.addr, name: peerName("alice"), dir: dir.path },
    });
    await Deno.writeTextFile(`${dir.path}/a.txt`, "a");
    await alice.share([`${dir.path}/a.txt`]);
    await server[Symbol.asyncDispose]();
    await Deno.writeTextFile(`${dir.path}/b.txt`, "b");
    const stop = new AbortController();
    const silent = Deno.listenDatagram({ transport: "udp", ...at, port });
    try {
      const sharing = alice.share([`${dir.path}/b.txt`], {
        signal: stop.signal,
      });
      const refused = assertRejects(() => sharing);
      // It is being registered now.
      await silent.receive();
      stop.abort();
      await refused;
    } finally {
      silent.close();
    }
    assertEquals(alice.shared().map(({ name }) => name), [
      contentName("a.txt"),
    ]);
    // So that the goodbye need not be waited for.
    closing.use(await IndexServer.start({ ...at, port }));
  },
);
