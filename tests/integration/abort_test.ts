/**
 * Whatever is given up, at whatever moment, leaves nothing behind: the leak
 * checks of the test runner look for it.
 */

import { setImmediate } from "node:timers";
import { assert, assertEquals } from "@std/assert";
import { IndexServer } from "../../index/server.ts";
import { Peer } from "../../peer/peer.ts";
import {
  type ContentName,
  contentName,
  peerName,
} from "../../protocol/name.ts";
import { permitted, tempDir } from "../permission.ts";

const NEEDS = { net: true, read: true, write: true } as const;

/** After how many turns of the event loop work is given up. */
const TURNS = [0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 85, 113, 150];

const NAME: ContentName = contentName("a.bin");
const CONTENT = new Uint8Array(1_500_000).map((_, i) => i * i >> 7);

class GivenUp extends Error {}

/** Does some work, and gives it up after so many turns. Returns whether it ended before. */
async function giveUpAfter(
  turns: number,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<boolean> {
  const stop = new AbortController();
  const working = work(stop.signal).then(
    () => true,
    (error: unknown) => {
      assert(error instanceof GivenUp, String(error));
      return false;
    },
  );
  for (let turn = 0; turn < turns; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  stop.abort(new GivenUp());
  return await working;
}

permitted(NEEDS, "Peer.open() can be given up at any moment", async () => {
  await using dir = await tempDir();
  await using index = await start();
  for (const turns of TURNS) {
    await giveUpAfter(turns, async (signal) => {
      await using _ = await open(dir.path, index, { signal });
    });
  }
});

permitted(
  NEEDS,
  "Peer.open() that nobody answers can be given up",
  async () => {
    await using dir = await tempDir();
    await using closing = new AsyncDisposableStack();
    const silent = Deno.listenDatagram({
      transport: "udp",
      hostname: "127.0.0.1",
      port: 0,
    });
    closing.defer(() => silent.close());
    const addr = silent.addr as Deno.NetAddr;
    for (const turns of [20, 150]) {
      const opened = await giveUpAfter(turns, async (signal) => {
        await using _ = await open(dir.path, { addr }, { signal });
      });
      assertEquals(opened, false);
    }
  },
);

permitted(NEEDS, "Peer.share() can be given up at any moment", async () => {
  await using dir = await tempDir();
  await using index = await start();
  await Deno.writeFile(`${dir.path}/${NAME}`, CONTENT);
  for (const turns of TURNS) {
    await using peer = await open(dir.path, index);
    await giveUpAfter(turns, (signal) => peer.share([dir.path], { signal }));
    await peer.share([dir.path]);
    assertEquals(peer.registrations().map(({ name }) => name), [NAME]);
  }
});

permitted(NEEDS, "Peer.download() can be given up at any moment", async () => {
  await using dir = await tempDir();
  await using index = await start();
  await Deno.mkdir(`${dir.path}/alice`);
  await Deno.writeFile(`${dir.path}/alice/${NAME}`, CONTENT);
  await using alice = await open(`${dir.path}/alice`, index);
  await alice.share([`${dir.path}/alice`]);
  for (const turns of TURNS) {
    const folder = `${dir.path}/bob${turns}`;
    await using bob = await open(folder, index, { name: peerName("bob") });
    await giveUpAfter(turns, (signal) => bob.download(NAME, { signal }));
    const { path } = await bob.download(NAME);
    assertEquals(await Deno.readFile(path), CONTENT);
    await bob.deregister(NAME);
  }
});

permitted(NEEDS, "what is closed twice is closed once", async () => {
  await using dir = await tempDir();
  await using index = await start();
  await using peer = await open(dir.path, index);
  await Promise.all([
    peer[Symbol.asyncDispose](),
    peer[Symbol.asyncDispose](),
  ]);
  await peer[Symbol.asyncDispose]();
  await Promise.all([
    index[Symbol.asyncDispose](),
    index[Symbol.asyncDispose](),
  ]);
});

async function start(): Promise<IndexServer> {
  return await IndexServer.start({ hostname: "127.0.0.1", port: 0 });
}

async function open(
  dir: string,
  { addr }: { addr: { hostname: string; port: number } },
  options: { signal?: AbortSignal; name?: ReturnType<typeof peerName> } = {},
): Promise<Peer> {
  const name = peerName("alice");
  return await Peer.open({
    ...{ name, index: addr, dir, hostname: "127.0.0.1" },
    ...options,
  });
}
