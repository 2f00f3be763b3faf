import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  Announcer,
  type AnnouncerOptions,
  INTERFACES_EVERY_MS,
} from "../../discovery/announcer.ts";
import { decodeMessage } from "../../discovery/dns_message.ts";
import { formatAddress } from "../../protocol/address.ts";
import { FakeClock } from "../peer/fake_clock.ts";
import { FakeHost, FakeSegment, type SentDatagram } from "./fake_network.ts";
import { address, DNS_VECTORS } from "./vectors.ts";

const ETH0 = ["192.0.2.7/24", "fe80::7/64", "2001:db8::7/64"];

/** A host with one Ethernet, and what is needed to announce on it. */
function setUp(addresses: readonly string[] = ETH0) {
  const segment = new FakeSegment();
  const host = new FakeHost({
    lo: { segment: new FakeSegment(), addresses: ["127.0.0.1/8"], scope: 1 },
    eth0: { segment, addresses, scope: 2 },
  });
  const clock = new FakeClock();
  const problems: string[] = [];
  const start = (options: Partial<AnnouncerOptions> = {}) =>
    Announcer.start({
      port: 60000,
      network: host,
      clock,
      random: () => 0.25,
      onProblem: ({ message }) => problems.push(message),
      ...options,
    });
  return { segment, host, clock, problems, start };
}

/** The addresses that a datagram says the index has. */
function addressesIn({ bytes }: SentDatagram): string[] {
  const { answers, additionals } = decodeMessage(bytes);
  return [...answers, ...additionals].flatMap((record) =>
    record.type === "A" || record.type === "AAAA"
      ? [formatAddress(record.address)]
      : []
  );
}

Deno.test("Announcer speaks on every interface but loopback, and says goodbye", async () => {
  const { segment, host, start } = setUp();
  {
    await using announcer = await start();
    assertEquals(announcer.instance, "Peerdex 40000000");
    assertEquals(
      announcer.interfaces.map(({ name, family }) => `${name} ${family}`),
      ["eth0 IPv4", "eth0 IPv6"],
    );
    assertEquals(segment.sent.length, 2);
    for (const datagram of segment.sent) {
      assertEquals(
        addressesIn(datagram),
        ["192.0.2.7", "fe80::7", "2001:db8::7"],
      );
      assertEquals(datagram.from.port, 5353);
    }
  }
  const goodbyes = segment.sent.slice(2);
  assertEquals(goodbyes.length, 2);
  for (const { bytes } of goodbyes) {
    const { answers } = decodeMessage(bytes);
    assertEquals(answers.map(({ type, ttl }) => [type, ttl]), [["PTR", 0]]);
  }
  assertEquals(segment.links, 0);
  assertEquals(host.interfacesByName.lo!.segment.sent, []);
});

Deno.test("Announcer answers through the network", async () => {
  const { segment, clock, start } = setUp();
  await using _announcer = await start();
  const asker = { address: address("192.0.2.9"), port: 40_000 };
  segment.inject({ bytes: DNS_VECTORS[0]!.bytes, from: asker });
  await clock.advance(0);
  assertEquals(segment.sent.at(-1)!.to, asker);
});

Deno.test("Announcer announces what the index listens on, and nothing else", async () => {
  const cases: [string, boolean, string[]][] = [
    ["::", false, ["192.0.2.7 fe80::7 2001:db8::7"]],
    ["0.0.0.0", false, ["192.0.2.7"]],
    ["192.0.2.7", false, ["192.0.2.7"]],
    ["2001:db8::7", false, ["2001:db8::7"]],
    ["192.0.2.8", false, []],
    ["127.0.0.1", false, []],
    ["::1", false, []],
    ["127.0.0.1", true, ["127.0.0.1"]],
    ["0.0.0.0", true, ["192.0.2.7", "127.0.0.1"]],
  ];
  for (const [hostname, loopback, expected] of cases) {
    const { segment, host, start } = setUp();
    await using _announcer = await start({ hostname, loopback });
    const local = host.interfacesByName.lo!.segment;
    const said = [...segment.sent, ...local.sent]
      .map((sent) => addressesIn(sent).join(" "));
    assertEquals([...new Set(said)], expected, `${hostname} ${loopback}`);
  }
});

Deno.test("Announcer leaves addresses out that it may not list", async () => {
  const { segment, host, start } = setUp();
  host.listed = false;
  host.interfacesByName = { eth0: host.interfacesByName.eth0! };
  await using announcer = await start();
  assertEquals(
    announcer.interfaces.map(({ name }) => name),
    ["default route", "interface 2"],
  );
  assertEquals(segment.sent.map(addressesIn), [[], []]);
});

Deno.test("Announcer follows interfaces that come, change and go", async () => {
  const { segment, host, clock, start } = setUp([]);
  const eth0 = host.interfacesByName.eth0!;
  await using announcer = await start();
  assertEquals(announcer.interfaces, []);

  host.interfacesByName.eth0 = { ...eth0, addresses: ["192.0.2.7/24"] };
  await clock.advance(INTERFACES_EVERY_MS);
  assertEquals(addressesIn(segment.sent.at(-1)!), ["192.0.2.7"]);

  host.interfacesByName.eth0 = { ...eth0, addresses: ["192.0.2.8/24"] };
  await clock.advance(INTERFACES_EVERY_MS);
  assertEquals(addressesIn(segment.sent.at(-1)!), ["192.0.2.8"]);
  assertEquals(segment.links, 1);

  delete host.interfacesByName.eth0;
  await clock.advance(INTERFACES_EVERY_MS);
  assertEquals([announcer.interfaces, segment.links], [[], 0]);
});

Deno.test("Announcer opens a broken socket again, and tells a problem once", async () => {
  const { segment, host, clock, problems, start } = setUp(["192.0.2.7/24"]);
  await using announcer = await start();
  segment.breakAll(new Error("Cannot receive: it is broken"));
  assertEquals(announcer.interfaces, []);
  await clock.advance(INTERFACES_EVERY_MS);
  assertEquals(announcer.interfaces.length, 1);

  segment.breakAll(new Error("Cannot receive: it is broken"));
  const eth0 = host.interfacesByName.eth0!;
  const broken = new Error("Cannot listen: the port is taken");
  host.interfacesByName.eth0 = { ...eth0, broken };
  await clock.advance(10 * INTERFACES_EVERY_MS);
  assertEquals(problems, [
    "Cannot receive: it is broken",
    "Cannot listen: the port is taken",
  ]);
});

Deno.test("Announcer starts where nothing can be announced, and tells why", async () => {
  const { host, problems, start } = setUp();
  host.listed = false;
  host.interfacesByName = {};
  await using announcer = await start();
  assertEquals(announcer.interfaces, []);
  assertEquals(problems.length, 1);
});

Deno.test("Announcer can be disposed twice, and leaves no timer", async () => {
  const { segment, clock, start } = setUp();
  const announcer = await start();
  const first = announcer[Symbol.asyncDispose]();
  assert(first === announcer[Symbol.asyncDispose]());
  await first;
  assertEquals([clock.timers, segment.links], [0, 0]);
});

Deno.test("Announcer ends when its signal is aborted", async () => {
  const { segment, clock, start } = setUp();
  const controller = new AbortController();
  const announcer = await start({ signal: controller.signal });
  controller.abort();
  await announcer[Symbol.asyncDispose]();
  assertEquals([clock.timers, segment.links], [0, 0]);
  assertEquals(decodeMessage(segment.sent.at(-1)!.bytes).answers[0]!.ttl, 0);
  await assertRejects(() => start({ signal: controller.signal }), DOMException);
});

Deno.test("Announcer refuses what cannot be announced", async () => {
  const { start } = setUp();
  for (
    const options of [
      { port: 0 },
      { port: 65_536 },
      { port: 1.5 },
    ]
  ) await assertRejects(() => start(options), RangeError, "port");
  for (
    const options of [
      { name: "" },
      { name: "a\nb" },
      { name: "ä".repeat(28) },
      { hostname: "localhost" },
      { txt: { "a=b": "c" } },
      { txt: { "": "c" } },
      { txt: { a: "b".repeat(65) } },
      {
        txt: {
          a: "ä".repeat(64),
          b: "ä".repeat(64),
          c: "ä".repeat(64),
          d: "ä".repeat(64),
        },
      },
    ]
  ) await assertRejects(() => start(options), TypeError, "Cannot announce");
  await using announcer = await start({ name: "ä".repeat(27) });
  assertEquals(announcer.instance.length, 36);
});
