import { assertEquals } from "@std/assert";
import { IndexServer } from "../../index/server.ts";
import {
  type Connect,
  PortProbe,
  PROBE_EVERY_MS,
} from "../../index/port_probe.ts";
import { addressPrefix } from "../../index/sender.ts";
import { IndexClient } from "../../peer/index_client.ts";
import { type Address, parseAddress } from "../../protocol/address.ts";
import { peerName } from "../../protocol/name.ts";
import type { ProbeResult } from "../../protocol/probe.ts";
import { permitted } from "../permission.ts";
import { START } from "./test_index.ts";

function hostAt(text: string): { address: Address; prefix: string } {
  const address = parseAddress(text)!;
  return { address, prefix: addressPrefix(address) };
}

/** A network in which a test says how each connection ends. */
class Hosts {
  readonly asked: string[] = [];
  readonly #waiting: PromiseWithResolvers<void>[] = [];

  readonly connect: Connect = ({ hostname, port, signal }) => {
    this.asked.push(`${hostname} ${port}`);
    const connecting = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => connecting.reject(signal.reason));
    this.#waiting.push(connecting);
    return connecting.promise;
  };

  /** Ends the oldest attempt, and waits until that is known. */
  async end(error?: Error): Promise<void> {
    const { resolve, reject, promise } = this.#waiting.shift()!;
    if (error) reject(error);
    else resolve();
    await promise.catch(() => {});
    await Promise.resolve();
  }
}

Deno.test("PortProbe.ask() answers at once, and later with the result", async () => {
  for (
    const [error, result] of [
      [undefined, "open"],
      [new Deno.errors.ConnectionRefused(), "refused"],
      [new Deno.errors.TimedOut(), "silent"],
      [new Error("no route"), "unreachable"],
    ] as const
  ) {
    const hosts = new Hosts();
    await using probe = new PortProbe(hosts.connect);
    const host = hostAt("192.0.2.1");
    assertEquals(probe.ask(host, 6_000, START), "pending");
    assertEquals(probe.ask(host, 6_000, START + 1), "pending");
    await hosts.end(error);
    assertEquals<ProbeResult>(probe.ask(host, 6_000, START + 2), result);
    assertEquals(hosts.asked, ["192.0.2.1 6000"]);
  }
});

Deno.test("PortProbe.ask() tries one port of an address in five seconds", async () => {
  const hosts = new Hosts();
  await using probe = new PortProbe(hosts.connect);
  const host = hostAt("2001:db8::1");
  const near = hostAt("2001:db8::2");
  probe.ask(host, 1, START);
  await hosts.end();
  assertEquals(probe.ask(host, 2, START + 10), "later");
  assertEquals(probe.ask(near, 1, START + 20), "later");
  const next = START + PROBE_EVERY_MS;
  assertEquals(probe.ask(host, 1, next - 1), "open");
  assertEquals(probe.ask(near, 2, next), "pending");
  assertEquals(hosts.asked, ["2001:db8::1 1", "2001:db8::2 2"]);
});

Deno.test("PortProbe.ask() tries 16 at one time", async () => {
  const hosts = new Hosts();
  await using probe = new PortProbe(hosts.connect);
  const answers = Array.from(
    { length: 20 },
    (_, n) => probe.ask(hostAt(`192.0.2.${n + 1}`), 6_000, START),
  );
  assertEquals(answers.filter((answer) => answer === "pending").length, 16);
  assertEquals(answers.slice(16), Array(4).fill("later"));
  await hosts.end();
  await Promise.resolve();
  assertEquals(probe.ask(hostAt("192.0.2.20"), 6_000, START), "pending");
});

Deno.test("PortProbe.ask() has nothing to try without a port or a route", async () => {
  const hosts = new Hosts();
  await using probe = new PortProbe(hosts.connect);
  assertEquals(probe.ask(hostAt("192.0.2.1"), 0, START), "none");
  assertEquals(probe.ask(hostAt("fe80::1"), 6_000, START), "none");
  await probe[Symbol.asyncDispose]();
  assertEquals(probe.ask(hostAt("192.0.2.1"), 6_000, START), "none");
  assertEquals(hosts.asked, []);
});

permitted(
  { net: true },
  "IndexServer tries the port of a peer that asks, and no other's",
  async () => {
    for (const probe of [true, false]) {
      await using index = await IndexServer.start({
        ...{ hostname: "127.0.0.1", port: 0, probe },
      });
      await using client = await IndexClient.open({
        index: index.addr,
        peer: peerName("alice"),
      });
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr as Deno.NetAddr;
      assertEquals((await client.hello({ port })).probe, "none");
      const first = await client.hello({ port, probe: true });
      assertEquals(first.text.startsWith("peerdex-index "), true);
      assertEquals(first.probe, probe ? "pending" : "none");
      if (!probe) continue;
      // It has tried once the connection is there.
      (await listener.accept()).close();
      let result;
      do {
        ({ probe: result } = await client.hello({ port, probe: true }));
      } while (result === "pending");
      assertEquals(result, "open");
    }
  },
);
