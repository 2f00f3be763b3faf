/**
 * Records what passes through the sockets of this process, without the rights
 * that capturing on a network interface needs.
 *
 * @module
 */

import { type Address, parseAddress } from "../protocol/address.ts";
import type { Pcap, PcapConnection, PcapEndpoint } from "./pcap.ts";

/**
 * Records every datagram that is sent and every connection that is opened from
 * now on, until it is disposed. One at a time, for the whole process.
 *
 * @example
 * ```ts ignore
 * using _recording = recordSockets(pcap);
 * ```
 */
export function recordSockets(pcap: Pcap): Disposable {
  const { connect, listenDatagram } = Deno;
  Object.assign(Deno, {
    listenDatagram: (options: UdpOptions) =>
      recordDatagrams(listenDatagram(options), pcap),
    connect: async (options: Deno.ConnectOptions) =>
      recordConnection(await connect(options), pcap),
  });
  return {
    [Symbol.dispose]() {
      Object.assign(Deno, { connect, listenDatagram });
    },
  };
}

type UdpOptions = Deno.UdpListenOptions & { transport: "udp" };

/** Each datagram is sent once, so what is sent is all that there is. */
function recordDatagrams(
  socket: Deno.DatagramConn,
  pcap: Pcap,
): Deno.DatagramConn {
  return overriding(socket, {
    send: (payload: Uint8Array, to: Deno.Addr) => {
      const target = endpoint(to);
      const from = endpoint(socket.addr, target);
      pcap.datagram({ from, to: target, payload: payload.slice() });
      return socket.send(payload, to);
    },
  });
}

/** The side that connects sees both directions. */
function recordConnection(conn: Deno.TcpConn, pcap: Pcap): Deno.TcpConn {
  const to = endpoint(conn.remoteAddr);
  const record = pcap.connect(endpoint(conn.localAddr, to), to);
  return overriding(conn, {
    read: async (buffer: Uint8Array) => {
      const count = await conn.read(buffer);
      if (count) send(record, "server", buffer.subarray(0, count));
      return count;
    },
    write: async (buffer: Uint8Array) => {
      const before = buffer.slice();
      const count = await conn.write(buffer);
      send(record, "client", before.subarray(0, count));
      return count;
    },
  });
}

function send(
  record: PcapConnection,
  from: "client" | "server",
  bytes: Uint8Array,
): void {
  // What loopback carries in one segment; and bytes are used again, so a copy.
  record.send(from, bytes.slice(), { segmentBytes: 65_000 });
}

/** The object itself but for some methods; its private parts stay its own. */
function overriding<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, key) {
      const own = Reflect.get(methods, key);
      if (own) return own;
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** An endpoint; a socket of every address is where its other side is. */
function endpoint(addr: Deno.Addr, other?: PcapEndpoint): PcapEndpoint {
  const { hostname, port } = addr as Deno.NetAddr;
  const address = parseAddress(hostname) as Address;
  const wildcard = hostname === "0.0.0.0" || hostname === "::";
  return { address: wildcard && other ? other.address : address, port };
}
