import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { WebServer } from "../../web/web_server.ts";
import { permitted } from "../permission.ts";
import { ask, RawHttp, statusOf } from "./raw_http.ts";
import { serve, urlOf } from "./served.ts";

const NET = { net: true };

function get({ addr }: WebServer, method = "GET"): string {
  return `${method} / HTTP/1.1\r\nHost: 127.0.0.1:${addr.port}\r\n\r\n`;
}

function post({ addr }: WebServer, ...lines: string[]): string {
  return [
    "POST / HTTP/1.1",
    `Host: 127.0.0.1:${addr.port}`,
    ...lines,
  ].join("\r\n");
}

permitted(NET, "WebServer answers, with the safe headers", async () => {
  await using web = serve(async (request) => {
    const { pathname, search } = new URL(request.url);
    return new Response(
      `${request.method} ${pathname}${search} ${await request.text()}`,
      { status: 201, headers: { "x-own": "1", "cache-control": "no-cache" } },
    );
  });
  const response = await fetch(new URL("/a%20b?c=d", urlOf(web)), {
    method: "POST",
    body: "hello",
  });
  assertEquals(await response.text(), "POST /a%20b?c=d hello");
  assertEquals(response.status, 201);
  const { headers } = response;
  assertEquals(headers.get("x-own"), "1");
  assertEquals(headers.get("cache-control"), "no-cache");
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  const policy = headers.get("content-security-policy")!;
  assert(policy.includes("default-src 'none'"), policy);
  assert(policy.includes("trusted-types 'none'"), policy);
});

permitted(NET, "a request that comes byte by byte is answered", async () => {
  await using web = serve();
  using http = await RawHttp.open(web.addr);
  for (const char of get(web)) await http.send(char);
  const reply = await http.rest();
  assertEquals(statusOf(reply), 200);
  assert(reply.endsWith("\r\n\r\nhello"), reply);
  assertMatch(reply, /^content-length: 5\r$/m);
});

permitted(NET, "HEAD has the head of GET and no body", async () => {
  await using web = serve();
  using http = await RawHttp.open(web.addr);
  await http.send(get(web, "HEAD"));
  const reply = await http.rest();
  assertMatch(reply, /^content-length: 5\r$/m);
  assert(reply.endsWith("\r\n\r\n"));
});

permitted(NET, "WebServer streams a body back whole", async () => {
  const sent = crypto.getRandomValues(new Uint8Array(60_000));
  await using web = serve(({ body }) => new Response(body));
  const parts = Array.from({ length: 50 }, () => sent);
  const response = await fetch(urlOf(web), {
    method: "POST",
    body: new Blob(parts),
  });
  const back = new Uint8Array(await response.arrayBuffer());
  assertEquals(back.length, sent.length * parts.length);
  assertEquals(back.subarray(-sent.length), sent);
});

permitted(NET, "a body that comes byte by byte is read whole", async () => {
  await using web = serve(async (request) =>
    new Response(await request.text())
  );
  using http = await RawHttp.open(web.addr);
  const text = post(web, "Content-Length: 5", "", "héll and more");
  for (const byte of new TextEncoder().encode(text)) {
    await http.send(Uint8Array.of(byte));
  }
  assert((await http.rest()).endsWith("\r\n\r\nhéll"));
});

permitted(NET, "a body is read no faster than it is used", async () => {
  const wanted = Promise.withResolvers<void>();
  await using web = serve(async (request) => {
    await wanted.promise;
    return new Response(`${(await request.bytes()).length}`);
  });
  using http = await RawHttp.open(web.addr);
  const bytes = 64 * 1024 * 1024;
  let sent = 0;
  const sending = (async () => {
    await http.send(post(web, `Content-Length: ${bytes}`, "", ""));
    const part = new Uint8Array(1024 * 1024);
    for (; sent < bytes; sent += part.length) await http.send(part);
  })();
  // What the system buffers fills up; another request shows that time passes.
  for (let last = -1; last !== sent;) {
    last = sent;
    await ask(web.addr, "OPTIONS", "");
    await ask(web.addr, "OPTIONS", "");
  }
  assert(sent < bytes, "all of it was taken");
  wanted.resolve();
  await sending;
  assert((await http.rest()).endsWith(`\r\n\r\n${bytes}`));
});

permitted(NET, "a body that ends early is an error", async () => {
  const heard = Promise.withResolvers<unknown>();
  await using web = serve(async (request) => {
    await request.text().catch(heard.resolve);
    return new Response();
  });
  {
    using http = await RawHttp.open(web.addr);
    await http.send(post(web, "Content-Length: 9", "", "abc"));
  }
  assert(await heard.promise instanceof Error);
});

permitted(NET, "a body that stands still is cut off", async () => {
  let aborted = false;
  await using web = serve(async (request) => {
    request.signal.addEventListener("abort", () => aborted = true);
    return new Response(await request.text().catch(() => "cut"));
  }, { bodyMs: 50 });
  using http = await RawHttp.open(web.addr);
  await http.send(post(web, "Content-Length: 9", "", "abc"));
  assertEquals(await http.rest(), "");
  assert(aborted);
});

permitted(
  NET,
  "a body that nobody wants does not hide the answer",
  async () => {
    await using web = serve(() => new Response("no", { status: 409 }));
    using http = await RawHttp.open(web.addr);
    const body = "x".repeat(300_000);
    await http.send(post(web, `Content-Length: ${body.length}`, "", body));
    assertEquals(statusOf(await http.rest()), 409);
  },
);

permitted(NET, "WebServer refuses another Host", async () => {
  await using web = serve(() => new Response("secret"));
  for (
    const host of ["evil.example", "127.0.0.1", "", "@", "127.0.0.1:99999"]
  ) {
    const reply = await ask(web.addr, "GET / HTTP/1.1", `Host: ${host}`);
    assertEquals(statusOf(reply), 421, host);
    assert(!reply.includes("secret"));
  }
});

permitted(NET, "a head that never ends is cut off", async () => {
  await using web = serve(undefined, { headMs: 30 });
  using http = await RawHttp.open(web.addr);
  await http.send("GET / HTTP/1.1\r\nHost: loc");
  assertEquals(await http.rest(), "");
});

permitted(NET, "a head that is too long is refused", async () => {
  await using web = serve();
  using http = await RawHttp.open(web.addr);
  await http.send(`GET / HTTP/1.1\r\nA: ${"a".repeat(9_000)}`);
  assertEquals(statusOf(await http.rest()), 431);
});

permitted(NET, "a second request on a connection is not answered", async () => {
  await using web = serve();
  using http = await RawHttp.open(web.addr);
  await http.send(get(web) + get(web));
  assertEquals((await http.rest()).match(/HTTP\/1\.1 200/g)?.length, 1);
});

permitted(NET, "what is no HTTP is refused", async () => {
  await using web = serve();
  assertEquals(statusOf(await ask(web.addr, "\x16\x03\x01 hello")), 400);
  assertEquals(statusOf(await ask(web.addr, "BREW / HTTP/1.1")), 501);
});

permitted(NET, "who sends nothing makes room for who comes", async () => {
  await using web = serve(undefined, { maxConnections: 3 });
  const idle = await Promise.all([1, 2, 3].map(() => RawHttp.open(web.addr)));
  try {
    for (let n = 0; n < 10; n++) {
      assertEquals(await (await fetch(urlOf(web))).text(), "hello");
    }
    assert(web.connections <= 4);
  } finally {
    for (const http of idle) http[Symbol.dispose]();
  }
});

permitted(
  NET,
  "where all places are taken by requests, who comes is let go",
  async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    await using web = serve(async () => {
      begun.resolve();
      await gate.promise;
      return new Response("late");
    }, { maxConnections: 1 });
    using first = await RawHttp.open(web.addr);
    await first.send(get(web));
    await begun.promise;
    using second = await RawHttp.open(web.addr);
    assertEquals(await second.rest(), "");
    gate.resolve();
    assertEquals(statusOf(await first.rest()), 200);
  },
);

permitted(NET, "who does not read the answer is cut off", async () => {
  const gone = Promise.withResolvers<void>();
  await using web = serve(({ signal }) => {
    signal.addEventListener("abort", () => gone.resolve());
    return new Response(new Uint8Array(64 * 1024 * 1024));
  }, { writeMs: 50 });
  using http = await RawHttp.open(web.addr);
  await http.send(get(web));
  await gone.promise;
});

permitted(NET, "events end when their reader is gone", async () => {
  const ends: string[] = [];
  const gone = Promise.withResolvers<void>();
  await using web = serve(({ signal }) => {
    signal.addEventListener("abort", () => ends.push("signal"));
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(9)),
      cancel: () => {
        ends.push("stream");
        gone.resolve();
      },
    });
    return new Response(body, {
      headers: { "content-type": "text/event-stream" },
    });
  });
  {
    using http = await RawHttp.open(web.addr);
    await http.send(get(web));
    await http.read();
  }
  await gone.promise;
  assertEquals(ends.toSorted(), ["signal", "stream"]);
});

permitted(NET, "events that nobody takes are ended", async () => {
  const gone = Promise.withResolvers<void>();
  await using web = serve(() =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)),
        cancel: gone.resolve,
      }),
      { headers: { "content-type": "text/event-stream" } },
    ), { writeMs: 50 });
  using http = await RawHttp.open(web.addr);
  await http.send(get(web));
  await gone.promise;
});

permitted(NET, "HEAD of events takes no place", async () => {
  let cancelled = false;
  await using web = serve(() =>
    new Response(
      new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) }),
      { headers: { "content-type": "text/event-stream" } },
    )
  );
  using http = await RawHttp.open(web.addr);
  await http.send(get(web, "HEAD"));
  assert((await http.rest()).endsWith("\r\n\r\n"));
  assert(cancelled);
});

permitted(NET, "WebServer says 500, and to its owner why", async () => {
  const faults: unknown[] = [];
  const fault = new Error("inner words");
  await using web = serve(() => Promise.reject(fault), {
    onFault: (error) => faults.push(error),
  });
  const response = await fetch(urlOf(web));
  assertEquals(response.status, 500);
  assert(!(await response.text()).includes("inner words"));
  assertEquals(faults, [fault]);
});

permitted(NET, "a server that cannot listen says why", async () => {
  await using web = serve();
  const options = { handle: () => new Response(), isAllowedHost: () => true };
  assertThrows(
    () => new WebServer({ ...options, ...web.addr }),
    Error,
    "the port is in use; choose another one",
  );
  assertThrows(
    () => new WebServer({ ...options, hostname: "192.0.2.77", port: 0 }),
    Error,
    "this host has no such address; choose one that it has",
  );
});

permitted(NET, "WebServer disposes twice, with connections open", async () => {
  const web = serve();
  using waiting = await RawHttp.open(web.addr);
  await waiting.send("GET");
  await web[Symbol.asyncDispose]();
  await web[Symbol.asyncDispose]();
  assertEquals(await waiting.rest(), "");
});
