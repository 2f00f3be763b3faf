/**
 * Captures for Wireshark, made from bytes: UDP datagrams and TCP connections as
 * they would lie on a wire, in the classic pcap format.
 *
 * @module
 */

import { type Address, isIpv4 } from "../protocol/address.ts";

/** One side of the traffic. */
export interface PcapEndpoint {
  readonly address: Address;
  readonly port: number;
}

/** A capture that grows packet by packet, one a millisecond. */
export class Pcap {
  readonly #packets: Uint8Array[] = [];
  #now = START_S * 1000;

  /** How many packets it holds; also the number of the last one. */
  get length(): number {
    return this.#packets.length;
  }

  /** Lets time pass before the next packet, in milliseconds. */
  wait(ms: number): void {
    this.#now += ms;
  }

  /** Adds a UDP datagram. */
  datagram(
    { from, to, payload }: {
      from: PcapEndpoint;
      to: PcapEndpoint;
      payload: Uint8Array;
    },
  ): void {
    const header = new Uint8Array(8);
    const view = new DataView(header.buffer);
    view.setUint16(0, from.port);
    view.setUint16(2, to.port);
    view.setUint16(4, 8 + payload.length);
    this.#add({ from, to, protocol: 17, parts: [header, payload] });
  }

  /** Opens a TCP connection: its three packets are added at once. */
  connect(client: PcapEndpoint, server: PcapEndpoint): PcapConnection {
    return new PcapConnection(client, server, {
      add: (segment) => this.#add({ ...segment, protocol: 6 }),
    });
  }

  /** The capture as the bytes of a file. */
  bytes(): Uint8Array {
    const header = new Uint8Array(24);
    const view = new DataView(header.buffer);
    view.setUint32(0, 0xa1b2_c3d4);
    view.setUint16(4, 2);
    view.setUint16(6, 4);
    view.setUint32(16, 0xffff);
    view.setUint32(20, LINKTYPE_RAW);
    return concat([header, ...this.#packets]);
  }

  #add({ from, to, protocol, parts }: Segment & { protocol: number }): void {
    const body = concat(parts);
    const ip = isIpv4(from.address)
      ? ipv4Header({ from, to, protocol, bytes: body.length })
      : ipv6Header({ from, to, protocol, bytes: body.length });
    const record = new Uint8Array(16);
    const view = new DataView(record.buffer);
    view.setUint32(0, Math.floor(this.#now / 1000));
    view.setUint32(4, this.#now % 1000 * 1000);
    view.setUint32(8, ip.length + body.length);
    view.setUint32(12, ip.length + body.length);
    this.#packets.push(concat([record, ip, body]));
    this.#now++;
  }
}

/** A TCP connection within a capture. */
export class PcapConnection {
  readonly #sides: Record<"client" | "server", Side>;
  readonly #capture: { add(segment: Segment): void };

  constructor(
    client: PcapEndpoint,
    server: PcapEndpoint,
    capture: { add(segment: Segment): void },
  ) {
    this.#capture = capture;
    this.#sides = {
      client: { endpoint: client, sequence: 1000 },
      server: { endpoint: server, sequence: 5000 },
    };
    this.#segment("client", SYN);
    this.#segment("server", SYN | ACK);
    this.#segment("client", ACK);
  }

  /**
   * Sends bytes, cut into segments of at most `segmentBytes`.
   *
   * @param from Which side sends.
   */
  send(
    from: "client" | "server",
    bytes: Uint8Array,
    { segmentBytes = 1448 }: { segmentBytes?: number } = {},
  ): void {
    for (let at = 0; at < bytes.length; at += segmentBytes) {
      const payload = bytes.subarray(at, at + segmentBytes);
      this.#segment(from, ACK | PSH, payload);
    }
  }

  #segment(
    from: "client" | "server",
    flags: number,
    payload: Uint8Array = new Uint8Array(),
  ): void {
    const sender = this.#sides[from];
    const receiver = this.#sides[from === "client" ? "server" : "client"];
    const header = new Uint8Array(20);
    const view = new DataView(header.buffer);
    view.setUint16(0, sender.endpoint.port);
    view.setUint16(2, receiver.endpoint.port);
    view.setUint32(4, sender.sequence);
    view.setUint32(8, flags & ACK ? receiver.sequence : 0);
    view.setUint8(12, 5 << 4);
    view.setUint8(13, flags);
    view.setUint16(14, 0xffff);
    sender.sequence += payload.length + (flags & SYN ? 1 : 0);
    this.#capture.add({
      from: sender.endpoint,
      to: receiver.endpoint,
      parts: [header, payload],
    });
  }
}

interface Segment {
  readonly from: PcapEndpoint;
  readonly to: PcapEndpoint;
  readonly parts: readonly Uint8Array[];
}

interface Side {
  readonly endpoint: PcapEndpoint;
  sequence: number;
}

interface IpFields {
  readonly from: PcapEndpoint;
  readonly to: PcapEndpoint;
  readonly protocol: number;
  /** Bytes that follow the header. */
  readonly bytes: number;
}

/** Packets that begin with their IP header, of either version. */
const LINKTYPE_RAW = 101;

/** When a capture begins: the 1st of January 2026. */
const START_S = 1_767_225_600;

const SYN = 2;
const PSH = 8;
const ACK = 16;

function ipv4Header({ from, to, protocol, bytes }: IpFields): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, header.length + bytes);
  view.setUint8(8, 64);
  view.setUint8(9, protocol);
  header.set(from.address.subarray(12), 12);
  header.set(to.address.subarray(12), 16);
  return header;
}

function ipv6Header({ from, to, protocol, bytes }: IpFields): Uint8Array {
  const header = new Uint8Array(40);
  const view = new DataView(header.buffer);
  view.setUint8(0, 0x60);
  view.setUint16(4, bytes);
  view.setUint8(6, protocol);
  view.setUint8(7, 64);
  header.set(from.address, 8);
  header.set(to.address, 24);
  return header;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
