import { assert, assertEquals } from "@std/assert";
import { decodeMessage, encodeMessage } from "../../discovery/dns_message.ts";
import type { LinkInterface, LinkSender } from "../../discovery/link.ts";
import {
  LinkAnnouncer,
  MULTICAST_PAUSE_MS,
  UNICAST_ANSWERS_PER_S,
} from "../../discovery/link_announcer.ts";
import { type Service, SERVICE_TYPE } from "../../discovery/service.ts";
import type { Port } from "../../protocol/address.ts";
import { FakeClock } from "../peer/fake_clock.ts";
import { IPV4, IPV6, UNKNOWN_IPV4 } from "./interfaces.ts";
import { address, DNS_VECTORS } from "./vectors.ts";

const SERVICE: Service = {
  instance: "Lab 2.1",
  host: "lab",
  port: 60000 as Port,
  txt: new Map([["v", "1"]]),
};
const QUESTION = DNS_VECTORS[0]!.bytes;

interface Sent {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly to: LinkSender | undefined;
}

/** An announcer on an interface, and what it sends. */
function setUp(on: LinkInterface = IPV4, random = () => 0.5) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const announcer = new LinkAnnouncer(on, {
    service: SERVICE,
    addresses: on.addresses,
    clock,
    random,
    send: (bytes, to) => sent.push({ atMs: clock.now(), bytes, to }),
  });
  return { announcer, clock, sent };
}

function from(text: string, port = 5353): LinkSender {
  return { address: address(text), port };
}

Deno.test("LinkAnnouncer says twice, a second apart, that the index is there", async () => {
  const { announcer, clock, sent } = setUp();
  announcer.announce();
  await clock.advance(10_000);
  assertEquals(sent.map(({ atMs, to }) => [atMs, to]), [
    [0, undefined],
    [MULTICAST_PAUSE_MS, undefined],
  ]);
  assertEquals(
    decodeMessage(sent[0]!.bytes).answers.map(({ type }) => type),
    ["PTR", "SRV", "TXT", "A", "AAAA"],
  );
});

Deno.test("LinkAnnouncer answers all after 20 to 120 ms", async () => {
  for (const [random, wait] of [[0, 20], [0.5, 70], [1, 120]] as const) {
    const { announcer, clock, sent } = setUp(IPV4, () => random);
    announcer.receive(QUESTION, from("192.0.2.9"));
    await clock.advance(wait - 1);
    assertEquals(sent, []);
    await clock.advance(1);
    assertEquals(sent.length, 1);
    assertEquals(sent[0]!.to, undefined);
  }
});

Deno.test("LinkAnnouncer answers a plain DNS question at once, to its sender", () => {
  const { announcer, sent } = setUp();
  const asker = from("192.0.2.9", 40_000);
  const question = QUESTION.slice();
  question[0] = 0xab;
  announcer.receive(question, asker);
  assertEquals(sent.length, 1);
  assertEquals(sent[0]!.to, asker);
  const answer = decodeMessage(sent[0]!.bytes);
  assertEquals([answer.id, answer.questions.length], [0xab00, 1]);
});

Deno.test("LinkAnnouncer answers all once a second, however often it is asked", async () => {
  const { announcer, clock, sent } = setUp();
  for (let ms = 0; ms < 10_000; ms++) {
    announcer.receive(QUESTION, from("192.0.2.9"));
    await clock.advance(1);
  }
  assert(sent.length >= 9 && sent.length <= 10, `${sent.length} answers`);
  for (let i = 1; i < sent.length; i++) {
    assert(sent[i]!.atMs - sent[i - 1]!.atMs >= MULTICAST_PAUSE_MS);
  }
  assert(clock.timers <= 1);
});

Deno.test("LinkAnnouncer answers in one what is asked while it waits", async () => {
  const { announcer, clock, sent } = setUp();
  const ask = (name: readonly string[]) =>
    announcer.receive(
      encodeMessage({
        id: 0,
        response: false,
        questions: [{ name, type: "TXT", unicast: false }],
        answers: [],
        additionals: [],
      }),
      from("192.0.2.9"),
    );
  ask(["Lab 2.1", ...SERVICE_TYPE]);
  announcer.receive(QUESTION, from("192.0.2.10"));
  ask(["other", "local"]);
  await clock.advance(5_000);
  assertEquals(sent.length, 1);
  assertEquals(
    decodeMessage(sent[0]!.bytes).answers.map(({ type }) => type),
    ["TXT", "PTR"],
  );
  ask(["Lab 2.1", ...SERVICE_TYPE]);
  await clock.advance(5_000);
  assertEquals(
    decodeMessage(sent[1]!.bytes).answers.map(({ type }) => type),
    ["TXT"],
  );
});

Deno.test("LinkAnnouncer sends little to any one host, then tells all", async () => {
  const { announcer, clock, sent } = setUp();
  const flood = async (seconds: number) => {
    for (let i = 0; i < seconds * 100; i++) {
      const victim = from(`192.0.2.${i % 250 + 1}`, 1000 + i);
      announcer.receive(QUESTION, victim);
      await clock.advance(10);
    }
  };
  await flood(5);
  const alone = sent.filter(({ to }) => to).length;
  const most = UNICAST_ANSWERS_PER_S * 6;
  assert(alone <= most, `${alone} answers to one host`);
  assert(sent.length - alone <= 6, "answers to all");
  const bytes = sent.reduce((sum, { bytes }) => sum + bytes.length, 0);
  assert(bytes < 5 * 100 * QUESTION.length, "less goes out than comes in");
});

const IGNORED: Readonly<
  Record<string, { on: LinkInterface; sender: LinkSender }>
> = {
  "another network": { on: IPV4, sender: from("203.0.113.9") },
  "another network, by plain DNS": {
    on: IPV4,
    sender: from("203.0.113.9", 40_000),
  },
  "another network over IPv6": { on: IPV6, sender: from("2001:db8:9::1") },
  "the other family": { on: IPV4, sender: from("fe80::9") },
  "port 0": { on: IPV4, sender: from("192.0.2.9", 0) },
};

for (const [where, { on, sender }] of Object.entries(IGNORED)) {
  Deno.test(`LinkAnnouncer ignores a question from ${where}`, async () => {
    const { announcer, clock, sent } = setUp(on);
    announcer.receive(QUESTION, sender);
    await clock.advance(5_000);
    assertEquals(sent, []);
  });
}

Deno.test("LinkAnnouncer sends to no IPv6 host that may be far, but to all", async () => {
  const on = { ...IPV6, subnets: [] };
  const { announcer, clock, sent } = setUp(on);
  announcer.receive(QUESTION, from("2001:db8:9::1", 40_000));
  await clock.advance(5_000);
  assertEquals(sent.map(({ to }) => to), [undefined]);
  announcer.receive(QUESTION, from("fe80::9", 40_000));
  assertEquals(sent[1]!.to, from("fe80::9", 40_000));
});

Deno.test("LinkAnnouncer answers alone where no network is known, over IPv4", () => {
  // Such an answer passes no router: its time to live is 1.
  const { announcer, sent } = setUp(UNKNOWN_IPV4);
  announcer.receive(QUESTION, from("192.0.2.9", 40_000));
  assertEquals(sent[0]!.to, from("192.0.2.9", 40_000));
});

Deno.test("LinkAnnouncer says nothing to responses, strangers and garbage", async () => {
  const { announcer, clock, sent } = setUp();
  const other = encodeMessage({
    id: 0,
    response: false,
    questions: [{
      name: ["_http", "_tcp", "local"],
      type: "PTR",
      unicast: true,
    }],
    answers: [],
    additionals: [],
  });
  const response = QUESTION.slice();
  response[2] = 0x84;
  const sender = from("192.0.2.9", 40_000);
  const ignored = [
    other,
    response,
    ...DNS_VECTORS.slice(1).map((v) => v.bytes),
  ];
  for (const bytes of ignored) {
    announcer.receive(bytes, sender);
    for (let length = 0; length < bytes.length; length++) {
      announcer.receive(bytes.slice(0, length), sender);
    }
  }
  await clock.advance(5_000);
  assertEquals(sent, []);
});

Deno.test("LinkAnnouncer never answers with more than a datagram", async () => {
  const service: Service = {
    ...SERVICE,
    instance: "i".repeat(63),
    txt: new Map(["a", "b", "c", "d", "e", "f"].map((k) => [k, k.repeat(60)])),
  };
  const clock = new FakeClock();
  let longest = 0;
  const announcer = new LinkAnnouncer(IPV6, {
    service,
    addresses: Array.from({ length: 8 }, (_, i) => address(`fe80::${i + 1}`)),
    clock,
    random: () => 0,
    send: (bytes) => longest = Math.max(longest, bytes.length),
  });
  announcer.announce();
  announcer.receive(QUESTION, from("fe80::9", 40_000));
  announcer.goodbye();
  await clock.advance(5_000);
  assert(longest > 500 && longest <= 1232, `${longest} bytes`);
});

Deno.test("LinkAnnouncer sends nothing once it is disposed", async () => {
  const { announcer, clock, sent } = setUp();
  announcer.announce();
  announcer.receive(QUESTION, from("192.0.2.9"));
  announcer[Symbol.dispose]();
  announcer[Symbol.dispose]();
  assertEquals(clock.timers, 0);
  await clock.advance(5_000);
  assertEquals(sent.length, 1);
});
