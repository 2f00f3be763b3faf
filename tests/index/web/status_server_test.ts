import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { OPENAPI } from "../../../index/web/openapi.ts";
import { PAGE_FILES } from "../../../index/web/page_files.ts";
import { StatusServer } from "../../../index/web/status_server.ts";
import { IndexServer } from "../../../index/server.ts";
import { IndexPageSite } from "../../integration/index_page_site.ts";
import { permitted } from "../../permission.ts";
import { misfits, type Schema } from "./json_schema.ts";
import { ask, statusOf } from "../../web/raw_http.ts";

const NEEDS = { net: true };
const EVENTS = "/api/v1/events";

/** Every path, with a query where it needs one. */
const PATHS = [
  "/",
  ...PAGE_FILES.paths,
  "/healthz",
  "/metrics",
  "/api/v1/stats",
  "/api/v1/history",
  EVENTS,
  "/api/v1/registrations",
  "/api/v1/content?name=a.txt",
  "/api/v1/peers",
  "/api/v1/openapi.json",
];

const MARKUP = '<img src=x onerror="alert(1)">';

permitted(NEEDS, "every path is answered under a strict policy", async () => {
  await using site = await IndexPageSite.start();
  await site.share("bob", "a.txt");
  for (const path of PATHS) {
    const reply = await site.fetch(path);
    assertEquals(reply.status, 200, path);
    const { headers } = reply;
    const policy = headers.get("content-security-policy") ?? "";
    assertStringIncludes(policy, "default-src 'none'", path);
    assertStringIncludes(policy, "require-trusted-types-for 'script'", path);
    assert(!policy.includes("unsafe"), path);
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("x-frame-options"), "DENY");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
    assertEquals(headers.get("access-control-allow-origin"), null, path);
    await reply.body?.cancel();
  }
});

permitted(NEEDS, "no path changes anything: GET and HEAD alone", async () => {
  await using site = await IndexPageSite.start();
  await site.share("bob", "a.txt");
  for (const path of PATHS) {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const reply = await site.fetch(path, { method });
      assertEquals(reply.status, 405, `${method} ${path}`);
      assertEquals(reply.headers.get("allow"), "GET, HEAD");
      await reply.body?.cancel();
    }
    const head = await site.fetch(path, { method: "HEAD" });
    assertEquals([head.status, await head.text()], [200, ""], path);
  }
});

permitted(NEEDS, "no path is answered under another's name", async () => {
  await using site = await IndexPageSite.start({ names: ["Index.example"] });
  await site.share("bob", "a.txt");
  const { addr } = site.page;
  for (const path of PATHS) {
    const get = `GET ${path} HTTP/1.1`;
    for (const host of ["Host: evil.example", "Host:", "X: no host"]) {
      const reply = await ask(addr, get, host);
      assertEquals(statusOf(reply), 421, `${path} ${host}`);
    }
  }
  for (const host of ["index.example", "127.0.0.1:9", "localhost"]) {
    const reply = await ask(addr, "GET /healthz HTTP/1.1", `Host: ${host}`);
    assertEquals(statusOf(reply), 200, host);
  }
});

permitted(
  NEEDS,
  "what is not there is 404, whatever it looks like",
  async () => {
    await using site = await IndexPageSite.start();
    for (
      const path of [
        "/nothing",
        "/page/",
        "/page/../index.html",
        "/page/%2e%2e/app.js",
        "//healthz",
        "/healthz/",
        "/__proto__",
        "/constructor",
      ]
    ) {
      const get = `GET ${path} HTTP/1.1`;
      const reply = await ask(site.page.addr, get, "Host: localhost");
      assertEquals(statusOf(reply), 404, path);
    }
  },
);

permitted(
  NEEDS,
  "names stay data: nothing that comes back is markup",
  async () => {
    await using site = await IndexPageSite.start();
    await site.share("<b>bob</b>", `${MARKUP}.txt`);
    for (const path of PATHS) {
      if (path === EVENTS) continue;
      const reply = await site.fetch(path);
      const type = reply.headers.get("content-type") ?? "";
      const text = await reply.text();
      if (text.includes(MARKUP)) {
        assert(
          type.startsWith("application/json"),
          path,
        );
      }
      if (type.startsWith("text/html")) {
        assert(
          !/<script(?![^>]*src=)|<style|\son\w+=|style=/i.test(text),
          path,
        );
        assert(!/https?:\/\//.test(text), path);
      }
    }
    const query = new URLSearchParams({ name: `${MARKUP}.txt` });
    const content = await (await site.fetch(`/api/v1/content?${query}`)).json();
    assertEquals(content.name, `${MARKUP}.txt`);
    assertEquals(content.sources[0].peer, "<b>bob</b>");
  },
);

permitted(
  NEEDS,
  "JSON fits its description, and all of it is described",
  async () => {
    await using site = await IndexPageSite.start({ lookMs: 20 });
    for (let n = 0; n < 3; n++) await site.share("bob", `${n}.txt`);
    await looks(site, 2);
    const described = Object.keys(OPENAPI.paths);
    const api = PATHS.map((path) => path.split("?")[0]!)
      .filter((path) => path.startsWith("/api/"));
    assertEquals(described.toSorted(), api.toSorted());
    const reply = await (await site.fetch("/api/v1/openapi.json")).json();
    const { schemas } = reply.components;
    for (const [path, { get }] of Object.entries<Described>(reply.paths)) {
      if (path === EVENTS) continue;
      const query = path.endsWith("content") ? "?name=1.txt" : "";
      const value = await (await site.fetch(path + query)).json();
      const { schema } = get.responses["200"]!.content["application/json"]!;
      assertEquals(misfits(value, schema, { schemas }), [], path);
    }
    const [look] = await looks(site, 1);
    assertEquals(misfits(look, schemas.Look, { schemas }), []);
  },
);

permitted(NEEDS, "registrations are searched and paged", async () => {
  await using site = await IndexPageSite.start();
  for (let n = 0; n < 30; n++) await site.share("bob", `${n % 2}/file ${n}`);
  const names: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query = new URLSearchParams({ filter: "0/**", limit: "4" });
    if (cursor) query.set("cursor", cursor);
    const reply = await site.fetch(`/api/v1/registrations?${query}`);
    const page: { entries: { name: string }[]; cursor: string | null } =
      await reply.json();
    names.push(...page.entries.map(({ name }) => name));
    cursor = page.cursor;
  }
  assertEquals(names.length, 15);
  assert(names.every((name) => name.startsWith("0/")));
});

const WRONG = [
  "/api/v1/registrations?limit=0",
  "/api/v1/registrations?limit=201",
  "/api/v1/registrations?limit=x",
  "/api/v1/registrations?limit=1e2",
  "/api/v1/registrations?cursor=x",
  `/api/v1/registrations?cursor=${"f".repeat(32)}`,
  `/api/v1/registrations?filter=${"a".repeat(129)}`,
  "/api/v1/peers?limit=-1",
  `/api/v1/peers?cursor=${"f".repeat(32)}`,
  "/api/v1/content",
  "/api/v1/content?name=",
  "/api/v1/content?name=../x",
  `/api/v1/content?name=${"a".repeat(900)}`,
];

permitted(NEEDS, "parameters that cannot be used are refused", async () => {
  await using site = await IndexPageSite.start();
  for (const path of WRONG) {
    const reply = await site.fetch(path);
    assertEquals(reply.status, 400, path);
    assertEquals(typeof (await reply.json()).error, "string");
  }
  const unknown = await site.fetch("/api/v1/content?name=nothing");
  assertEquals(unknown.status, 404);
  await unknown.body?.cancel();
});

permitted(NEEDS, "metrics are what Prometheus reads", async () => {
  await using site = await IndexPageSite.start();
  await site.share("bob", "a.txt");
  const reply = await site.fetch("/metrics");
  assertStringIncludes(reply.headers.get("content-type")!, "version=0.0.4");
  const text = await reply.text();
  assert(text.endsWith("\n"));
  for (const line of text.trimEnd().split("\n")) {
    assertMatch(
      line,
      /^(|# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"\\]*"(,le="[^"]+")?\})? [\d.e+-]+)$/,
    );
  }
  assertMatch(text, /^peerdex_registrations 1$/m);
  assertMatch(text, /^peerdex_requests_total\{type="R"\} 1$/m);
  assertMatch(text, /^peerdex_errors_total\{error="TOKEN"\} 1$/m);
  const name = "peerdex_request_duration_seconds";
  assertMatch(text, new RegExp(`^${name}_count\\{type="R"\\} 1$`, "m"));
  assertMatch(
    text,
    new RegExp(`^${name}_bucket\\{type="R",le="\\+Inf"\\} 1$`, "m"),
  );
});

permitted(NEEDS, "only so many watch, and a place is free again", async () => {
  const limits = { maxWatchers: 2 };
  await using site = await IndexPageSite.start({ limits, lookMs: 20 });
  const watchers = [await site.fetch(EVENTS), await site.fetch(EVENTS)];
  const third = await site.fetch(EVENTS);
  assertEquals(third.status, 503);
  await third.body?.cancel();
  await watchers[0]!.body?.cancel();
  for (;;) {
    const next = await site.fetch(EVENTS);
    await next.body?.cancel();
    if (next.status === 200) break;
  }
  await watchers[1]!.body?.cancel();
});

permitted(NEEDS, "events tell what happens", async () => {
  await using site = await IndexPageSite.start({ lookMs: 20 });
  const seen = looks(
    site,
    Infinity,
    ({ stats }) => stats.registrations === 1,
  );
  await site.share("bob", "a.txt");
  const last = (await seen).at(-1)!;
  assertEquals(last.stats.registrations, 1);
  assertEquals(last.stats.requests.R, 1);
});

permitted(NEEDS, "a page that cannot listen says why", async () => {
  await using site = await IndexPageSite.start();
  const { index, page } = site;
  assertThrows(
    () => StatusServer.start(index, page.addr),
    Error,
    "the port is in use; choose another one",
  );
});

permitted(
  NEEDS,
  "StatusServer disposes twice, while somebody watches",
  async () => {
    await using index = await IndexServer.start({
      hostname: "127.0.0.1",
      port: 0,
    });
    const here = { hostname: "127.0.0.1", port: 0 };
    const page = StatusServer.start(index, here);
    const reply = await fetch(new URL(EVENTS, page.url));
    await page[Symbol.asyncDispose]();
    await page[Symbol.asyncDispose]();
    await reply.text().catch(() => {});
  },
);

interface Described {
  readonly get: {
    readonly responses: Readonly<
      Record<string, { content: Record<string, { schema: Schema }> }>
    >;
  };
}

interface Look {
  readonly stats: {
    readonly registrations: number;
    readonly requests: Readonly<Record<string, number>>;
  };
}

/** So many events, or up to one that is wanted. */
async function looks(
  site: IndexPageSite,
  count: number,
  isWanted: (look: Look) => boolean = () => false,
): Promise<Look[]> {
  const reply = await site.fetch(EVENTS);
  const found: Look[] = [];
  let text = "";
  for await (
    const chunk of reply.body!.pipeThrough(new TextDecoderStream())
  ) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop()!;
    for (const event of events) {
      const data = event.match(/^event: look\ndata: (.*)$/)?.[1];
      if (data) found.push(JSON.parse(data));
      if (found.length >= count || found.some(isWanted)) return found;
    }
  }
  return found;
}
