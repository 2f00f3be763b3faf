/**
 * A link with delay and loss between two hosts, made of TUN devices: the
 * kernel's own TCP on both ends, and between them this program, which holds
 * every packet back and loses some.
 *
 * ```text
 * link.ts NAME_A NAME_B DELAY_MS LOSS SEED   prints a line when both devices are there
 * ```
 *
 * It does what `tc netem` does, which few kernels of containers have, and takes
 * root on Linux.
 *
 * @module
 */

const O_RDWR = 2;
const TUNSETIFF = 0x400454can;
/** A device for IP packets, without anything before them. */
const IFF_TUN_NO_PI = 0x1001;
const PACKET_BYTES = 65_536;

/** Packets that wait for their time; more are lost, as in any router. */
const MAX_QUEUE = 1_000;

const libc = Deno.dlopen("libc.so.6", {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  read: {
    parameters: ["i32", "buffer", "usize"],
    result: "isize",
    nonblocking: true,
  },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
}).symbols;

/** How a link treats packets. */
interface LinkOptions {
  readonly delayMs: number;
  /** The part of the packets that is lost, from 0 up to 1. */
  readonly loss: number;
  readonly random: () => number;
}

if (import.meta.main) {
  const [a, b, delayMs, loss, seed] = Deno.args;
  const options = {
    delayMs: Number(delayMs),
    loss: Number(loss),
    random: randomOf(Number(seed)),
  };
  const [one, two] = [openDevice(a!), openDevice(b!)];
  console.log("ready");
  await Promise.all([carry(one, two, options), carry(two, one, options)]);
}

function openDevice(name: string): number {
  const fd = libc.open(new TextEncoder().encode("/dev/net/tun\0"), O_RDWR);
  if (fd < 0) throw new Error("Cannot open /dev/net/tun");
  const request = new Uint8Array(40);
  request.set(new TextEncoder().encode(name));
  new DataView(request.buffer).setUint16(16, IFF_TUN_NO_PI, true);
  if (libc.ioctl(fd, TUNSETIFF, request) < 0) {
    throw new Error(`Cannot make the device ${name}`);
  }
  return fd;
}

/** Carries packets in one direction. */
async function carry(
  from: number,
  to: number,
  { delayMs, loss, random }: LinkOptions,
): Promise<void> {
  const queue: { readonly at: number; readonly packet: Uint8Array }[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deliver = () => {
    timer = undefined;
    const now = performance.now();
    while (queue.length > 0 && queue[0]!.at <= now) {
      const { packet } = queue.shift()!;
      libc.write(to, packet as Uint8Array<ArrayBuffer>, BigInt(packet.length));
    }
    if (queue.length > 0) timer = setTimeout(deliver, queue[0]!.at - now);
  };
  const buffer = new Uint8Array(PACKET_BYTES);
  for (;;) {
    const count = Number(await libc.read(from, buffer, BigInt(PACKET_BYTES)));
    // Nothing can be read while the device is not up yet.
    if (count <= 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      continue;
    }
    if (random() < loss || queue.length >= MAX_QUEUE) continue;
    queue.push({
      at: performance.now() + delayMs,
      packet: buffer.slice(0, count),
    });
    timer ??= setTimeout(deliver, delayMs);
  }
}

/** Numbers from 0 up to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761 >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
