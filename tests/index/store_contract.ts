/**
 * What every store does, whatever it keeps its registry in: one body of tests
 * for all of them. It knows nothing of how a store works, and waits for what it
 * promises.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parseFilter } from "../../index/filter.ts";
import { type Limits, limitsOf } from "../../index/limits.ts";
import type { Selection } from "../../index/memory/source_picker.ts";
import { SenderTable } from "../../index/sender.ts";
import type {
  ListPage,
  OwnerView,
  Registration,
  SearchResult,
  SessionResult,
  Source,
  Store,
} from "../../index/store.ts";
import { DigestView, TextView } from "../../index/text_view.ts";
import { formatEndpoint } from "../../protocol/address.ts";
import type { PublicKey } from "../../protocol/key.ts";
import { isLastPage } from "../../protocol/reply.ts";
import { NO_CURSOR } from "../../protocol/request.ts";
import { type Needs, permitted } from "../permission.ts";
import { digestOf } from "./test_peer.ts";
import { START } from "./test_index.ts";

/** A store to be tested. */
export interface StoreStage extends AsyncDisposable {
  /** The store as it is now: another one after a restart. */
  readonly store: Store;
  /** Called after every change: what was done is to last from here on. */
  settle?(now: number): void | Promise<void>;
  /** Called now and then: ends the store as suddenly as can be, and opens it. */
  restart?(now: number): void | Promise<void>;
  /** Called where time passes; without, only the `now` of each call moves. */
  pass?(ms: number, now: number): void | Promise<void>;
}

/** Makes a store that holds nothing. */
export type OpenStage = (options: {
  readonly limits: Limits;
  readonly selection: Selection;
  /** The time of the start. */
  readonly now: number;
}) => StoreStage | Promise<StoreStage>;

/** What a registration is made of, as far as a test cares. */
export interface Content {
  readonly peer?: string;
  readonly digest?: number;
  readonly port?: number;
  readonly size?: number;
  readonly keyed?: boolean;
}

/** The lease of everybody who does not say hello, in milliseconds. */
export const LEASE_MS = 60_000;

const HELLO = { port: 0, leaseMs: LEASE_MS, repeated: false };

/** A store on its stage, and how tests talk to it. */
export class StoreActor implements AsyncDisposable {
  now = START;
  readonly #stage: StoreStage;
  readonly #senders = new SenderTable();

  constructor(stage: StoreStage) {
    this.#stage = stage;
  }

  get store(): Store {
    return this.#stage.store;
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    this.now += ms;
    await this.#stage.pass?.(ms, this.now);
  }

  /** Ends the store and opens it again, where that keeps what it holds. */
  async restart(): Promise<void> {
    await this.#stage.restart?.(this.now);
  }

  /** Registers, and says how that ended. */
  async register(host: number, name: string, content: Content = {}) {
    const { peer = "Bob", digest = 1, port = 6_000, size = 1_000 } = content;
    const { keyed = false } = content;
    const result = await this.store.register({
      from: this.#from(host),
      content: {
        peer: new TextView().assign(peer),
        name: new TextView().assign(name),
        digest: new DigestView().point(digestOf(digest), 0),
        size,
        exponent: 18,
        modified: 1_700_000_000_000,
        partial: false,
      },
      port,
      leaseMs: LEASE_MS,
      keyed,
    }, this.now);
    await this.#settle();
    return result.status;
  }

  /** De-registers, and says whether there was something. */
  async deregister(host: number, name: string, peer = "Bob") {
    const done = await this.store.deregister({
      from: this.#from(host),
      peer: new TextView().assign(peer),
      name: new TextView().assign(name),
    }, this.now);
    await this.#settle();
    return done;
  }

  /** Says hello. */
  async hello(
    host: number,
    hello: Partial<typeof HELLO> & { key?: number } = {},
  ): Promise<SessionResult> {
    const { key, ...rest } = hello;
    const result = await this.store.open({
      ...HELLO,
      ...rest,
      from: this.#from(host),
      ...(key !== undefined && { key: keyOf(key) }),
    }, this.now);
    await this.#settle();
    return result;
  }

  /** Says goodbye. */
  async goodbye(host: number, key?: number): Promise<void> {
    await this.store.close({
      from: this.#from(host),
      ...(key !== undefined && { key: keyOf(key) }),
    }, this.now);
    await this.#settle();
  }

  /** Searches; `room` is how many sources are wanted. */
  async search(
    name: string | undefined,
    { digest, room = 100 }: { digest?: number; room?: number } = {},
  ): Promise<SearchResult> {
    return await this.store.search({
      name: name === undefined ? undefined : new TextView().assign(name),
      digest: digest === undefined
        ? undefined
        : new DigestView().point(digestOf(digest), 0),
      room,
      cost: () => 1,
    }, this.now);
  }

  /** The sources of a name, as `peer at address:port`, the newest first. */
  async sources(name: string): Promise<string[]> {
    const found = await this.search(name);
    return found.status === "FOUND" ? found.sources.map(placeOf) : [];
  }

  /** A whole list, a page at a time, as `peer name at address:port`. */
  async list(filter = "", pageSize = 100): Promise<string[]> {
    const shown: string[] = [];
    for (let cursor = NO_CURSOR;;) {
      let room = pageSize;
      const page: ListPage = await this.store.list({
        cursor,
        filter: parseFilter(filter),
        take: (each: Registration) => {
          if (room-- === 0) return false;
          shown.push(`${each.peer} ${each.name} at ${endpointOf(each)}`);
          return true;
        },
      }, this.now);
      assertEquals(page.status, "DONE");
      ({ cursor } = page);
      if (isLastPage(cursor)) return shown.sort();
    }
  }

  /** All owners, so many to a page. */
  async owners(pageSize = 100): Promise<OwnerView[]> {
    const owners: OwnerView[] = [];
    for (let cursor = NO_CURSOR;;) {
      let room = pageSize;
      const take = (owner: OwnerView) => room-- > 0 && owners.push(owner) > 0;
      const page: ListPage = await this.store.owners(
        { cursor, take },
        this.now,
      );
      assertEquals(page.status, "DONE");
      ({ cursor } = page);
      if (isLastPage(cursor)) return owners;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage[Symbol.asyncDispose]();
  }

  async #settle(): Promise<void> {
    await this.#stage.settle?.(this.now);
  }

  #from(host: number) {
    return this.#senders.sender(`192.0.2.${host}`, 5_000)!;
  }
}

/**
 * Tests a store.
 *
 * @param needs The permissions that it needs.
 */
export function testStore(
  name: string,
  open: OpenStage,
  needs: Needs = {},
): void {
  const test = (
    behaviour: string,
    body: (actor: StoreActor) => Promise<void>,
    options: { limits?: Partial<Limits>; selection?: Selection } = {},
  ) =>
    permitted(needs, `${name}: ${behaviour}`, async () => {
      const { selection = "newest" } = options;
      const limits = limitsOf(options.limits);
      await using actor = new StoreActor(
        await open({ limits, selection, now: START }),
      );
      await body(actor);
    });

  test("what is registered is found by name, by digest and by both", async (actor) => {
    assertEquals(await actor.register(1, "täst/ä.bin", { digest: 7 }), "DONE");
    await actor.restart();
    for (
      const [text, digest] of [["täst/ä.bin", 7], ["täst/ä.bin"], [, 7]] as [
        string | undefined,
        number?,
      ][]
    ) {
      const found = await actor.search(text, { ...(digest && { digest }) });
      assert(found.status === "FOUND");
      assertEquals(found.count, 1);
      assertEquals([...found.digest], [...digestOf(7)]);
      const { newest } = found;
      assertEquals(placeOf(newest), "Bob at 192.0.2.1:6000");
      assertEquals(newest.size, 1_000);
      assertEquals(newest.exponent, 18);
      assertEquals(newest.modified, 1_700_000_000_000);
      assertEquals(newest.partial, false);
      assertEquals(newest.name, text === undefined ? "täst/ä.bin" : undefined);
    }
    for (
      const [text, digest] of [["else"], ["täst/ä.bin", 8], [, 8]] as [
        string | undefined,
        number?,
      ][]
    ) {
      const found = await actor.search(text, { ...(digest && { digest }) });
      assertEquals(found.status, "NONE");
    }
  });

  test("a name of one peer has one owner", async (actor) => {
    assertEquals(await actor.register(1, "a"), "DONE");
    await actor.restart();
    assertEquals(await actor.register(1, "a", { size: 2 }), "DONE");
    assertEquals(await actor.register(2, "a"), "TAKEN");
    assertEquals(await actor.register(2, "a", { peer: "Eve" }), "DONE");
    assertEquals(await actor.deregister(2, "a"), false);
    await actor.restart();
    assertEquals(await actor.list(), [
      "Bob a at 192.0.2.1:6000",
      "Eve a at 192.0.2.2:6000",
    ]);
    assertEquals(await actor.deregister(1, "a"), true);
    assertEquals(await actor.deregister(1, "a"), false);
    await actor.restart();
    assertEquals(await actor.list(), ["Eve a at 192.0.2.2:6000"]);
    assertEquals(await actor.register(2, "a"), "DONE");
  });

  test("a lease that is not renewed runs out", async (actor) => {
    await actor.register(1, "a");
    await actor.register(2, "b", { peer: "Eve" });
    await actor.pass(LEASE_MS - 1);
    await actor.restart();
    assertEquals((await actor.hello(2)).status, "DONE");
    assertEquals((await actor.list()).length, 2);
    await actor.pass(1);
    assertEquals(await actor.list(), ["Eve b at 192.0.2.2:6000"]);
    assertEquals((await actor.search("a")).status, "NONE");
    assertEquals(await actor.deregister(1, "a"), false);
    assertEquals(await actor.register(3, "a"), "DONE");
    await actor.restart();
    assertEquals(await actor.sources("a"), ["Bob at 192.0.2.3:6000"]);
    while (actor.store.sweep(actor.now));
    assertEquals((await actor.list()).length, 2);
  });

  test("the lease that a hello asked for counts", async (actor) => {
    await actor.hello(1, { leaseMs: 200_000 });
    await actor.register(1, "a");
    await actor.pass(150_000);
    await actor.restart();
    assertEquals((await actor.list()).length, 1);
    await actor.pass(50_000);
    assertEquals(await actor.list(), []);
  });

  test("a key takes its registrations along, and nobody else's", async (actor) => {
    assertEquals(await actor.hello(1, { key: 1, port: 7_000 }), {
      status: "DONE",
      held: 0,
    });
    await actor.register(1, "a", { port: 7_000 });
    await actor.restart();
    assertEquals((await actor.hello(1)).status, "KEYED");
    const moved = await actor.hello(2, { key: 1 });
    assertEquals(moved, { status: "DONE", held: 1 });
    await actor.restart();
    assertEquals(await actor.sources("a"), ["Bob at 192.0.2.2:7000"]);
    assertEquals(await actor.register(1, "a"), "TAKEN");
    assertEquals(await actor.deregister(1, "a"), false);
    assertEquals((await actor.hello(3, { key: 2 })).status, "DONE");
    assertEquals(await actor.register(3, "a"), "TAKEN");
    const stale = await actor.hello(1, { key: 1, repeated: true });
    assertEquals(stale, { status: "DONE", held: 1 });
    assertEquals(await actor.sources("a"), ["Bob at 192.0.2.2:7000"]);
    assertEquals(await actor.deregister(2, "a"), true);
  });

  test("what only a key may register waits for its session", async (actor) => {
    const keyed = { keyed: true };
    assertEquals(await actor.register(1, "a", keyed), "KEYLESS");
    await actor.hello(1);
    assertEquals(await actor.register(1, "a", keyed), "KEYLESS");
    assertEquals(await actor.register(1, "a"), "DONE");
    assertEquals(await actor.register(1, "a", keyed), "KEYLESS");
    await actor.hello(1, { key: 1 });
    assertEquals(await actor.register(1, "a", keyed), "DONE");
    await actor.hello(2, { key: 1 });
    assertEquals(await actor.register(1, "b", keyed), "KEYLESS");
    await actor.restart();
    assertEquals(await actor.register(2, "b", keyed), "DONE");
    assertEquals(await actor.list(), [
      "Bob a at 192.0.2.2:6000",
      "Bob b at 192.0.2.2:6000",
    ]);
  });

  test("what an endpoint registered becomes that of the key it shows", async (actor) => {
    await actor.hello(9, { key: 1 });
    await actor.register(9, "old", { port: 6_001 });
    await actor.register(1, "new", { port: 6_002 });
    const taken = await actor.hello(1, { key: 1 });
    assertEquals(taken, { status: "DONE", held: 2 });
    await actor.restart();
    assertEquals(await actor.list(), [
      "Bob new at 192.0.2.1:6002",
      "Bob old at 192.0.2.1:6001",
    ]);
    const again = await actor.hello(2, { key: 1 });
    assertEquals(again, { status: "DONE", held: 2 });
    assertEquals(await actor.register(2, "new", { port: 6_003 }), "DONE");
    await actor.restart();
    assertEquals(await actor.deregister(2, "old"), true);
    assertEquals(await actor.list(), ["Bob new at 192.0.2.2:6003"]);
    await actor.goodbye(2);
    await actor.restart();
    assertEquals(await actor.list(), []);
  });

  test("a hello with a port moves all that its owner has", async (actor) => {
    await actor.register(1, "a", { port: 6_001 });
    await actor.register(1, "b", { port: 6_002 });
    await actor.hello(1, { port: 7_000 });
    await actor.restart();
    await actor.register(1, "c", { port: 6_003 });
    await actor.restart();
    assertEquals(await actor.list(), [
      "Bob a at 192.0.2.1:7000",
      "Bob b at 192.0.2.1:7000",
      "Bob c at 192.0.2.1:6003",
    ]);
    await actor.hello(1, { port: 7_000 });
    await actor.restart();
    assertEquals(await actor.list(), [
      "Bob a at 192.0.2.1:7000",
      "Bob b at 192.0.2.1:7000",
      "Bob c at 192.0.2.1:7000",
    ]);
  });

  test("the newest digest of a name is the one that is found", async (actor) => {
    await actor.register(1, "a", { peer: "p1", digest: 1 });
    await actor.register(2, "a", { peer: "p2", digest: 2 });
    await actor.register(3, "a", { peer: "p3", digest: 2 });
    await actor.restart();
    const places = ["p3 at 192.0.2.3:6000", "p2 at 192.0.2.2:6000"];
    assertEquals(await actor.sources("a"), places);
    // Renewing is not changing.
    await actor.register(1, "a", { peer: "p1", digest: 1 });
    await actor.restart();
    assertEquals((await actor.sources("a"))[0], places[0]);
    await actor.register(1, "a", { peer: "p1", digest: 3 });
    await actor.restart();
    assertEquals(await actor.sources("a"), ["p1 at 192.0.2.1:6000"]);
    assertEquals((await actor.search(undefined, { digest: 1 })).status, "NONE");
    await actor.deregister(1, "a", "p1");
    await actor.restart();
    assertEquals((await actor.sources("a"))[0], places[0]);
  });

  for (const selection of ["newest", "least-used"] as const) {
    test(
      `one search after the other reaches all sources: ${selection}`,
      async (actor) => {
        for (let host = 1; host <= 20; host++) {
          await actor.register(host, "a", { peer: `p${host}` });
        }
        const seen = new Set<string>();
        for (let n = 0; n < 20; n++) {
          const found = await actor.search("a", { room: 3 });
          assert(found.status === "FOUND");
          assertEquals(found.count, 20);
          assertEquals(found.sources.length, 3);
          for (const source of found.sources) seen.add(source.peer);
        }
        assertEquals(seen.size, 20);
      },
      { selection },
    );
  }

  test("a goodbye drops all, and the name is free", async (actor) => {
    await actor.hello(1, { key: 1 });
    await actor.register(1, "a");
    await actor.register(1, "b");
    await actor.register(2, "c", { peer: "Eve" });
    await actor.goodbye(1, 1);
    await actor.restart();
    assertEquals(await actor.list(), ["Eve c at 192.0.2.2:6000"]);
    assertEquals(await actor.register(2, "a"), "DONE");
    while (actor.store.sweep(actor.now));
    await actor.restart();
    assertEquals((await actor.list()).length, 2);
    assertEquals(actor.store.counts().registrations, 2);
    assertEquals(actor.store.counts().owners, 1);
  });

  test("a list shows everything once, whatever its pages hold", async (actor) => {
    const names = Array.from({ length: 57 }, (_, i) => `dir/${i}.iso`);
    for (const [i, each] of names.entries()) {
      await actor.register(1 + i % 5, each, { peer: `p${i % 5}` });
    }
    await actor.restart();
    const all = await actor.list("", 7);
    assertEquals(all.length, 57);
    assertEquals(new Set(all).size, 57);
    assertEquals(await actor.list("", 100), all);
    assertEquals((await actor.list("*.txt", 7)).length, 0);
    assertEquals((await actor.list("dir/1*.iso", 2)).length, 11);
    assertEquals((await actor.list("peer:p3", 7)).length, 11);
    for (const each of names.slice(0, 30)) {
      for (let host = 1; host <= 5; host++) {
        await actor.deregister(host, each, `p${host - 1}`);
      }
    }
    assertEquals((await actor.list("", 7)).length, 27);
  });

  test("a cursor of nowhere is refused", async (actor) => {
    await actor.register(1, "a");
    const page = await actor.store.list({
      cursor: new Uint8Array(16).fill(9),
      filter: undefined,
      take: () => true,
    }, actor.now);
    assertEquals(page.status, "BAD_CURSOR");
  });

  test("owners are told", async (actor) => {
    await actor.hello(1, { key: 1, port: 7_000 });
    await actor.register(1, "a", { port: 7_000 });
    await actor.register(2, "b", { peer: "Eve" });
    await actor.restart();
    const owners = await actor.owners();
    const told = owners.map(({ peer, registrations, port, key, leaseEnd }) => [
      `${peer}`,
      registrations,
      port,
      key && [...key],
      leaseEnd - actor.now,
    ]);
    assertEquals(told.toSorted(), [
      ["Bob", 1, 7_000, [...keyOf(1)], LEASE_MS],
      ["Eve", 1, 0, undefined, LEASE_MS],
    ]);
  });

  test("owners who are there throughout are told once, page by page", async (actor) => {
    for (let host = 1; host <= 40; host++) {
      await actor.hello(host, { leaseMs: host % 4 ? LEASE_MS : 10_000 });
    }
    await actor.register(1, "a");
    await actor.hello(1, { key: 1 });
    await actor.hello(2, { key: 1 });
    await actor.restart();
    await actor.pass(10_000);
    const seen: OwnerView[] = [];
    const page = async (cursor: Uint8Array) => {
      let room = 3;
      return await actor.store.owners({
        cursor,
        take: (owner) => room-- > 0 && seen.push(owner) > 0,
      }, actor.now);
    };
    let { cursor } = await page(NO_CURSOR);
    for (let host = 3; !isLastPage(cursor); host += 4) {
      if (host <= 40) await actor.goodbye(host);
      await actor.hello(host + 100);
      ({ cursor } = await page(cursor));
    }
    const hosts = seen.map(({ address }) => address[15]!);
    assertEquals(new Set(hosts).size, hosts.length);
    const stayed = (host: number) => host % 4 === 1 || host % 4 === 2;
    const steady = hosts.filter((host) => host <= 40 && stayed(host));
    // Host 1's owner was taken over by the one at host 2.
    assertEquals(steady.length, 19);
    const shown = seen.find(({ address }) => address[15] === 2)!;
    assertEquals(shown.registrations, 1);
    assertEquals([...shown.key!], [...keyOf(1)]);
    const wrong = await page(new Uint8Array(16).fill(9));
    assertEquals(wrong.status, "BAD_CURSOR");
  });

  test("no owner has more than its share", async (actor) => {
    assertEquals(await actor.register(1, "a"), "DONE");
    assertEquals(await actor.register(1, "b"), "DONE");
    await actor.restart();
    assertEquals(await actor.register(1, "c"), "FULL");
    assertEquals(await actor.register(1, "b", { size: 5 }), "DONE");
    await actor.deregister(1, "a");
    await actor.restart();
    assertEquals(await actor.register(1, "c"), "DONE");
  }, { limits: { maxPerOwner: 2 } });

  test("a full store is full until something goes", async (actor) => {
    for (const host of [1, 2, 3]) {
      const peer = `p${host}`;
      assertEquals(await actor.register(host, "a", { peer }), "DONE");
    }
    assertEquals(await actor.register(4, "a", { peer: "p4" }), "FULL");
    await actor.deregister(2, "a", "p2");
    await actor.restart();
    assertEquals(await actor.register(4, "a", { peer: "p4" }), "DONE");
    await actor.pass(LEASE_MS + 2_000);
    assertEquals(await actor.register(5, "a", { peer: "p5" }), "DONE");
  }, { limits: { maxRegistrations: 3 } });

  test("there are only so many owners", async (actor) => {
    assertEquals((await actor.hello(1)).status, "DONE");
    assertEquals((await actor.hello(2, { key: 1 })).status, "DONE");
    await actor.restart();
    assertEquals((await actor.hello(3)).status, "FULL");
    assertEquals(await actor.register(3, "a"), "FULL");
    assertEquals((await actor.hello(3, { key: 1 })).status, "DONE");
    await actor.goodbye(1);
    assertEquals((await actor.hello(2)).status, "DONE");
  }, { limits: { maxOwners: 2 } });
}

/** A public key that differs from those of other numbers. */
export function keyOf(seed: number): PublicKey {
  return new Uint8Array(32).fill(seed) as PublicKey;
}

function placeOf(source: Source): string {
  return `${source.peer} at ${endpointOf(source)}`;
}

function endpointOf({ address, port }: Pick<Source, "address" | "port">) {
  return formatEndpoint(address, port);
}
