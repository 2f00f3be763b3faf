import { assert, assertEquals } from "@std/assert";
import {
  GUESSED_ZONES,
  guessedInterfaces,
  type InterfaceEntry,
  listedInterfaces,
  MAX_INTERFACES,
} from "../../discovery/network_interfaces.ts";
import {
  hostnameOn,
  isKnownOnLink,
  type LinkInterface,
  mayBeOnLink,
} from "../../discovery/link.ts";
import { formatAddress } from "../../protocol/address.ts";
import { IPV4, IPV6, UNKNOWN_IPV4 } from "./interfaces.ts";
import { address } from "./vectors.ts";

function entry(name: string, cidr: string, scopeid = 0): InterfaceEntry {
  return { name, cidr, address: cidr.split("/")[0]!, scopeid };
}

const ENTRIES = [
  entry("lo", "127.0.0.1/8"),
  entry("eth0", "192.0.2.7/24"),
  entry("eth0", "198.51.100.7/24"),
  entry("wg0", "10.0.0.1/32"),
  entry("lo", "::1/128"),
  entry("eth0", "2001:db8::7/64"),
  entry("eth0", "fe80::7/64", 2),
  entry("tun0", "fd00::1/64"),
];

function summary(interfaces: readonly LinkInterface[]): string[] {
  return interfaces.map(({ name, family, address: own, zone }) =>
    [name, family, own && formatAddress(own), zone].join(" ").trim()
  );
}

Deno.test("listedInterfaces() has one per name and family that takes multicast", () => {
  const found = listedInterfaces(ENTRIES);
  assertEquals(summary(found), [
    "eth0 IPv4 192.0.2.7",
    "eth0 IPv6 fe80::7 2",
    "wg0 IPv4 10.0.0.1",
  ]);
  assertEquals(found[0]!.subnets.length, 2);
  assertEquals(found[1]!.subnets.length, 2);
  assertEquals(
    found[0]!.addresses.map(formatAddress),
    ["192.0.2.7", "198.51.100.7", "2001:db8::7", "fe80::7"],
  );
});

Deno.test("listedInterfaces() has loopback only when asked, and IPv4 there", () => {
  const names = summary(listedInterfaces(ENTRIES, { loopback: true }));
  assertEquals(names[0], "lo IPv4 127.0.0.1");
  assertEquals(names.length, 4);
});

Deno.test("listedInterfaces() takes names, addresses and families", () => {
  const names = (interfaces: string[]) =>
    summary(listedInterfaces(ENTRIES, { interfaces }));
  assertEquals(names(["wg0"]), ["wg0 IPv4 10.0.0.1"]);
  assertEquals(names(["2001:db8::7"]).length, 2);
  assertEquals(names(["fe80::7%2"]).length, 2);
  assertEquals(names(["192.0.2.8"]), []);
  assertEquals(
    summary(listedInterfaces(ENTRIES, { families: ["IPv6"] })),
    ["eth0 IPv6 fe80::7 2"],
  );
});

Deno.test("listedInterfaces() keeps to its limit, and past what is no address", () => {
  const many = Array.from(
    { length: 100 },
    (_, i) => entry(`veth${i}`, `10.0.${i}.1/24`),
  );
  const found = listedInterfaces([entry("bad", "nonsense/8"), ...many]);
  assertEquals(found.length, MAX_INTERFACES);
  assertEquals(found[0]!.name, "veth0");
});

Deno.test("guessedInterfaces() has the system's choice and the first numbers", () => {
  const found = guessedInterfaces();
  assertEquals(found.length, 1 + GUESSED_ZONES);
  assertEquals(summary(found.slice(0, 3)), [
    "default route IPv4",
    "interface 1 IPv6  1",
    "interface 2 IPv6  2",
  ]);
  assert(found.every(({ guessed }) => guessed));
});

Deno.test("guessedInterfaces() takes addresses, and a zone from one", () => {
  const interfaces = ["192.0.2.7", "fe80::7%3", "2001:db8::7", "eth0"];
  assertEquals(summary(guessedInterfaces({ interfaces })), [
    "192.0.2.7 IPv4 192.0.2.7",
    "interface 3 IPv6  3",
  ]);
});

Deno.test("guessedInterfaces() knows loopback, when asked", () => {
  const [, loopback] = guessedInterfaces({ loopback: true });
  assertEquals(summary([loopback!]), ["loopback IPv4 127.0.0.1"]);
  assert(mayBeOnLink(loopback!, address("127.0.0.1")));
  assert(!mayBeOnLink(loopback!, address("192.0.2.7")));
});

Deno.test("mayBeOnLink() tells the networks of two interfaces apart", () => {
  assert(mayBeOnLink(IPV4, address("192.0.2.200")));
  assert(!mayBeOnLink(IPV4, address("192.0.3.200")));
  assert(!mayBeOnLink(IPV4, address("fe80::9")));
  assert(mayBeOnLink(IPV6, address("fe80::9")));
  assert(mayBeOnLink(IPV6, address("2001:db8::9")));
  assert(!mayBeOnLink(IPV6, address("2001:db8:1::9")));
});

Deno.test("mayBeOnLink() cannot tell where no network is known", () => {
  assert(mayBeOnLink(UNKNOWN_IPV4, address("203.0.113.9")));
  assert(!isKnownOnLink(UNKNOWN_IPV4, address("203.0.113.9")));
});

Deno.test("hostnameOn() writes the zone where an address means nothing without", () => {
  assertEquals(hostnameOn(IPV6, address("fe80::9")), "fe80::9%2");
  assertEquals(hostnameOn(IPV6, address("2001:db8::9")), "2001:db8::9");
  assertEquals(hostnameOn(IPV4, address("192.0.2.9")), "192.0.2.9");
});
