import { assertEquals } from "@std/assert";
import fc from "../fast_check.ts";
import {
  type Address,
  formatAddress,
  formatEndpoint,
  isIpv4,
  isLoopback,
  isPort,
  isUnspecified,
  parseAddress,
  sameAddress,
  UNSPECIFIED,
} from "../../protocol/address.ts";
import { address } from "./arbitraries.ts";

Deno.test("parseAddress() reads what formatAddress() writes", () => {
  fc.assert(
    fc.property(address, (value) => {
      assertEquals(parseAddress(formatAddress(value)), value);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("formatAddress() keeps the rules of RFC 5952", () => {
  fc.assert(
    fc.property(address.filter((value) => !isIpv4(value)), (value) => {
      const text = formatAddress(value);
      assertEquals(text, text.toLowerCase());
      assertEquals(/(^|:)0[\da-f]/.test(text), false, "a leading zero");
      assertEquals(text.split("::").length <= 2, true, "two gaps");
      assertEquals(text, shorten(value));
      // The platform's own parser takes the two for the same.
      assertEquals(new URL(`http://[${text}]/`).hostname, `[${text}]`);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("parseAddress() agrees with the platform on what is IPv6", () => {
  const group = fc.oneof(
    fc.constantFrom("", "0", "00", "1", "ffff", "FfFf", "12345", "g", "-1"),
    fc.constantFrom("1.2.3.4", "256.1.1.1", "01.2.3.4", " ", "%", "\0"),
  );
  const texts = fc.array(group, { minLength: 1, maxLength: 10 })
    .map((groups) => groups.join(":"))
    .filter((text) => text.includes(":") && !text.includes("%"));
  fc.assert(
    fc.property(texts, (text) => {
      assertEquals(parseAddress(text) !== undefined, isIpv6(text));
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("parseAddress() gives an address or nothing, whatever the text", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEF:.%[]x- ") }),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6(),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const value = parseAddress(text);
      if (value) assertEquals(parseAddress(formatAddress(value)), value);
    }),
    { numRuns: 10_000 },
  );
  for (const text of [":".repeat(1e6), "1:".repeat(1e6), ".".repeat(1e6)]) {
    assertEquals(parseAddress(text), undefined);
  }
});

Deno.test("parseAddress() gives the same bytes for an IPv4 address in any form", () => {
  fc.assert(fc.property(fc.ipV4(), (text) => {
    const value = parseAddress(text)!;
    assertEquals(formatAddress(value), text);
    assertEquals(isIpv4(value), true);
    assertEquals(parseAddress(`::ffff:${text}`), value);
    assertEquals(parseAddress(`0:0:0:0:0:FFFF:${text}`), value);
    assertEquals(isLoopback(value), text.startsWith("127."));
    assertEquals(isUnspecified(value), false);
  }));
});

Deno.test("isLoopback(), isUnspecified() and sameAddress()", () => {
  assertEquals(isLoopback(of("::1")), true);
  assertEquals(isLoopback(of("::2")), false);
  assertEquals(isLoopback(of("::7f00:1")), false);
  assertEquals(isUnspecified(of("::")), true);
  assertEquals(isUnspecified(of("0.0.0.0")), false);
  assertEquals(sameAddress(of("::"), UNSPECIFIED), true);
  assertEquals(sameAddress(of("::1"), of("::2")), false);
});

Deno.test("formatEndpoint() brackets IPv6", () => {
  assertEquals(formatEndpoint(of("192.0.2.1"), 1), "192.0.2.1:1");
  assertEquals(formatEndpoint(of("::ffff:192.0.2.1"), 1), "192.0.2.1:1");
  assertEquals(formatEndpoint(of("fe80::1%eth0"), 65_535), "[fe80::1]:65535");
});

Deno.test("isPort() takes 1 to 65,535", () => {
  for (const port of [1, 80, 65_535]) assertEquals(isPort(port), true);
  for (const port of [0, -1, 65_536, 1.5, NaN, Infinity]) {
    assertEquals(isPort(port), false);
  }
});

function of(text: string): Address {
  return parseAddress(text)!;
}

function isIpv6(text: string): boolean {
  // URL takes an IPv4 tail with leading zeros in some places; we take none.
  if (/(^|[:.])0\d+(\.|$)/.test(text) && text.includes(".")) return false;
  return URL.canParse(`http://[${text}]/`);
}

/** RFC 5952 by trying every gap, the longest and leftmost winning. */
function shorten(value: Address): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push((value[i]! * 256 + value[i + 1]!).toString(16));
  }
  for (let length = 8; length >= 2; length--) {
    for (let start = 0; start + length <= 8; start++) {
      const gap = groups.slice(start, start + length);
      if (gap.every((group) => group === "0")) {
        return `${groups.slice(0, start).join(":")}::${
          groups.slice(start + length).join(":")
        }`;
      }
    }
  }
  return groups.join(":");
}
