import { assert, assertEquals, assertThrows } from "@std/assert";
import { backup, DatabaseSync } from "node:sqlite";
import { limitsOf } from "../../../index/limits.ts";
import { SqliteStore } from "../../../index/sqlite/sqlite_store.ts";
import { StoreUnavailable } from "../../../index/store_unavailable.ts";
import { permitted } from "../../permission.ts";
import { LEASE_MS, StoreActor, testStore } from "../store_contract.ts";
import { FILE_NEEDS, SqliteStage } from "./sqlite_stage.ts";

testStore(
  "SqliteStore, stopped and started",
  (options) => SqliteStage.open({ ...options, ending: "STOP" }),
  FILE_NEEDS,
);

testStore(
  "SqliteStore, killed and started",
  (options) => SqliteStage.open({ ...options, ending: "KILL" }),
  FILE_NEEDS,
);

permitted(
  FILE_NEEDS,
  "leases go on where they were, however long it was away",
  async () => {
    const stage = await SqliteStage.open();
    await using actor = new StoreActor(stage);
    await actor.register(1, "a");
    await actor.pass(20_000);
    await stage.restart(actor.now += 3_600_000);
    await actor.pass(LEASE_MS - 20_001);
    // Twice away is not away for once.
    await stage.restart(actor.now += 3_600_000);
    assertEquals((await actor.list()).length, 1);
    await actor.pass(1);
    assertEquals(await actor.list(), []);
    await actor.pass(2_000);
    assertEquals(actor.store.counts().expired, 1);
  },
);

permitted(FILE_NEEDS, "a lost renewal costs no lease", async () => {
  const stage = await SqliteStage.open({ ending: "KILL" });
  await using actor = new StoreActor(stage);
  await actor.register(1, "a");
  await actor.pass(900);
  // A heartbeat alone is not committed at once.
  await actor.hello(1);
  await stage.restart(actor.now += 1);
  await actor.pass(LEASE_MS - 1);
  assertEquals((await actor.list()).length, 1);
});

permitted(FILE_NEEDS, "what is dead leaves the file", async () => {
  const stage = await SqliteStage.open();
  await using actor = new StoreActor(stage);
  for (let i = 0; i < 30; i++) await actor.register(1 + i % 3, `${i}`);
  await actor.hello(9, { key: 1 });
  await actor.hello(1, { key: 1 });
  await actor.goodbye(2);
  await actor.pass(LEASE_MS);
  while (stage.store.sweep(actor.now += 1_000));
  stage.store.sweep(actor.now += 1_000);
  await stage.restart(actor.now);
  assertEquals(rows(stage.path), { owner: 0, registration: 0 });
});

permitted(
  FILE_NEEDS,
  "what an end left half cleared away is cleared at the start",
  async () => {
    const stage = await SqliteStage.open();
    await using actor = new StoreActor(stage);
    for (let i = 0; i < 30; i++) await actor.register(1 + i % 3, `${i}`);
    await actor.goodbye(2);
    await stage.restart(actor.now);
    assertEquals((await actor.list()).length, 20);
    await actor.pass(2_000);
    await stage.restart(actor.now);
    assertEquals(rows(stage.path), { owner: 2, registration: 20 });
  },
);

permitted(
  FILE_NEEDS,
  "a file that cannot be written turns registrations away, and nothing else",
  async () => {
    const stage = await SqliteStage.open();
    await using actor = new StoreActor(stage);
    await actor.hello(1, { key: 1, leaseMs: 600_000 });
    await actor.register(1, "kept", { digest: 1 });
    await actor.register(1, "gone", { digest: 1 });
    await actor.register(2, "changed", { peer: "Eve", digest: 1 });
    const before = await actor.list();
    {
      using _lock = lockFile(stage.path);
      const { store } = stage;
      const settle = stage.settle;
      stage.settle = () => {};
      assertEquals(await actor.register(1, "new"), "DONE");
      assertEquals(await actor.register(1, "kept", { digest: 2 }), "DONE");
      assertEquals(await actor.deregister(1, "gone"), true);
      const moved = { peer: "Eve", port: 9_999 };
      assertEquals(await actor.register(2, "changed", moved), "DONE");
      assertEquals(await actor.register(3, "newer", { peer: "Zoe" }), "DONE");
      assertEquals(store.commit(actor.now), false);
      assertEquals(stage.faults.length, 1);
      assert(`${stage.faults[0]}`.includes(stage.path));
      assertEquals(await actor.list(), before);
      assertEquals((await actor.search("kept", { digest: 1 })).status, "FOUND");
      assertEquals((await actor.search("kept", { digest: 2 })).status, "NONE");
      assertEquals(await unavailable(actor.register(1, "x")), 1);
      assertEquals(await unavailable(actor.deregister(1, "kept")), 1);
      // Heartbeats go on.
      assertEquals((await actor.hello(1, { key: 1 })).status, "DONE");
      assertEquals(store.commit(actor.now), true);
      stage.settle = settle;
    }
    await actor.pass(1_000);
    assertEquals(await actor.register(1, "new"), "DONE");
    await actor.restart();
    assertEquals(
      await actor.list(),
      [...before, "Bob new at 192.0.2.1:6000"].toSorted(),
    );
  },
);

permitted(
  FILE_NEEDS,
  "a full disk is survived, and what was acknowledged is there",
  async () => {
    const stage = await SqliteStage.open({ ending: "KILL", maxPages: 20 });
    await using actor = new StoreActor(stage);
    await actor.register(1, "first");
    const kept = ["first"];
    stage.settle = () => {};
    for (let i = 0; stage.faults.length === 0; i++) {
      assert(i < 10_000, "the file never was full");
      const name = `${i}`.padEnd(200, "x");
      await actor.register(1, name);
      if (stage.store.commit(actor.now)) kept.push(name);
    }
    assertEquals((await actor.list()).length, kept.length);
    assertEquals(await unavailable(actor.register(1, "x")), 1);
    for (const name of kept.slice(-3)) {
      assertEquals((await actor.search(name)).status, "FOUND");
    }
    await stage.restart(actor.now);
    assertEquals((await actor.list()).length, kept.length);
  },
);

permitted(
  FILE_NEEDS,
  "a second store on one file is refused, a backup is not",
  async () => {
    const stage = await SqliteStage.open();
    await using actor = new StoreActor(stage);
    await actor.register(1, "a");
    const { path } = stage;
    await using other = await SqliteStage.open();
    const copy = `${other.path}.copy`;
    {
      using reader = new DatabaseSync(path, { readOnly: true });
      await backup(reader, copy);
    }
    assertEquals(rows(copy), { owner: 1, registration: 1 });
    assertThrows(
      () =>
        new SqliteStore(path, {
          limits: limitsOf(),
          selection: "newest",
          seed: new Uint8Array(16),
          clock: () => actor.now,
          fault() {},
        }),
      Error,
      "another index, or another program, has it open",
    );
    assertEquals(await actor.register(1, "b"), "DONE");
  },
);

/** What a rejected promise says of when to ask again. */
async function unavailable(asked: Promise<unknown>): Promise<number> {
  try {
    await asked;
  } catch (error) {
    assert(error instanceof StoreUnavailable);
    return error.retryAfter;
  }
  throw new Error("not refused");
}

function rows(path: string): { owner: number; registration: number } {
  using database = new DatabaseSync(path, { readOnly: true });
  const count = (table: string) =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n);
  return { owner: count("owner"), registration: count("registration") };
}

function lockFile(path: string): Disposable {
  const database = new DatabaseSync(path);
  database.exec("BEGIN IMMEDIATE");
  return database;
}
