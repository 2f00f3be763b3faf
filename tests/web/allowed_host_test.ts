import { assertEquals } from "@std/assert";
import { isAllowedHost } from "../../web/allowed_host.ts";

const NAMES = ["index.example.org"];

for (
  const host of [
    "127.0.0.1",
    "127.0.0.1:8080",
    "192.0.2.7:1",
    "[::1]",
    "[2001:db8::1]:8080",
    "localhost",
    "LOCALHOST:8080",
    "index.example.org",
    "Index.Example.Org:443",
  ]
) {
  Deno.test(`isAllowedHost() allows ${host}`, () => {
    assertEquals(isAllowedHost(host, NAMES), true);
  });
}

for (
  const host of [
    "",
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "index.example.org.evil.example",
    "127.0.0.1@evil.example",
    "127.0.0.1:8080:9",
    "127.1",
    "0x7f000001",
    "[::1",
    "[evil.example]",
    "::1",
    "127.0.0.1/",
    "127.0.0.1 evil.example",
  ]
) {
  Deno.test(`isAllowedHost() refuses ${host || "none"}`, () => {
    assertEquals(isAllowedHost(host, NAMES), false);
  });
}
