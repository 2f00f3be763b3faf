import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import type { DownloadState } from "../../../peer/web/download_queue.ts";
import type { FilePage } from "../../../peer/web/file_page.ts";
import type { OnlinePage } from "../../../peer/web/online_page.ts";
import { permitted } from "../../permission.ts";
import { PageSite, SITE, Visitor } from "./page_site.ts";

permitted(SITE, "PeerPage opens once, by its address", async () => {
  await using site = await PageSite.start();
  const page = await site.page(await site.peer("alice"));
  const address = page.newAddress();
  const { origin } = new URL(address);
  assertEquals(await statusOf(origin), 403);
  assertEquals(await statusOf(`${origin}/enter/wrong`), 403);

  const response = await fetch(address);
  const [cookie = ""] = response.headers.getSetCookie();
  await response.body?.cancel();
  assert(/; HttpOnly; SameSite=Strict$/.test(cookie), cookie);
  assertEquals(
    await statusOf(origin, { cookie: cookie.split(";")[0]! }),
    200,
  );

  const again = await fetch(address);
  assertEquals(again.status, 403);
  assertEquals(again.headers.getSetCookie(), []);
  await again.body?.cancel();
});

permitted(SITE, "PeerPage listens on loopback alone", async () => {
  await using site = await PageSite.start();
  const page = await site.page(await site.peer("alice"));
  assertEquals(new URL(page.newAddress()).hostname, "127.0.0.1");
});

permitted(SITE, "PeerPage refuses all but its own page", async () => {
  await using site = await PageSite.start();
  const peer = await site.peer("alice", { "a.txt": "a" });
  const page = await site.page(peer);
  const visitor = await Visitor.enter(page.newAddress());
  const share = (headers: Record<string, string>) =>
    visitor.ask("POST", "/api/shares", { body: { names: ["a.txt"] }, headers });
  const wrong = [
    { cookie: "" },
    { cookie: "peerdex-1=x" },
    { "x-peerdex-token": "" },
    { "x-peerdex-token": `${visitor.token.slice(1)}A` },
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: `http://localhost:${new URL(visitor.origin).port}` },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site" },
  ];
  for (const headers of wrong) {
    const { status } = await share(headers as Record<string, string>);
    assert(status === 401 || status === 403, JSON.stringify(headers));
  }
  assertEquals(peer.shared(), []);

  const { port } = new URL(visitor.origin);
  const foreign = await rawStatus(Number(port), `evil.example:${port}`);
  assertEquals(foreign, 421);
  // Writing without an Origin is not what browsers do.
  const bare = await fetch(`${visitor.origin}/api/address`, {
    method: "POST",
    headers: { cookie: visitor.cookie, "x-peerdex-token": visitor.token },
  });
  assertEquals(bare.status, 403);
  await bare.body?.cancel();

  assertEquals((await share({})).status, 200);
  const read = await visitor.ask("GET", "/api/status", {
    headers: { "x-peerdex-token": "" },
  });
  assertEquals(read.status, 401);
});

permitted(
  SITE,
  "PeerPage allows no other origin, and no preflight",
  async () => {
    await using site = await PageSite.start();
    const page = await site.page(await site.peer("alice"));
    const visitor = await Visitor.enter(page.newAddress());
    for (const path of ["/", "/api/status", "/page/app.js"]) {
      const response = await fetch(visitor.origin + path, {
        method: "OPTIONS",
        headers: { ...visitor.headers, origin: "http://evil.example" },
      });
      await response.body?.cancel();
      assert(response.status >= 400);
      for (const name of response.headers.keys()) {
        assert(!name.startsWith("access-control-"), name);
      }
    }
  },
);

permitted(SITE, "PeerPage opens in another browser", async () => {
  await using site = await PageSite.start();
  const page = await site.page(await site.peer("alice"));
  const first = await Visitor.enter(page.newAddress());
  const { value } = await first.ask<{ address: string }>(
    "POST",
    "/api/address",
    { body: {} },
  );
  const second = await Visitor.enter(value.address);
  assertNotEquals(second.token, first.token);
  // A cookie of one session and the token of another are nobody's.
  const mixed = await first.ask("GET", "/api/status", {
    headers: { "x-peerdex-token": second.token },
  });
  assertEquals(mixed.status, 401);
  assertEquals((await second.ask("GET", "/api/status")).status, 200);
});

permitted(SITE, "PeerPage shares, shows and forgets files", async () => {
  await using site = await PageSite.start();
  const peer = await site.peer("alice", { "a.txt": "aa", "b/c.txt": "ccc" });
  const page = await site.page(peer);
  const visitor = await Visitor.enter(page.newAddress());
  const files = async (query = "") =>
    (await visitor.ask<FilePage>("GET", `/api/files?${query}`)).value;
  assertEquals(
    (await files()).files.map(({ name, size, shared, sources }) => [
      ...[name, size, shared, sources],
    ]),
    [["a.txt", 2, false, null], ["b/c.txt", 3, false, null]],
  );
  const shared = await visitor.ask("POST", "/api/shares", {
    body: { names: ["b/c.txt", "nothing.txt"] },
  });
  assertEquals(shared.value.shared, 1);
  assertEquals(shared.value.problems, [
    'Cannot share "nothing.txt": it is not there',
  ]);
  let found;
  // An index that takes its time is not waited for long: the page asks again.
  do found = await files("filter=C.TXT"); while (
    found.files[0]?.shared && found.files[0].sources === null
  );
  assertEquals(found.files.length, 1);
  assertEquals(found.files[0]!.shared, true);
  assertEquals(found.files[0]!.sources, 1);

  await visitor.ask("POST", "/api/shares", { body: { all: true } });
  assertEquals((await files()).shared, 2);
  const path = `/api/shares/${encodeURIComponent("b/c.txt")}`;
  assertEquals((await visitor.ask("DELETE", path)).status, 200);
  assertEquals(peer.shared().map(({ name }) => name), ["a.txt"]);
});

permitted(SITE, "PeerPage pages through what is on line", async () => {
  await using site = await PageSite.start();
  const names = Array.from({ length: 130 }, (_, i) => `n${1_000 + i}.bin`);
  const bob = await site.peer(
    "bob",
    Object.fromEntries(names.map((name) => [name, name])),
  );
  await bob.share([bob.folder.path]);
  const page = await site.page(await site.peer("alice"));
  const visitor = await Visitor.enter(page.newAddress());
  const seen: string[] = [];
  let pages = 0;
  for (let cursor: string | null = ""; cursor !== null;) {
    const { value }: { value: OnlinePage } = await visitor.ask(
      "GET",
      `/api/online?cursor=${cursor}`,
    );
    seen.push(...value.entries.map(({ name }) => name));
    cursor = value.next;
    pages++;
  }
  assertEquals(seen.toSorted(), names);
  assert(pages >= 2 && pages <= 3, `${pages} pages`);
  const one = await visitor.ask<OnlinePage>("GET", "/api/online?filter=n1007");
  assertEquals(one.value.entries.map(({ name }) => name), ["n1007.bin"]);
  const wrong = await visitor.ask("GET", "/api/online?cursor=xyz");
  assertEquals(wrong.status, 400);
});

permitted(SITE, "PeerPage tells what has changed", async () => {
  await using site = await PageSite.start();
  const page = await site.page(await site.peer("alice"));
  const visitor = await Visitor.enter(page.newAddress());
  const view = "/api/online?filter=news&cursor=";
  assertEquals(
    (await visitor.ask<OnlinePage>("GET", view)).value.entries,
    [],
  );
  const changed = visitor.until<{ view: string }>(
    "changed",
    (event) => event.view === view,
  );
  const bob = await site.peer("bob", { "news.txt": "!" });
  await visitor.until("status", () => true);
  await visitor.ask("GET", view);
  await bob.share([bob.folder.path]);
  await changed;
  const { value } = await visitor.ask<OnlinePage>("GET", view);
  assertEquals(value.entries.map(({ name }) => name), ["news.txt"]);
});

permitted(SITE, "PeerPage downloads to the end and shares it", async () => {
  await using site = await PageSite.start();
  const content = crypto.getRandomValues(new Uint8Array(60_000));
  const bob = await site.peer("bob", { "b.bin": content });
  await bob.share([bob.folder.path]);
  const alice = await site.peer("alice");
  const page = await site.page(alice);
  const visitor = await Visitor.enter(page.newAddress());
  const started = await visitor.ask("POST", "/api/downloads", {
    body: { name: "b.bin" },
  });
  assertEquals(started.status, 200);
  const [done] = await visitor.until<DownloadState[]>(
    "downloads",
    (list) => list[0]?.phase === "done",
  );
  assertEquals(done!.bytes, content.length);
  assertEquals(await Deno.readFile(`${alice.folder.path}/b.bin`), content);
  assertEquals(alice.shared().map(({ name }) => name), ["b.bin"]);
  await visitor.ask("DELETE", "/api/downloads/done");
  await visitor.until<DownloadState[]>("downloads", (list) => !list.length);
});

permitted(SITE, "PeerPage asks before a download replaces a file", async () => {
  await using site = await PageSite.start();
  const bob = await site.peer("bob", { "a.txt": "bob's" });
  await bob.share([bob.folder.path]);
  const alice = await site.peer("alice", { "a.txt": "alice's own" });
  const page = await site.page(alice);
  const visitor = await Visitor.enter(page.newAddress());
  await visitor.ask("POST", "/api/downloads", { body: { name: "a.txt" } });
  const [{ id } = { id: 0 }] = await visitor.until<DownloadState[]>(
    "downloads",
    (list) => list[0]?.phase === "in-the-way",
  );
  const own = `${alice.folder.path}/a.txt`;
  assertEquals(await Deno.readTextFile(own), "alice's own");
  await visitor.ask("POST", `/api/downloads/${id}/resume`, {
    body: { ifExists: "rename" },
  });
  await visitor.until<DownloadState[]>(
    "downloads",
    (list) => list[0]?.phase === "done",
  );
  assertEquals(await Deno.readTextFile(own), "alice's own");
  const beside = `${alice.folder.path}/a (1).txt`;
  assertEquals(await Deno.readTextFile(beside), "bob's");
});

permitted(SITE, "PeerPage takes a dropped file in, and shares it", async () => {
  await using site = await PageSite.start();
  const alice = await site.peer("alice", { "old.txt": "old" });
  const page = await site.page(alice);
  const visitor = await Visitor.enter(page.newAddress());
  const upload = (name: string, body: Uint8Array<ArrayBuffer>, what = "fail") =>
    visitor.ask(
      "POST",
      `/api/uploads?${new URLSearchParams({ name, "if-exists": what })}`,
      { body },
    );
  const content = crypto.getRandomValues(new Uint8Array(65_000));
  const { value } = await upload("sub/new.bin", content);
  assertEquals(value, { name: "sub/new.bin", shared: 1, problems: [] });
  assertEquals(
    await Deno.readFile(`${alice.folder.path}/sub/new.bin`),
    content,
  );
  const look = await visitor.ask("GET", "/api/uploads?name=old.txt");
  assertEquals(look.value.exists, true);
  const bytes = new TextEncoder().encode("new");
  const refused = await upload("old.txt", bytes);
  assertEquals([refused.status, refused.value.code], [409, "exists"]);
  assertStringIncludes(String(refused.value.message), "old.txt");
  const old = `${alice.folder.path}/old.txt`;
  assertEquals(await Deno.readTextFile(old), "old");
  const renamed = await upload("old.txt", bytes, "rename");
  assertEquals(renamed.value.name, "old (1).txt");
  await upload("old.txt", bytes, "overwrite");
  assertEquals(await Deno.readTextFile(old), "new");

  for (
    const name of [
      "../out.txt",
      "/etc/out.txt",
      ".peerdex/key",
      "a/../../out",
      "CON",
      "",
      "a\u202eb",
    ]
  ) {
    const { status } = await upload(name, bytes);
    assertEquals(status, 400, name);
  }
  await Deno.symlink("/tmp", `${alice.folder.path}/link`);
  assertEquals((await upload("link/x.txt", bytes)).status, 400);
  const left = await Array.fromAsync(
    Deno.readDir(`${alice.folder.path}/.peerdex/uploads`),
  );
  assertEquals(left, []);
});

permitted(SITE, "PeerPage answers odd requests with an error", async () => {
  await using site = await PageSite.start();
  const page = await site.page(await site.peer("alice"));
  const visitor = await Visitor.enter(page.newAddress());
  const cases: [string, string, object | string | undefined, number][] = [
    ["GET", "/api/nothing", undefined, 404],
    ["GET", "/nothing", undefined, 404],
    ["GET", "/page/../peer.ts", undefined, 404],
    ["POST", "/", {}, 405],
    ["POST", "/api/files", {}, 405],
    ["POST", "/api/downloads", "no json", 415],
    ["POST", "/api/downloads", [], 400],
    ["POST", "/api/downloads", { name: "../x" }, 400],
    ["POST", "/api/downloads", { name: "x", ifExists: "explode" }, 400],
    ["POST", "/api/downloads/7/cancel", {}, 404],
    ["DELETE", "/api/downloads/7", undefined, 404],
    ["POST", "/api/shares", { names: "x" }, 400],
    ["DELETE", "/api/shares/%E0%A4%A", undefined, 400],
    ["DELETE", "/api/shares/nothing", undefined, 404],
    ["GET", "/api/files?offset=-1", undefined, 400],
  ];
  for (const [method, path, body, wanted] of cases) {
    const { status, text } = await visitor.ask(
      method,
      path,
      body === undefined ? {} : { body },
    );
    assertEquals(status, wanted, `${method} ${path}: ${text}`);
  }
});

permitted(SITE, "PeerPage disposes twice, with a page open", async () => {
  await using site = await PageSite.start();
  const page = await site.page(await site.peer("alice"));
  const visitor = await Visitor.enter(page.newAddress());
  const response = await fetch(`${visitor.origin}/api/events`, {
    headers: visitor.headers,
  });
  await page[Symbol.asyncDispose]();
  await page[Symbol.asyncDispose]();
  await response.body?.cancel().catch(() => {});
});

async function statusOf(
  url: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const response = await fetch(url, { headers });
  await response.body?.cancel();
  return response.status;
}

async function rawStatus(port: number, host: string): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(
    new TextEncoder().encode(
      `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    ),
  );
  const bytes = new Uint8Array(1_024);
  const count = await connection.read(bytes) ?? 0;
  const head = new TextDecoder().decode(bytes.subarray(0, count));
  return Number(head.split(" ")[1]);
}
