import { assertEquals } from "@std/assert";
import { permitted } from "../permission.ts";
import { RawHttp } from "./raw_http.ts";
import { urlOf } from "./served.ts";

const SERVER = `
import { WebServer } from ${
  JSON.stringify(new URL("../../web/web_server.ts", import.meta.url).href)
};
const web = new WebServer({
  hostname: "127.0.0.1",
  port: 0,
  isAllowedHost: () => true,
  handle: () => new Response("hello"),
});
console.log(web.addr.port);
`;

permitted(
  { run: true, net: true, read: true },
  "WebServer goes on after it was out of file descriptors",
  async () => {
    if (Deno.build.os !== "linux") return;
    await using server = new Deno.Command("sh", {
      args: [
        "-c",
        'ulimit -n 60; exec "$0" run --no-lock --cached-only --allow-net --ext=ts -',
        Deno.execPath(),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = server.stdin.getWriter();
    await writer.write(new TextEncoder().encode(SERVER));
    await writer.close();
    const reader = server.stdout.getReader();
    const { value } = await reader.read();
    const port = Number(new TextDecoder().decode(value));
    const many: RawHttp[] = [];
    for (let n = 0; n < 100; n++) many.push(await RawHttp.open({ port }));
    for (const http of many) http[Symbol.dispose]();
    const reply = await fetch(urlOf({ addr: { hostname: "", port } }));
    assertEquals(await reply.text(), "hello");
    await reader.cancel();
  },
);
