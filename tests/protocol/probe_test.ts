import { assertEquals } from "@std/assert";
import { decodeHello, encodeHello } from "../../protocol/hello.ts";
import { peerName } from "../../protocol/name.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { PROBE_RESULTS, probeCursor, readProbe } from "../../protocol/probe.ts";

Deno.test("an H asks for a probe in bit 1 of byte 47 of its payload", () => {
  for (
    const [goodbye, probe, flags] of [
      [false, false, 0],
      [true, false, 1],
      [false, true, 2],
      [true, true, 3],
    ] as const
  ) {
    const pdus = new PduBuffer(new Uint8Array(PDU_BYTES));
    const hello = { transaction: 1, token: 2n, peer: peerName("a") };
    const end = encodeHello(pdus, 0, { ...hello, goodbye, probe });
    assertEquals(pdus.bytes[1 + 47], flags);
    const read = decodeHello(pdus, { start: 0, end });
    assertEquals([read.goodbye, read.probe ?? false], [goodbye, probe]);
  }
});

Deno.test("readProbe() reads what probeCursor() writes, at the number of the document", () => {
  const numbers = [
    ["none", 0],
    ["pending", 1],
    ["open", 2],
    ["refused", 3],
    ["silent", 4],
    ["unreachable", 5],
    ["later", 6],
  ] as const;
  assertEquals(numbers.map(([name]) => name), [...PROBE_RESULTS]);
  for (const [name, number] of numbers) {
    const cursor = probeCursor(name);
    assertEquals([...cursor], [number, ...Array(15).fill(0)]);
    assertEquals(readProbe(cursor), name);
  }
});

Deno.test("readProbe() takes a number that it does not know for nothing", () => {
  assertEquals(readProbe(new Uint8Array(16).fill(7)), "none");
  assertEquals(readProbe(new Uint8Array(16).fill(255)), "none");
});
