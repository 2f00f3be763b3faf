import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  DEFAULT_HTTP_LIMITS,
  type HttpLimits,
  HttpListener,
} from "../../../index/http/http_listener.ts";
import type { Handle } from "../../../index/http/connection.ts";
import { jsonReply } from "../../../index/http/reply.ts";
import { permitted } from "../../permission.ts";
import { ask, RawHttp, statusOf } from "./raw_http.ts";

const NET = { net: true };
const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const HERE = { hostname: "127.0.0.1", port: 0 };

function listen(
  limits: Partial<HttpLimits> = {},
  handle: Handle = () => jsonReply("hello"),
): HttpListener {
  return new HttpListener(HERE, {
    handle,
    limits: { ...DEFAULT_HTTP_LIMITS, ...limits },
  });
}

permitted(NET, "a request that comes byte by byte is answered", async () => {
  await using server = listen();
  using http = await RawHttp.open(server.addr);
  for (const char of GET) await http.send(char);
  const reply = await http.rest();
  assertEquals(statusOf(reply), 200);
  assert(reply.endsWith('\r\n\r\n"hello"\n'), reply);
  assertMatch(reply, /^Content-Length: 8\r$/m);
});

permitted(NET, "HEAD has the head of GET and no body", async () => {
  await using server = listen();
  const reply = await ask(server.addr, "HEAD / HTTP/1.1", "Host: localhost");
  assertMatch(reply, /^Content-Length: 8\r$/m);
  assert(reply.endsWith("\r\n\r\n"));
});

permitted(NET, "a head that never ends is cut off", async () => {
  await using server = listen({ headMs: 30 });
  using http = await RawHttp.open(server.addr);
  await http.send("GET / HTTP/1.1\r\nHost: loc");
  assertEquals(await http.rest(), "");
});

permitted(NET, "a head that is too long is refused", async () => {
  await using server = listen();
  using http = await RawHttp.open(server.addr);
  await http.send(`GET / HTTP/1.1\r\nA: ${"a".repeat(9_000)}`);
  assertEquals(statusOf(await http.rest()), 431);
});

permitted(NET, "a second request on a connection is not answered", async () => {
  await using server = listen();
  using http = await RawHttp.open(server.addr);
  await http.send(GET + GET);
  assertEquals((await http.rest()).match(/HTTP\/1\.1 200/g)?.length, 1);
});

permitted(NET, "a body is refused, and so is what is no HTTP", async () => {
  await using server = listen();
  const posted = await ask(
    server.addr,
    "POST / HTTP/1.1",
    "Host: localhost",
    "Content-Length: 3",
  );
  assertEquals(statusOf(posted), 413);
  assertEquals(statusOf(await ask(server.addr, "\x16\x03\x01 hello")), 400);
});

permitted(
  NET,
  "who sends nothing makes room for who comes",
  async () => {
    await using server = listen({ maxConnections: 3 });
    const idle = await Promise.all(
      [1, 2, 3].map(() => RawHttp.open(server.addr)),
    );
    try {
      for (let n = 0; n < 10; n++) {
        const reply = await ask(
          server.addr,
          "GET / HTTP/1.1",
          "Host: localhost",
        );
        assertEquals(statusOf(reply), 200);
      }
      assert(server.connections <= 4);
    } finally {
      for (const http of idle) http[Symbol.dispose]();
    }
  },
);

permitted(
  NET,
  "where all places are taken by requests, who comes is let go",
  async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    await using server = listen({ maxConnections: 1 }, async () => {
      begun.resolve();
      await gate.promise;
      return jsonReply("late");
    });
    using first = await RawHttp.open(server.addr);
    await first.send(GET);
    await begun.promise;
    using second = await RawHttp.open(server.addr);
    assertEquals(await second.rest(), "");
    gate.resolve();
    assertEquals(statusOf(await first.rest()), 200);
  },
);

permitted(NET, "who does not read what comes is cut off", async () => {
  const ended = Promise.withResolvers<void>();
  await using server = listen({ writeMs: 50 }, () => ({
    status: 200,
    type: "text/plain",
    stream: async (write, signal) => {
      try {
        while (!signal.aborted) await write("x".repeat(1_000_000));
      } finally {
        ended.resolve();
      }
    },
  }));
  using http = await RawHttp.open(server.addr);
  await http.send(GET);
  await ended.promise;
});

permitted(NET, "a handler is told that its client is gone", async () => {
  const begun = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  await using server = listen({}, () => ({
    status: 200,
    type: "text/plain",
    stream: async (write, signal) => {
      await write("hello");
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      gone.resolve();
    },
  }));
  {
    using http = await RawHttp.open(server.addr);
    await http.send(GET);
    await begun.promise;
  }
  await gone.promise;
});

permitted(
  NET,
  "HttpListener disposes twice, with connections open",
  async () => {
    const server = listen();
    using waiting = await RawHttp.open(server.addr);
    await waiting.send("GET");
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    assertEquals(await waiting.rest(), "");
  },
);
