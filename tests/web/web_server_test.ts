import { assert, assertEquals } from "@std/assert";
import { isAddressHost } from "../../web/allowed_host.ts";
import { EventChannel } from "../../web/event_channel.ts";
import { WebServer, type WebServerOptions } from "../../web/web_server.ts";
import { permitted } from "../permission.ts";

function serve(
  handle: WebServerOptions["handle"],
  options: Partial<WebServerOptions> = {},
): Promise<WebServer> {
  return WebServer.listen({
    hostname: "127.0.0.1",
    port: 0,
    isAllowedHost: (host, port) => host === `127.0.0.1:${port}`,
    handle,
    ...options,
  });
}

function urlOf({ addr }: WebServer): string {
  return `http://${addr.hostname}:${addr.port}`;
}

permitted(
  { net: true },
  "WebServer answers, with the safe headers",
  async () => {
    await using web = await serve(async (request) => {
      const { pathname, search } = new URL(request.url);
      return new Response(
        `${request.method} ${pathname}${search} ${await request.text()}`,
        { status: 201, headers: { "x-own": "1" } },
      );
    });
    const response = await fetch(`${urlOf(web)}/a%20b?c=d`, {
      method: "POST",
      body: "hello",
    });
    assertEquals(await response.text(), "POST /a%20b?c=d hello");
    assertEquals(response.status, 201);
    assertEquals(response.headers.get("x-own"), "1");
    assertEquals(response.headers.get("x-content-type-options"), "nosniff");
    assert(
      response.headers.get("content-security-policy")!
        .includes("default-src 'none'"),
    );
  },
);

permitted({ net: true }, "WebServer streams a body back whole", async () => {
  const sent = crypto.getRandomValues(new Uint8Array(60_000));
  await using web = await serve(({ body }) => new Response(body));
  const parts = Array.from({ length: 50 }, () => sent);
  const response = await fetch(urlOf(web), {
    method: "POST",
    body: new Blob(parts),
  });
  const back = new Uint8Array(await response.arrayBuffer());
  assertEquals(back.length, sent.length * parts.length);
  assertEquals(back.subarray(-sent.length), sent);
});

permitted({ net: true }, "WebServer refuses another Host", async () => {
  await using web = await serve(() => new Response("secret"));
  const answer = await talk(
    web,
    "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
  );
  assert(answer.startsWith("HTTP/1.1 421 "), answer);
  assert(!answer.includes("secret"));
});

permitted({ net: true }, "WebServer gives a slow head up", async () => {
  await using web = await serve(() => new Response("late"), { headMs: 50 });
  const answer = await talk(web, "GET / HTTP/1.1\r\nHo");
  assert(answer.startsWith("HTTP/1.1 408 "), answer);
});

permitted({ net: true }, "WebServer closes an idle connection", async () => {
  let aborted = false;
  await using web = await serve(async (request) => {
    request.signal.addEventListener("abort", () => aborted = true);
    return new Response(await request.text().catch(() => "cut"));
  }, { idleMs: 100 });
  const { port } = web.addr;
  const head =
    `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 9\r\n\r\nabc`;
  assertEquals(await talk(web, head), "");
  assert(aborted);
});

permitted({ net: true }, "WebServer caps connections", async () => {
  await using web = await serve(() => new Response("ok"), {
    maxConnections: 1,
  });
  using _first = await Deno.connect(web.addr);
  assertEquals(await talk(web, "GET / HTTP/1.1\r\n\r\n"), "");
});

permitted(
  { net: true },
  "WebServer says 500, and to its owner why",
  async () => {
    const faults: unknown[] = [];
    const fault = new Error("inner words");
    await using web = await serve(() => Promise.reject(fault), {
      onFault: (error) => faults.push(error),
    });
    const response = await fetch(urlOf(web));
    assertEquals(response.status, 500);
    assert(!(await response.text()).includes("inner words"));
    assertEquals(faults, [fault]);
  },
);

permitted({ net: true }, "WebServer disposes twice", async () => {
  const web = await serve(() => new Response("ok"));
  await web[Symbol.asyncDispose]();
  await web[Symbol.asyncDispose]();
});

permitted(
  { net: true },
  "EventChannel sends, and is closed by either side",
  async () => {
    using channel = new EventChannel({ maxStreams: 1 });
    await using web = await serve(() =>
      channel.open([["hello", { a: 1 }]]) ?? new Response(null, { status: 503 })
    );
    const response = await fetch(urlOf(web));
    const reader = response.body!.pipeThrough(new TextDecoderStream())
      .getReader();
    const seen = await until(reader, "event: hello");
    assert(seen.includes('event: hello\ndata: {"a":1}\n\n'), seen);
    channel.send("more", "<b>");
    assert((await until(reader, "<b>")).includes('event: more\ndata: "<b>"'));
    const refused = await fetch(urlOf(web));
    assertEquals(refused.status, 503);
    await refused.body?.cancel();
    await reader.cancel();
  },
);

Deno.test("EventChannel cuts off a page that does not read", async () => {
  using channel = new EventChannel({ maxWaitingBytes: 100 });
  const reader = channel.open()!.body!.getReader();
  channel.send("long", "x".repeat(200));
  assertEquals(channel.size, 0);
  await reader.read().catch(() => {});
});

Deno.test("isAddressHost() takes addresses and names that were given", () => {
  const options = { port: 80, names: ["box.lan"] };
  for (const host of ["127.0.0.1", "[::1]:80", "localhost", "box.lan:80"]) {
    assert(isAddressHost(host, options), host);
  }
  for (
    const host of [
      "",
      "evil.example",
      "127.0.0.1:81",
      "127.0.0.1.evil.example",
      "localhost@evil.example",
      "[::1",
    ]
  ) assert(!isAddressHost(host, options), host);
});

/** Says something on a connection and hears it out. */
async function talk({ addr }: WebServer, text: string): Promise<string> {
  using connection = await Deno.connect(addr);
  const bytes = new Uint8Array(4_096);
  let heard = "";
  try {
    await connection.write(new TextEncoder().encode(text));
    for (;;) {
      const count = await connection.read(bytes);
      if (count === null) return heard;
      heard += new TextDecoder().decode(bytes.subarray(0, count));
      if (heard.includes("\r\n\r\n")) return heard;
    }
  } catch {
    return heard;
  }
}

async function until(
  reader: ReadableStreamDefaultReader<string>,
  wanted: string,
): Promise<string> {
  let text = "";
  while (!text.includes(wanted)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  return text;
}
