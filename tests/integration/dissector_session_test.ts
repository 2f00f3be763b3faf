/**
 * The Wireshark dissector, `docs/peerdex.lua`, on a session of a real index and
 * real peers, recorded at their sockets.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { IndexServer } from "../../index/server.ts";
import { Peer } from "../../peer/peer.ts";
import { type Field, LAYOUTS } from "../../protocol/layout.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { PAYLOAD_BYTES, PDU_BYTES } from "../../protocol/pdu.ts";
import { filterName, LAYOUT_OF_MESSAGE, MARKS } from "../dissector_messages.ts";
import { Pcap } from "../pcap.ts";
import { tempDir } from "../permission.ts";
import { recordSockets } from "../record_sockets.ts";
import {
  dissect,
  type DissectedPacket,
  fieldsNamed,
  withTshark,
} from "../tshark.ts";

const BIG = contentName(`${"folder/".repeat(12)}größer.bin`);
const SMALL = contentName("notes.txt");

/** Three pieces of 256 KiB and one of a byte. */
const BIG_BYTES = Uint8Array.from(
  { length: 3 * 2 ** 18 + 1 },
  (_, i) => i * i % 251,
);

/** Content between two places where a request may start. */
const LEAF_BYTES = 16_384;

/** Any free port may be one that is another protocol's. */
const ANY_PORT = ["tcp", "udp"].flatMap((transport) => [
  "-o",
  `${transport}.try_heuristic_first:TRUE`,
]);

/** UDP on IPv4: where the payload starts in a packet. */
const PAYLOAD_AT = 28;

withTshark("dissector: names every field of a real session", async () => {
  const pcap = new Pcap();
  await recordSession(pcap);
  const packets = await dissect(pcap, ANY_PORT);
  const all = packets.flatMap(({ fields }) => fields);
  const seen = new Set(all.map(({ name }) => name));
  const unseen = Object.values(LAYOUT_OF_MESSAGE).flatMap(([prefix, layout]) =>
    Object.keys(LAYOUTS[layout] satisfies Record<string, Field>)
      .map((field) => filterName(prefix, field))
  ).filter((name) => !seen.has(name));
  assertEquals(unseen, []);
  assertEquals(MARKS.filter((mark) => seen.has(mark)), []);
  for (const packet of packets) assertCovered(packet);
  const contents = contentsOf(packets);
  // Parts of a file come in any order, none shorter than a leaf of its tree.
  for (let at = 0; at < BIG_BYTES.length; at += LEAF_BYTES) {
    const leaf = BIG_BYTES.subarray(at, at + LEAF_BYTES).toHex();
    assert(contents.some((each) => each.includes(leaf)), `the leaf at ${at}`);
  }
}, { net: true });

/** Everything that peers and an index say to each other, at least once. */
async function recordSession(pcap: Pcap): Promise<void> {
  using _recording = recordSockets(pcap);
  await using dir = await tempDir();
  await using index = await IndexServer.start({
    hostname: "127.0.0.1",
    port: 0,
  });
  const open = (name: string) =>
    Peer.open({
      index: index.addr,
      hostname: "127.0.0.1",
      name: peerName(name),
      dir: join(dir.path, name),
    });
  await using alice = await open("alice");
  await using bob = await open("bob");
  const folder = alice.folder.path;
  await Deno.mkdir(join(folder, BIG, ".."), { recursive: true });
  await Deno.writeFile(join(folder, BIG), BIG_BYTES);
  await Deno.writeTextFile(join(folder, SMALL), "roses are red\n");
  await alice.register(BIG);
  await alice.register(SMALL);
  await bob.download(SMALL);
  await bob.download(BIG);
  await Array.fromAsync(bob.online());
  await Array.fromAsync(bob.online({ filter: "größer" }));
  await assertRejects(() => bob.search(contentName("nothing.txt")));
  await alice.deregister(SMALL);
}

/** The content that each connection carried, as hexadecimal text. */
function contentsOf(packets: readonly DissectedPacket[]): string[] {
  const parts = new Map<string | undefined, string[]>();
  for (const packet of packets) {
    const stream = fieldsNamed(packet, "tcp.stream")[0]?.show;
    const values = fieldsNamed(packet, "peerdex.content.content")
      .map(({ value }) => value);
    parts.set(stream, [...parts.get(stream) ?? [], ...values]);
  }
  return [...parts.values()].map((values) => values.join(""));
}

/** Every byte of every PDU that came by UDP is in a field with a name. */
function assertCovered(packet: DissectedPacket): void {
  const udp = packet.fields.find(({ name }) => name === "udp.length");
  if (!udp) return;
  const payload = Number(udp.show) - 8;
  const covered = new Set<number>();
  for (const { name, at, bytes } of packet.fields) {
    if (!/^peerdex\./.test(name) || bytes > PAYLOAD_BYTES) continue;
    for (let i = at; i < at + bytes; i++) covered.add(i - PAYLOAD_AT);
  }
  assertEquals(payload % PDU_BYTES, 0);
  assertEquals(covered.size, payload);
}
