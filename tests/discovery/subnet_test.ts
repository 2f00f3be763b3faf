import { assert, assertEquals } from "@std/assert";
import { inSubnet, parseSubnet } from "../../discovery/subnet.ts";
import { address } from "./vectors.ts";

Deno.test("parseSubnet() reads what the system gives, and nothing else", () => {
  assertEquals(parseSubnet("192.0.2.7/24")?.prefix, 120);
  assertEquals(parseSubnet("fe80::7/64")?.prefix, 64);
  for (
    const text of ["", "192.0.2.7", "192.0.2.7/33", "::/129", "a/8", "::/8/8"]
  ) {
    assertEquals(parseSubnet(text), undefined, text);
  }
});

Deno.test("inSubnet() compares as many bits as the prefix says", () => {
  const inside = (text: string, subnet: string) =>
    inSubnet(address(text), parseSubnet(subnet)!);
  assert(inside("10.255.0.1", "10.0.0.0/8"));
  assert(!inside("11.0.0.1", "10.0.0.0/8"));
  assert(inside("192.0.2.127", "192.0.2.0/25"));
  assert(!inside("192.0.2.128", "192.0.2.0/25"));
  assert(inside("192.0.2.7", "192.0.2.7/32"));
  assert(!inside("192.0.2.6", "192.0.2.7/32"));
  assert(inside("203.0.113.1", "0.0.0.0/0"));
  assert(!inside("2001:db8::1", "0.0.0.0/0"));
  assert(inside("2001:db8::1", "::/0"));
  assert(inside("fe80::ffff", "fe80::/64"));
});
