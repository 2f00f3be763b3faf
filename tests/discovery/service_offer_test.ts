import { assertEquals } from "@std/assert";
import type { DnsMessage } from "../../discovery/dns_message.ts";
import type { DnsName } from "../../discovery/dns_name.ts";
import type { DnsRecord } from "../../discovery/dns_record.ts";
import { FoundIndexes } from "../../discovery/found_index.ts";
import type { LinkInterface } from "../../discovery/link.ts";
import { SERVICE_TYPE } from "../../discovery/service.ts";
import { MAX_OFFERS, offersIn } from "../../discovery/service_offer.ts";
import { formatAddress, type Port } from "../../protocol/address.ts";
import { IPV4, IPV6, UNKNOWN_IPV4 } from "./interfaces.ts";
import { address, DNS_VECTORS } from "./vectors.ts";

const HEAD = { ttl: 120, flush: false } as const;

function pointer(instance: string, rest: DnsName = SERVICE_TYPE): DnsRecord {
  return {
    ...HEAD,
    type: "PTR",
    name: SERVICE_TYPE,
    target: [instance, ...rest],
  };
}

function place(instance: string, port = 60000): DnsRecord {
  const name = [instance, ...SERVICE_TYPE];
  return { ...HEAD, type: "SRV", name, port, target: ["h", "local"] };
}

function host(text: string): DnsRecord {
  const type = text.includes(":") ? "AAAA" : "A";
  return { ...HEAD, type, name: ["H", "local"], address: address(text) };
}

function response(...answers: DnsRecord[]): DnsMessage {
  return { id: 0, response: true, questions: [], answers, additionals: [] };
}

/** The addresses offered by an answer, as text. */
function offered(
  records: readonly DnsRecord[],
  { on = IPV4, source = "192.0.2.9" }: {
    on?: LinkInterface;
    source?: string;
  } = {},
): string[] {
  const message = response(pointer("a"), place("a"), ...records);
  return offersIn(message, { on, source: address(source) })
    .flatMap(({ addresses }) => addresses.map(formatAddress));
}

Deno.test("offersIn() reads what an index announces", () => {
  const [offer, ...more] = offersIn(DNS_VECTORS[2]!.message, {
    on: IPV4,
    source: address("192.0.2.7"),
  });
  assertEquals(offer, {
    instance: "Lab 2.1",
    port: 60000 as Port,
    txt: new Map([["v", "1"], ["a", "b="]]),
    addresses: [address("192.0.2.7")],
  });
  assertEquals(more, []);
});

Deno.test("offersIn() takes the source where no address is named", () => {
  assertEquals(offered([]), ["192.0.2.9"]);
});

Deno.test("offersIn() takes addresses of the same network only", () => {
  assertEquals(
    offered([
      host("192.0.2.10"),
      host("192.0.2.10"),
      host("203.0.113.5"),
      host("fe80::5"),
    ]),
    ["192.0.2.10"],
  );
  const on = IPV6;
  assertEquals(
    offered([host("fe80::5"), host("2001:db8::5"), host("2001:db8:9::5")], {
      on,
      source: "fe80::9",
    }),
    ["fe80::5", "2001:db8::5"],
  );
});

Deno.test("offersIn() takes nothing but the source where no network is known", () => {
  const on = UNKNOWN_IPV4;
  assertEquals(offered([host("192.0.2.10")], { on }), []);
  assertEquals(offered([host("192.0.2.9"), host("10.0.0.1")], { on }), [
    "192.0.2.9",
  ]);
});

Deno.test("offersIn() sends nobody to loopback, groups, or nowhere", () => {
  const on = { ...IPV4, subnets: [{ address: address("::"), prefix: 0 }] };
  assertEquals(
    offered([
      host("127.0.0.1"),
      host("224.0.0.251"),
      host("255.255.255.255"),
      host("::"),
      host("::1"),
      host("ff02::1"),
    ], { on }),
    [],
  );
});

Deno.test("offersIn() bounds what one answer offers", () => {
  const many = Array.from({ length: 50 }, (_, i) => `index ${i}`);
  const message = response(
    ...many.map((name) => pointer(name)),
    ...many.map((name) => place(name)),
  );
  const offers = offersIn(message, { on: IPV4, source: address("192.0.2.9") });
  assertEquals(offers.length, MAX_OFFERS);
  const hosts = Array.from({ length: 50 }, (_, i) => host(`192.0.2.${i + 1}`));
  assertEquals(offered(hosts).length, 8);
});

const REFUSED: Readonly<Record<string, readonly DnsRecord[]>> = {
  "a pointer alone": [pointer("a")],
  "a place that nothing points at": [place("a")],
  "a place that is not pointed at": [pointer("a"), place("b")],
  "port 0": [pointer("a"), place("a", 0)],
  "a pointer that is taken back": [{ ...pointer("a"), ttl: 0 }, place("a")],
  "a place that is taken back": [pointer("a"), { ...place("a"), ttl: 0 }],
  "a pointer of another service": [
    { ...pointer("a"), name: ["_http", "_tcp", "local"] },
    place("a"),
  ],
  "a pointer to another service": [
    pointer("a", ["_http", "_tcp", "local"]),
    place("a"),
  ],
  "a pointer to the service itself": [
    { ...pointer("a"), type: "PTR", target: SERVICE_TYPE },
    place("a"),
  ],
  "a pointer two labels deep": [
    pointer("a", ["b", ...SERVICE_TYPE]),
    place("a"),
  ],
  "an instance that a terminal obeys": [pointer("\x1b[2J"), place("\x1b[2J")],
  "an instance that reorders text": [pointer("\u202ea"), place("\u202ea")],
};

for (const [what, records] of Object.entries(REFUSED)) {
  Deno.test(`offersIn() refuses ${what}`, () => {
    const source = address("192.0.2.9");
    assertEquals(offersIn(response(...records), { on: IPV4, source }), []);
  });
}

Deno.test("FoundIndexes puts IPv4 first and link-local IPv6 last", () => {
  const found = new FoundIndexes(16);
  const offer = {
    instance: "a",
    port: 60000 as Port,
    txt: new Map([["v", "1"]]),
  };
  found.add({ ...offer, addresses: [address("fe80::5")] }, IPV6);
  found.add({ ...offer, addresses: [address("2001:db8::5")] }, IPV6);
  found.add({ ...offer, addresses: [address("192.0.2.5")] }, IPV4);
  found.add({ ...offer, addresses: [address("192.0.2.5")] }, IPV4);
  assertEquals(found.list(), [{
    instance: "a",
    hostname: "192.0.2.5",
    port: 60000,
    hostnames: ["192.0.2.5", "2001:db8::5", "fe80::5%2"],
    txt: { v: "1" },
    interface: "eth0",
  }]);
});

Deno.test("FoundIndexes tells indexes apart by name and port, and is bounded", () => {
  const found = new FoundIndexes(2);
  for (const [instance, port] of [["a", 1], ["a", 2], ["b", 1]] as const) {
    const addresses = [address("192.0.2.5")];
    const txt = new Map<string, string>();
    found.add({ instance, port: port as Port, txt, addresses }, IPV4);
  }
  assertEquals(found.list().map(({ port }) => port), [1, 2]);
  for (let i = 1; i < 100; i++) {
    const addresses = [address(`192.0.2.${i}`)];
    const txt = new Map<string, string>();
    found.add({ instance: "a", port: 1 as Port, txt, addresses }, IPV4);
  }
  assertEquals(found.list()[0]!.hostnames.length, 16);
});
