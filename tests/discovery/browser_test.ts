import { assert, assertEquals, assertRejects } from "@std/assert";
import { Announcer, type AnnouncerOptions } from "../../discovery/announcer.ts";
import { nothingFound } from "../../discovery/attempt.ts";
import { findIndexes, type FindOptions } from "../../discovery/browser.ts";
import { decodeMessage } from "../../discovery/dns_message.ts";
import { FakeClock } from "../peer/fake_clock.ts";
import { idle } from "../peer/real_work.ts";
import { FakeHost, FakeSegment } from "./fake_network.ts";
import { address, DNS_VECTORS } from "./vectors.ts";

/** Two hosts on one segment, and a clock for both. */
function setUp() {
  const segment = new FakeSegment();
  const host = (last: number) =>
    new FakeHost({
      eth0: {
        segment,
        addresses: [`192.0.2.${last}/24`, `fe80::${last}/64`],
        scope: last,
      },
    });
  const index = host(7);
  const peer = host(9);
  const clock = new FakeClock();
  const random = () => 0.5;
  return {
    segment,
    index,
    peer,
    clock,
    announce: (options: Partial<AnnouncerOptions> = {}) =>
      Announcer.start({
        port: 60000,
        network: index,
        clock,
        random,
        ...options,
      }),
    find: (options: FindOptions = {}) =>
      clock.until(findIndexes({ network: peer, clock, random, ...options })),
  };
}

Deno.test("findIndexes() finds an index, IPv4 first, and closes all it opened", async () => {
  const { segment, clock, announce, find } = setUp();
  await using announcer = await announce({ txt: { name: "lab" } });
  const links = segment.links;
  const { found } = await find();
  assertEquals(found, [{
    instance: announcer.instance,
    hostname: "192.0.2.7",
    port: 60000,
    hostnames: ["192.0.2.7", "fe80::7%9"],
    txt: { v: "1", name: "lab" },
    interface: "eth0",
  }]);
  assert(clock.now() <= 500, `after ${clock.now()} ms`);
  assertEquals(segment.links, links);
});

Deno.test("findIndexes() finds over IPv6 what has no IPv4 there", async () => {
  const { index, peer, announce, find } = setUp();
  const eth0 = index.interfacesByName.eth0!;
  index.interfacesByName.eth0 = { ...eth0, addresses: ["fe80::7/64"] };
  await using _announcer = await announce();
  const { found } = await find();
  assertEquals(found[0]!.hostnames, ["fe80::7%9"]);
  const { found: none } = await find({ families: ["IPv4"] });
  assertEquals(none, []);
  peer.listed = false;
  const { found: guessed, tried } = await find();
  assertEquals(guessed[0]!.hostnames, ["fe80::7%9"]);
  assertEquals(tried.map((attempt) => [attempt.interface, attempt.from]), [
    ["default route", "192.0.2.9"],
    ["interface 9", "fe80::9%9"],
  ]);
});

Deno.test("findIndexes() takes the source where neither side lists interfaces", async () => {
  const { index, peer, announce, find } = setUp();
  index.listed = peer.listed = false;
  await using _announcer = await announce();
  const { found } = await find();
  assertEquals(found[0]!.hostnames, ["192.0.2.7", "fe80::7%9"]);
});

Deno.test("findIndexes() gives up after its time and says what it tried", async () => {
  const { segment, clock, find } = setUp();
  const { found, tried } = await find({ timeoutMs: 2_000 });
  assertEquals(found, []);
  assertEquals(clock.now(), 2_000);
  assertEquals(
    nothingFound(tried),
    "Cannot find an index on the local network: " +
      "nobody answered at 224.0.0.251:5353, asked from 192.0.2.9 (eth0); " +
      "nobody answered at [ff02::fb]:5353, asked from fe80::9%9 (eth0); " +
      "type --index HOST:PORT to name one",
  );
  const toAll = segment.sent.filter(({ from }) => from.port === 5353);
  assertEquals(toAll.length, 4, "two rounds over two families");
  const alone = segment.sent.filter(({ from }) => from.port !== 5353);
  assertEquals(alone.length, 6, "three rounds over two families");
});

Deno.test("findIndexes() lists every index when it waits to the end", async () => {
  const { announce, clock, find } = setUp();
  await using _a = await announce({ name: "A" });
  await using _b = await announce({ name: "B", port: 60001 });
  const { found } = await find({ timeoutMs: 3_000, settleMs: 3_000 });
  assertEquals(found.map(({ port }) => port).sort(), [60000, 60001]);
  assertEquals(clock.now(), 3_000);
  const { found: one } = await find({ maxFound: 1 });
  assertEquals(one.length, 1);
});

Deno.test("findIndexes() asks again: a lost question is not the end", async () => {
  const { segment, clock, announce, find } = setUp();
  await using _announcer = await announce();
  await clock.advance(10_000);
  for (const [lost, atMs] of [[4, 250], [6, 1_000]] as const) {
    segment.lost = lost;
    const start = clock.now();
    const { found } = await find({ settleMs: 0 });
    assertEquals([found.length, clock.now() - start], [1, atMs]);
    await clock.advance(10_000);
  }
});

Deno.test("findIndexes() hears an index that starts in the meantime", async () => {
  const { peer, clock, announce } = setUp();
  const finding = findIndexes({ network: peer, clock });
  await clock.advance(500);
  await using announcer = await announce();
  const { found } = await clock.until(finding);
  assertEquals(found[0]!.instance, announcer.instance);
  assertEquals(clock.now(), 750);
});

Deno.test("findIndexes() says at once that nothing could be asked", async () => {
  const { peer, clock, find } = setUp();
  const eth0 = peer.interfacesByName.eth0!;
  const broken = new Error("Cannot listen on eth0: taken");
  peer.interfacesByName.eth0 = { ...eth0, broken };
  const { tried } = await find();
  assertEquals(clock.now(), 0);
  assertEquals(
    nothingFound(tried),
    "Cannot find an index on the local network: " +
      "cannot listen on eth0: taken; cannot listen on eth0: taken; " +
      "type --index HOST:PORT to name one",
  );
  peer.interfacesByName = {};
  assertEquals(
    nothingFound((await find()).tried),
    "Cannot find an index on the local network: " +
      "it has no network interface; type --index HOST:PORT to name one",
  );
  peer.listed = false;
  const guessed = (await find()).tried;
  assertEquals(
    guessed.map(({ family, interface: name }) => [family, name]),
    [["IPv4", "any interface"], ["IPv6", "any interface"]],
  );
});

Deno.test("findIndexes() ends when its signal is aborted", async () => {
  const { segment, clock, find } = setUp();
  const controller = new AbortController();
  const finding = find({ signal: controller.signal });
  await idle();
  controller.abort(new Error("stopped"));
  await assertRejects(() => finding, Error, "stopped");
  assertEquals([segment.links, clock.timers], [0, 0]);
  await assertRejects(() => find({ signal: controller.signal }), Error);
});

/** What a stranger answers to the first question, and from where. */
interface Stranger {
  readonly from?: string;
  readonly port?: number;
  readonly toAsker?: boolean;
  readonly id?: (asked: number) => number;
}

const STRANGERS: Readonly<Record<string, Stranger>> = {
  "from another network": { from: "203.0.113.7" },
  "from a port that speaks for no host": { port: 40_000 },
  "to another question": { toAsker: true, id: (asked) => asked ^ 1 },
  "to no question": { toAsker: true, id: () => 0 },
};

async function answered(stranger: Stranger): Promise<number> {
  const { segment, find } = setUp();
  const finding = find({ families: ["IPv4"] });
  await idle();
  const asked = segment.sent.find(({ from }) => from.port !== 5353)!;
  const bytes = DNS_VECTORS[2]!.bytes.slice();
  const { from = "192.0.2.7", port = 5353, toAsker, id } = stranger;
  const view = new DataView(bytes.buffer);
  if (id) view.setUint16(0, id(decodeMessage(asked.bytes).id));
  segment.inject({
    bytes,
    from: { address: address(from), port },
    to: toAsker ? asked.from : undefined,
  });
  return (await finding).found.length;
}

Deno.test("findIndexes() takes an answer to all, and one to its own question", async () => {
  assertEquals(await answered({}), 1);
  assertEquals(await answered({ toAsker: true, id: (asked) => asked }), 1);
});

for (const [what, stranger] of Object.entries(STRANGERS)) {
  Deno.test(`findIndexes() refuses an answer ${what}`, async () => {
    assertEquals(await answered(stranger), 0);
  });
}
