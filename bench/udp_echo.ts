/**
 * The plainest server there is: what comes goes back. What an index answers in
 * a second is compared with what this does.
 *
 * @module
 */

const socket = Deno.listenDatagram({
  hostname: "127.0.0.1",
  port: 0,
  transport: "udp",
});
console.log((socket.addr as Deno.NetAddr).port);
const buffer = new Uint8Array(2_048);
for (;;) {
  const [bytes, from] = await socket.receive(buffer);
  await socket.send(bytes, from);
}
