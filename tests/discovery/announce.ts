/**
 * A program that announces an index until its standard input ends. What stands
 * in for the index sends back what comes. It takes the options of `Announcer`
 * as JSON.
 *
 * @module
 */

import { Announcer } from "../../discovery/mod.ts";

const options = JSON.parse(Deno.args[0] ?? "{}");
const socket = Deno.listenDatagram({
  transport: "udp",
  hostname: options.hostname ?? "::",
  port: 0,
});
const echoing = echo();
{
  const { port } = socket.addr as Deno.NetAddr;
  await using announcer = await Announcer.start({ ...options, port });
  const { instance, interfaces } = announcer;
  const names = interfaces.map(({ name, family }) => `${name} ${family}`);
  console.log(JSON.stringify({ instance, port, names }));
  for await (const _ of Deno.stdin.readable);
}
socket.close();
await echoing;

async function echo(): Promise<void> {
  for await (const [bytes, from] of socket) await socket.send(bytes, from);
}
