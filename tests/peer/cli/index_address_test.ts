import { assertEquals, assertThrows } from "@std/assert";
import { ValidationError } from "@cliffy/command";
import {
  formatIndexAddress,
  parseIndexAddress,
} from "../../../peer/cli/index_address.ts";

Deno.test("parseIndexAddress() reads hosts and addresses, with a port or without", () => {
  for (
    const [text, hostname, port] of [
      ["index.example", "index.example", 60_000],
      ["index.example:7", "index.example", 7],
      ["192.0.2.1:65535", "192.0.2.1", 65_535],
      ["2001:db8::1", "2001:db8::1", 60_000],
      ["::1", "::1", 60_000],
      ["::ffff:192.0.2.1", "::ffff:192.0.2.1", 60_000],
      ["[::1]", "::1", 60_000],
      ["[2001:db8::1]:7", "2001:db8::1", 7],
      ["fe80::1%2", "fe80::1%2", 60_000],
      ["[fe80::1%eth0]:7", "fe80::1%eth0", 7],
    ] as const
  ) {
    const address = parseIndexAddress(text);
    assertEquals(address, { hostname, port }, text);
    assertEquals(parseIndexAddress(formatIndexAddress(address)), address);
  }
});

Deno.test("parseIndexAddress() refuses what is no address", () => {
  for (
    const text of [
      "",
      ":7",
      "host:",
      "host:0",
      "host:65536",
      "host:abc",
      "192.0.2.1:abc",
      "[::1",
      "::1]:7",
      "a b",
      "http://host",
    ]
  ) {
    assertThrows(() => parseIndexAddress(text), ValidationError, "--index");
  }
});
