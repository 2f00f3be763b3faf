/**
 * A program that looks for indexes, asks the first for an echo at the address
 * that was found, unless `asksEcho` is false, and prints what it came to as JSON.
 * It takes that and the options of `findIndexes()` as JSON.
 *
 * @module
 */

import { findIndexes, nothingFound } from "../../discovery/mod.ts";

const { asksEcho = true, ...options } = JSON.parse(Deno.args[0] ?? "{}");
const { found, tried } = await findIndexes(options);
const [best] = found;
const echoed = asksEcho && best && await echo(best.hostname, best.port);
const message = nothingFound(tried);
console.log(JSON.stringify({ found, echoed, message }));

/** Where an echo from an address comes from, where one comes in a minute. */
async function echo(
  hostname: string,
  port: number,
): Promise<string | undefined> {
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: hostname.includes(":") ? "::" : "0.0.0.0",
    port: 0,
  });
  await socket.send(new Uint8Array(1), { transport: "udp", hostname, port });
  const timer = setTimeout(() => socket.close(), 60_000);
  for await (const [, from] of socket) {
    clearTimeout(timer);
    socket.close();
    return (from as Deno.NetAddr).hostname;
  }
  return undefined;
}
