import { assert, assertEquals } from "@std/assert";
import { newCounters } from "../../index/counters.ts";
import { serveUdp } from "../../index/udp_loop.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { TestIndex } from "./test_index.ts";
import { helloOf, TestPeer } from "./test_peer.ts";

/** A socket from which one takes what a test put there. */
class FakeSocket implements Deno.DatagramConn {
  readonly addr: Deno.NetAddr = { transport: "udp", hostname: "", port: 0 };
  /** What comes next: a datagram, or why there is none. */
  readonly coming: (Uint8Array | Error)[] = [];
  /** What comes after all that: this failure, again and again. */
  readonly end: Error;
  /** The ports that it comes from, the stranger's where none is left. */
  readonly ports: number[] = [];
  readonly sent: number[] = [];
  /** The ports that it was sent to. */
  readonly sentTo: number[] = [];
  received = 0;

  constructor(end: Error = new Deno.errors.BadResource("closed")) {
    this.end = end;
  }

  receive(
    buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0),
  ): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]> {
    this.received++;
    const next = this.coming.shift() ?? this.end;
    if (next instanceof Error) return Promise.reject(next);
    buffer.set(next);
    const { hostname } = STRANGER;
    const port = this.ports.shift() ?? STRANGER.port;
    const from: Deno.NetAddr = { transport: "udp", hostname, port };
    return Promise.resolve([buffer.subarray(0, next.length), from]);
  }

  send(bytes: Uint8Array, to: Deno.Addr): Promise<number> {
    this.sent.push(bytes.length);
    this.sentTo.push((to as Deno.NetAddr).port);
    return Promise.resolve(bytes.length);
  }

  joinMulticastV4 = unused;
  joinMulticastV6 = unused;
  close = unused;
  [Symbol.dispose] = unused;
  [Symbol.asyncIterator] = unused;
}

const STRANGER = { hostname: "192.0.2.7", port: 7_000 };

function unused(): never {
  throw new Error("The loop needs no such thing");
}

function serve(
  socket: FakeSocket,
  options: Partial<Parameters<typeof serveUdp>[0]> = {},
) {
  const { directory } = new TestIndex();
  const counters = newCounters();
  const fault = unused;
  const ended = serveUdp({
    ...{ socket, directory, counters, clock: Date.now, fault },
    ...options,
  });
  return { ended, counters };
}

function hello(): Uint8Array {
  return new TestPeer(new TestIndex()).datagram(helloOf());
}

Deno.test("serveUdp() goes on after receiving has failed", async () => {
  const socket = new FakeSocket();
  const reset = new Deno.errors.ConnectionReset("port unreachable");
  socket.coming.push(reset, hello(), reset, reset, hello());
  const { ended, counters } = serve(socket);
  await ended;
  assertEquals([counters.receiveFailures, counters.datagrams], [3, 2]);
  assertEquals(socket.sent, [PDU_BYTES, PDU_BYTES]);
});

Deno.test("serveUdp() leaves others their turn where receiving fails for ever", async () => {
  let end = false;
  const socket = new FakeSocket(new Error("the network is down"));
  socket.receive = () =>
    Promise.reject(end ? new Deno.errors.BadResource("closed") : socket.end);
  const { ended, counters } = serve(socket);
  // A timer goes off only where the loop lets go.
  await new Promise((resolve) => setTimeout(resolve));
  end = true;
  await ended;
  assert(counters.receiveFailures > 0);
});

Deno.test("serveUdp() goes on where who watches it fails", async () => {
  const socket = new FakeSocket();
  socket.coming.push(hello(), hello());
  const faults: unknown[] = [];
  const broken = new Error("the pipe is broken");
  const { ended, counters } = serve(socket, {
    trace: () => {
      throw broken;
    },
    fault: (error) => faults.push(error),
  });
  await ended;
  assertEquals(faults, [broken, broken]);
  assertEquals([counters.datagrams, counters.sent], [2, 2]);
});

Deno.test("serveUdp() sends nothing before it is kept, whatever fails", async () => {
  const socket = new FakeSocket();
  socket.coming.push(hello());
  const { directory } = new TestIndex();
  const broken = new Error("the second message");
  const steps: unknown[] = [];
  const receive = directory.receive.bind(directory);
  directory.receive = (exchange, now) => {
    receive(exchange, now);
    throw broken;
  };
  socket.send = ({ length }) => {
    steps.push("sent");
    return Promise.resolve(length);
  };
  const { ended } = serve(socket, {
    directory,
    commit: () => steps.push("kept") > 0,
    fault: (error) => steps.push(error),
  });
  await ended;
  assertEquals(steps, [broken, "kept", "sent"]);
});

Deno.test("serveUdp() packs what one sender is answered, in no more than it sent", async () => {
  const socket = new FakeSocket();
  const ports = [...Array(14).fill(7_000), 7_001, 7_000, 7_000, 7_001];
  for (const port of ports) {
    socket.coming.push(hello());
    socket.ports.push(port);
  }
  await serve(socket).ended;
  const pdus = socket.sent.map((bytes) => bytes / PDU_BYTES);
  assertEquals(pdus, [12, 2, 1, 2, 1]);
  assertEquals(socket.sentTo, [7_000, 7_000, 7_001, 7_000, 7_001]);
});
