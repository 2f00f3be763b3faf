/**
 * The Wireshark dissector, `docs/peerdex.lua`, on traffic: which side speaks,
 * which reply belongs to which request, what a stream of segments carries.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { type Address, parseAddress } from "../../protocol/address.ts";
import {
  DOWNLOAD_KIND,
  encodeDownload,
  encodeGrant,
} from "../../protocol/download.ts";
import type { Digest } from "../../protocol/digest.ts";
import { encodeError } from "../../protocol/error_reply.ts";
import { encodeHello } from "../../protocol/hello.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { markPage } from "../../protocol/page_mark.ts";
import { PAYLOAD_BYTES, PDU_BYTES, PDU_TYPE } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { encodeAck, encodeRecord } from "../../protocol/reply.ts";
import { encodeList, encodeSearch, NO_CURSOR } from "../../protocol/request.ts";
import { MARKS } from "../dissector_messages.ts";
import { Pcap, type PcapEndpoint } from "../pcap.ts";
import { VECTORS } from "../protocol/vector.ts";
import {
  dissect,
  type DissectedPacket,
  fieldsNamed,
  withTshark,
} from "../tshark.ts";

const ALICE = peerName("Alice");
const NAME = contentName(`${"deep/".repeat(20)}Übung.bin`);
const PEER: PcapEndpoint = { address: address("192.0.2.1"), port: 40_000 };
const INDEX: PcapEndpoint = { address: address("192.0.2.9"), port: 60_000 };
/** A port that no other dissector takes for its own. */
const SOURCE: PcapEndpoint = { address: address("192.0.2.7"), port: 7010 };

/** Takes the traffic of the source for Peerdex from its first byte on. */
const DECODE_TCP = ["-d", `tcp.port==${SOURCE.port},peerdex`];

withTshark("dissector: tells questions from answers on any port", async () => {
  const pcap = new Pcap();
  const index = { address: address("2001:db8::9"), port: 41_234 };
  const peer = { address: address("2001:db8::1"), port: 52_000 };
  pcap.datagram({ from: peer, to: index, payload: hello(1) });
  pcap.datagram({ from: peer, to: index, payload: search(2) });
  pcap.datagram({ from: index, to: peer, payload: found(2) });
  const packets = await dissect(pcap);
  assertEquals(shows(packets[0]!, "peerdex.hello.peer"), ["Alice"]);
  assertEquals(shows(packets[1]!, "peerdex.search.name"), [NAME]);
  assertEquals(shows(packets[2]!, "peerdex.source.name"), [NAME]);
  assertEquals(shows(packets[2]!, "peerdex.ack.transaction"), ["2"]);
  assertEquals(shows(packets[2]!, "peerdex.ipv4"), ["192.0.2.7"]);
});

withTshark("dissector: leaves the traffic of others alone", async () => {
  const pcap = new Pcap();
  const from = { ...PEER, port: 5000 };
  const to = { ...INDEX, port: 5001 };
  for (const fill of [0, 0x41, 0x48, 0x53, 0xff]) {
    const payload = new Uint8Array(PDU_BYTES).fill(fill);
    pcap.datagram({ from, to, payload });
    pcap.connect(from, to).send("client", payload);
  }
  for (const packet of await dissect(pcap)) {
    assertEquals(fieldsNamed(packet, "peerdex"), []);
  }
});

withTshark("dissector: links replies to requests", async () => {
  const pcap = new Pcap();
  pcap.datagram({ from: PEER, to: INDEX, payload: search(7) });
  pcap.wait(249);
  pcap.datagram({ from: PEER, to: INDEX, payload: search(7) });
  pcap.wait(9);
  pcap.datagram({ from: INDEX, to: PEER, payload: found(7) });
  pcap.datagram({ from: INDEX, to: PEER, payload: refused(8) });
  const [first, again, reply, stray] = await dissect(pcap);
  assertEquals(shows(first!, "peerdex.response_in"), []);
  assertEquals(shows(again!, "peerdex.repeat_of"), ["1"]);
  assertEquals(shows(again!, "peerdex.response_in"), ["3"]);
  assertEquals(shows(reply!, "peerdex.request_in"), ["2"]);
  assertEquals(shows(reply!, "peerdex.response_time"), ["0.010000000"]);
  assertEquals(shows(stray!, "peerdex.request_in"), []);
  assertEquals(shows(stray!, "peerdex.error.code"), ["8"]);
});

withTshark("dissector: tells the pages of one answer apart", async () => {
  const pcap = new Pcap();
  const asks = { transaction: 7, token: 1n, cursor: NO_CURSOR, filter: "" };
  const payload = encoded((pdus) => encodeList(pdus, 0, { ...asks, pages: 2 }));
  pcap.datagram({ from: PEER, to: INDEX, payload });
  const from = new Uint8Array(16).fill(0xab);
  for (
    const mark of [{ page: 0, more: true }, { page: 1, more: false, from }]
  ) {
    const payload = encoded((pdus) =>
      encodeAck(pdus, 0, { transaction: 7, ...markPage(mark) })
    );
    pcap.datagram({ from: INDEX, to: PEER, payload });
  }
  const [asked, first, last] = await dissect(pcap);
  assertEquals(shows(asked!, "peerdex.list.pages"), ["2"]);
  assertEquals(shows(first!, "peerdex.ack.page"), ["0"]);
  assertEquals(shows(first!, "peerdex.ack.more"), ["1"]);
  assertEquals(shows(first!, "peerdex.ack.from"), []);
  assertEquals(shows(last!, "peerdex.ack.page"), ["1"]);
  assertEquals(shows(last!, "peerdex.ack.more"), ["0"]);
  assertEquals(fieldsNamed(last!, "peerdex.ack.from")[0]?.value, from.toHex());
});

withTshark("dissector: marks datagrams that receivers drop", async () => {
  const pcap = new Pcap();
  const { accepted, dropped } = VECTORS.datagramBytes;
  const sizes = [...accepted, ...dropped.filter((size) => size > 0)];
  for (const size of sizes) {
    const payload = new Uint8Array(size);
    payload.set(hello(1).subarray(0, size));
    pcap.datagram({ from: PEER, to: INDEX, payload });
  }
  const packets = await dissect(pcap);
  const marked = sizes.filter((_, i) =>
    fieldsNamed(packets[i]!, "peerdex.bad_length").length > 0
  );
  assertEquals(marked, dropped.filter((size) => size > 0));
});

for (const segmentBytes of [1, 7, 100, 101, 102, 1448, 65_000]) {
  const name = `dissector: reads a stream in segments of ${segmentBytes} bytes`;
  withTshark(name, async () => {
    const pcap = new Pcap();
    const connection = pcap.connect(PEER, SOURCE);
    const content = counted(2_345);
    connection.send("client", join(download(1, 100), download(2, 0)), {
      segmentBytes,
    });
    const answers = join(
      grant(1, content.length),
      contentPdus(content),
      grant(2, 0),
      refused(3),
    );
    connection.send("server", answers, { segmentBytes });
    // A connection is known by its first D, where that comes whole.
    const packets = await dissect(pcap, segmentBytes < 101 ? DECODE_TCP : []);
    const all = { fields: packets.flatMap((packet) => packet.fields) };
    assertEquals(shows(all, "peerdex.download.name"), [NAME, NAME]);
    assertEquals(shows(all, "peerdex.grant.length"), ["2345", "0"]);
    assertEquals(shows(all, "peerdex.metadata.size").slice(2), [
      "9999",
      "9999",
    ]);
    assertEquals(shows(all, "peerdex.error.code"), ["8"]);
    assertEquals(shows(all, "peerdex.request_in").length, 2);
    const runs = fieldsNamed(all, "peerdex.content.content");
    assertEquals(runs.map(({ value }) => value).join(""), content.toHex());
    assertEquals(
      shows(all, "peerdex.content.offset").map(Number),
      offsets(runs.map(({ bytes }) => bytes), 100),
    );
    assertEquals(sum(shows(all, "peerdex.content.pdus")), 24);
    if (segmentBytes === 65_000) assertEquals(runs.length, 1);
    assertEquals(marks(all), []);
  });
}

withTshark("dissector: marks padding and content past the grant", async () => {
  const pcap = new Pcap();
  const connection = pcap.connect(PEER, SOURCE);
  connection.send("client", join(download(1, 0), download(2, 0)));
  const dirty = contentPdus(counted(150));
  dirty[2 * PDU_BYTES - 1] = 1;
  connection.send("server", join(grant(1, 150), dirty));
  connection.send("server", join(grant(2, 100), contentPdus(counted(250))));
  const packets = await dissect(pcap);
  assertEquals(marks(packets.at(-2)!), ["peerdex.bad_padding"]);
  assertEquals(marks(packets.at(-1)!), ["peerdex.bad_value"]);
});

withTshark("dissector: finds its way into the middle of a stream", async () => {
  const pcap = new Pcap();
  const connection = pcap.connect(PEER, SOURCE);
  const middle = contentPdus(counted(5_000)).subarray(60);
  connection.send("server", middle);
  connection.send("server", refused(1));
  const packets = await dissect(pcap, DECODE_TCP);
  const all = { fields: packets.flatMap((packet) => packet.fields) };
  const [lost] = fieldsNamed(all, "peerdex.fragment");
  assertEquals(lost?.bytes, PDU_BYTES - 60);
  assertEquals(sum(shows(all, "peerdex.content.pdus")), 49);
  assertEquals(shows(all, "peerdex.error.code"), ["8"]);
});

withTshark("dissector: shows types that it does not know", async () => {
  const pcap = new Pcap();
  const future = hello(1);
  future[0] = "X".charCodeAt(0);
  pcap.datagram({ from: PEER, to: INDEX, payload: join(future, search(2)) });
  const [packet] = await dissect(pcap);
  assertEquals(fieldsNamed(packet!, "peerdex.unknown_type").length, 1);
  assertEquals(shows(packet!, "peerdex.search.name"), [NAME]);
});

function hello(transaction: number): Uint8Array {
  return encoded((pdus) =>
    encodeHello(pdus, 0, { transaction, token: 0n, peer: ALICE })
  );
}

function search(transaction: number): Uint8Array {
  return encoded((pdus) =>
    encodeSearch(pdus, 0, { transaction, token: 5n, name: NAME })
  );
}

function found(transaction: number): Uint8Array {
  return encoded((pdus) => {
    const end = encodeAck(pdus, 0, { transaction, count: 1, metadata });
    return encodeRecord(pdus, end, {
      type: "S",
      transaction,
      size: 9_999,
      address: SOURCE.address,
      port: SOURCE.port,
      peer: ALICE,
      name: NAME,
    });
  });
}

function refused(transaction: number): Uint8Array {
  return encoded((pdus) =>
    encodeError(pdus, 0, { transaction, error: "NOT_FOUND" })
  );
}

function download(transaction: number, offset: number): Uint8Array {
  const kind = DOWNLOAD_KIND.CONTENT;
  const { digest } = metadata;
  return encoded((pdus) =>
    encodeDownload(pdus, 0, {
      transaction,
      peer: ALICE,
      name: NAME,
      offset,
      kind,
      digest,
    })
  );
}

function grant(transaction: number, length: number): Uint8Array {
  return encoded((pdus) =>
    encodeGrant(pdus, 0, { transaction, length, metadata })
  );
}

const metadata = {
  size: 9_999,
  digest: counted(32) as Digest,
  exponent: 18,
  modified: 0,
  partial: false,
};

function encoded(encode: (pdus: PduBuffer) => number): Uint8Array {
  const pdus = new PduBuffer(new Uint8Array(12 * PDU_BYTES));
  const end = encode(pdus);
  return pdus.bytes.slice(0, end);
}

/** Content as `C` PDUs, framed here by hand. */
function contentPdus(content: Uint8Array): Uint8Array {
  const count = Math.ceil(content.length / PAYLOAD_BYTES);
  const bytes = new Uint8Array(count * PDU_BYTES);
  for (let i = 0; i < count; i++) {
    bytes[i * PDU_BYTES] = PDU_TYPE.CONTENT;
    const part = content.subarray(i * PAYLOAD_BYTES, (i + 1) * PAYLOAD_BYTES);
    bytes.set(part, i * PDU_BYTES + 1);
  }
  return bytes;
}

function counted(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 1 + i % 251);
}

function join(...parts: Uint8Array[]): Uint8Array {
  assertGreater(parts.length, 0);
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

function shows(packet: DissectedPacket, name: string): string[] {
  return fieldsNamed(packet, name).map(({ show }) => show);
}

function marks(packet: DissectedPacket): string[] {
  return packet.fields.map(({ name }) => name).filter((name) =>
    MARKS.includes(name)
  );
}

function offsets(lengths: readonly number[], start: number): number[] {
  return lengths.map((_, i) => start + sum(lengths.slice(0, i)));
}

function sum(numbers: readonly (number | string)[]): number {
  return numbers.reduce<number>((total, number) => total + Number(number), 0);
}

function address(text: string): Address {
  return parseAddress(text)!;
}
