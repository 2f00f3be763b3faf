import { assertEquals, assertThrows } from "@std/assert";
import { parseHttpAddress } from "../../../index/cli/http_address.ts";

const READ: [text: string, hostname: string, port: number][] = [
  ["8080", "127.0.0.1", 8_080],
  [":0", "127.0.0.1", 0],
  ["0.0.0.0:80", "0.0.0.0", 80],
  ["[::]:8080", "::", 8_080],
  ["index.example:65535", "index.example", 65_535],
];

for (const [text, hostname, port] of READ) {
  Deno.test(`parseHttpAddress() reads ${text}`, () => {
    const address = parseHttpAddress(text);
    assertEquals([address.hostname, address.port], [hostname, port]);
  });
}

for (
  const text of ["", "x", "65536", "a:b", "::1:80", "1:2:3", "[x]:1", "-1"]
) {
  Deno.test(`parseHttpAddress() refuses ${text || "nothing"}`, () => {
    assertThrows(() => parseHttpAddress(text), Error, "for --http");
  });
}

Deno.test("parseHttpAddress() reads names with commas between them", () => {
  const { names } = parseHttpAddress("[::]:80", "a.example, b.example");
  assertEquals(names, ["a.example", "b.example"]);
  assertThrows(() => parseHttpAddress("80", "a b"), Error, "--http-name");
});
