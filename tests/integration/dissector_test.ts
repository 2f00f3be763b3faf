/**
 * The Wireshark dissector, `docs/peerdex.lua`, against the layout tables and the
 * vectors: a field that is new there and not in it fails here.
 */

import { assertEquals } from "@std/assert";
import { type Address, parseAddress } from "../../protocol/address.ts";
import { DOWNLOAD_KIND } from "../../protocol/download.ts";
import { ERROR_CODES } from "../../protocol/error_code.ts";
import { type Field, LAYOUTS } from "../../protocol/layout.ts";
import { PDU_BYTES, PDU_TYPE } from "../../protocol/pdu.ts";
import {
  FAULTS,
  filterName,
  LAYOUT_OF_MESSAGE,
} from "../dissector_messages.ts";
import { Pcap, type PcapEndpoint } from "../pcap.ts";
import { bytesOf, type Vector, VECTORS } from "../protocol/vector.ts";
import {
  dissect,
  type DissectedPacket,
  fieldsNamed,
  tshark,
  withTshark,
} from "../tshark.ts";

const PEER: PcapEndpoint = { address: address("192.0.2.1"), port: 40_000 };
const INDEX: PcapEndpoint = { address: address("192.0.2.9"), port: 60_000 };
const SOURCE: PcapEndpoint = { address: address("192.0.2.7"), port: 7010 };

/** Some PDU that can follow any other. */
const END = new Uint8Array(PDU_BYTES);
END[0] = PDU_TYPE.ERROR;

/** Takes the traffic of the source for Peerdex from its first byte on. */
const DECODE_TCP = ["-d", `tcp.port==${SOURCE.port},peerdex`];

withTshark("dissector: names every field of the layout tables", async () => {
  const known = new Set(
    (await tshark(["-G", "fields"])).matchAll(/^F\t[^\t]*\t(\S+)/gm)
      .map(([, name]) => name!),
  );
  const missing = Object.values(LAYOUT_OF_MESSAGE).flatMap(([prefix, layout]) =>
    Object.keys(LAYOUTS[layout]).map((field) => filterName(prefix, field))
  ).filter((name) => !known.has(name));
  assertEquals(missing, []);
  assertEquals(
    new Set(Object.values(LAYOUT_OF_MESSAGE).map(([, layout]) => layout)),
    new Set(Object.keys(LAYOUTS)),
  );
});

withTshark("dissector: knows every error code and every kind", async () => {
  const values = await tshark(["-G", "values"]);
  const named = (field: string) =>
    [...values.matchAll(/^V\t(\S+)\t(\d+)\t(.*)$/gm)]
      .filter(([, name]) => name === field)
      .map(([, , number, name]) => [name!, Number(number)] as const)
      .sort(([, a], [, b]) => a - b);
  assertEquals(
    named("peerdex.error.code"),
    Object.entries(ERROR_CODES).map(([name, row]) => [name, row.code]),
  );
  assertEquals(named("peerdex.download.kind"), Object.entries(DOWNLOAD_KIND));
});

withTshark("dissector: shows every field of every vector", async () => {
  const packets = await dissectVectors(VECTORS.messages);
  for (const [i, vector] of VECTORS.messages.entries()) {
    assertVector(vector, packets[i]!);
  }
});

withTshark("dissector: joins names over their parts", async () => {
  const named = VECTORS.messages.filter((vector) => vector.message.name);
  const packets = await dissectVectors(named);
  for (const [i, vector] of named.entries()) {
    const [shown] = fieldsNamed(packets[i]!, "peerdex.content_name");
    assertEquals(shown?.show, vector.message.name, vector.title);
  }
});

withTshark("dissector: marks what every reader refuses", async () => {
  // Lua cannot compose characters.
  const refused = VECTORS.refused.filter(({ why }) => !why.includes("NFC"));
  const packets = await dissectVectors(refused);
  const unmarked = refused.filter((_, i) => faults(packets[i]!).length === 0);
  assertEquals(unmarked.map(({ title, why }) => `${title}: ${why}`), []);
});

withTshark("dissector: marks nothing that readers take", async () => {
  const packets = await dissectVectors(VECTORS.messages);
  const marked = VECTORS.messages
    .map(({ title }, i) => ({ title, marks: faults(packets[i]!) }))
    .filter(({ marks }) => marks.length > 0);
  // A caption that cannot be shown spoils no message, but is a fault.
  assertEquals(
    marked.filter(({ title, marks }) =>
      !/left out|cannot be shown/.test(title) ||
      marks.some((mark) => !/_text|_padding/.test(mark))
    ),
    [],
  );
});

/** One vector per connection or datagram; what came of its bytes. */
async function dissectVectors(
  vectors: readonly Omit<Vector, "message">[],
): Promise<DissectedPacket[]> {
  const pcap = new Pcap();
  const spans = vectors.map((vector, i) => {
    const payload = bytesOf(vector.pdus);
    const first = pcap.length;
    if (vector.over === "udp") {
      const [from, to] = vector.from === "peer" ? [PEER, INDEX] : [INDEX, PEER];
      pcap.datagram({ from, to, payload });
    } else {
      const client = { ...PEER, port: PEER.port + 1 + i };
      const connection = pcap.connect(client, SOURCE);
      const from = vector.from === "client" ? "client" : "server";
      connection.send(from, payload);
      // An A is shown once it is known whether an m follows.
      connection.send(from, END);
    }
    return [first, pcap.length] as const;
  });
  const packets = await dissect(pcap, DECODE_TCP);
  return spans.map(([first, end]) => ({
    fields: packets.slice(first, end).flatMap((packet) => packet.fields),
  }));
}

function assertVector(vector: Vector, packet: DissectedPacket): void {
  const bytes = bytesOf(vector.pdus);
  const start = vector.over === "udp" ? 28 : 40;
  for (const [i, { type }] of vector.pdus.entries()) {
    const [prefix, layout] = LAYOUT_OF_MESSAGE[`${vector.read} ${type}`] ??
      LAYOUT_OF_MESSAGE[type] ?? [];
    // What follows the first C is shown with it; unknown types have no fields.
    if (!prefix || !layout || type === "C") continue;
    for (const [name, field] of Object.entries<Field>(LAYOUTS[layout])) {
      const at = i * PDU_BYTES + 1 + field.offset;
      const found = fieldsNamed(packet, filterName(prefix, name))
        .find((shown) => shown.at === start + at);
      assertEquals(
        { value: found?.value, bytes: found?.bytes },
        {
          value: bytes.subarray(at, at + field.bytes).toHex(),
          bytes: field.bytes,
        },
        `${vector.title}: ${filterName(prefix, name)}`,
      );
    }
  }
}

function faults(packet: DissectedPacket): string[] {
  return packet.fields.map(({ name }) => name).filter((name) =>
    FAULTS.includes(name)
  );
}

function address(text: string): Address {
  return parseAddress(text)!;
}
