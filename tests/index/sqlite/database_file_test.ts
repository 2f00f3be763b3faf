import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { limitsOf } from "../../../index/limits.ts";
import { openDatabase } from "../../../index/sqlite/database_file.ts";
import { APPLICATION_ID, MIGRATIONS } from "../../../index/sqlite/schema.ts";
import { SqliteStore } from "../../../index/sqlite/sqlite_store.ts";
import { permitted, tempDir } from "../../permission.ts";
import { StoreActor } from "../store_contract.ts";
import { START } from "../test_index.ts";
import { FILE_NEEDS, SqliteStage } from "./sqlite_stage.ts";

permitted(
  FILE_NEEDS,
  "openDatabase() makes a file, and opens it again",
  async () => {
    await using dir = await tempDir();
    const path = `${dir.path}/index.db`;
    openDatabase(path).close();
    using database = openDatabase(path);
    assertEquals(pragma(database, "application_id"), APPLICATION_ID);
    assertEquals(pragma(database, "user_version"), MIGRATIONS.length);
    assertEquals(pragma(database, "journal_mode"), "wal");
    assertEquals(pragma(database, "synchronous"), 2);
  },
);

permitted(
  FILE_NEEDS,
  "an older file is brought up to date, or left as it was",
  async () => {
    await using stage = await SqliteStage.open();
    const actor = new StoreActor(stage);
    await actor.register(1, "a");
    stage.store[Symbol.dispose]();
    const { path } = stage;
    const before = await Deno.readFile(path);
    const wrong = [...MIGRATIONS, "CREATE TABLE extra (id INTEGER); NONSENSE"];
    assertThrows(() => openDatabase(path, wrong), Error, "as database");
    {
      using database = openDatabase(path);
      assertEquals(pragma(database, "user_version"), MIGRATIONS.length);
      assertEquals(tables(database), ["clock", "owner", "registration"]);
    }
    assertEquals(await Deno.readFile(path), before);
    const right = [...MIGRATIONS, "CREATE TABLE extra (id INTEGER)"];
    using database = openDatabase(path, right);
    assertEquals(pragma(database, "user_version"), MIGRATIONS.length + 1);
    assertEquals(tables(database), ["clock", "extra", "owner", "registration"]);
    const kept = database.prepare("SELECT count(*) AS n FROM registration")
      .get();
    assertEquals(kept?.n, 1);
  },
);

permitted(
  FILE_NEEDS,
  "what is no index's is refused, and left as it is",
  async (t) => {
    await using dir = await tempDir();
    const cases: Record<string, [() => void | Promise<void>, string]> = {
      "another program's": [
        () =>
          sqlite("CREATE TABLE mine (id INTEGER); INSERT INTO mine VALUES (1)"),
        "it is no database of an index; name another file",
      ],
      "another program's by its mark": [
        () => sqlite("PRAGMA application_id = 252006675"),
        "it is no database of an index",
      ],
      "a newer version": [
        () =>
          sqlite(
            `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 9`,
          ),
        "it is of version 9, and this index knows 1 at most; use a newer index",
      ],
      "no database at all": [
        () => Deno.writeTextFile(path, "Dear diary, ".repeat(100)),
        "it is no database of an index",
      ],
      "a short text": [
        () => Deno.writeTextFile(path, "Dear diary"),
        "it is no database of an index",
      ],
    };
    const path = `${dir.path}/index.db`;
    for (const [name, [make, reason]] of Object.entries(cases)) {
      await t.step(name, async () => {
        await make();
        const before = await Deno.readFile(path);
        assertThrows(() => openDatabase(path), Error, reason);
        assertThrows(() => openDatabase(path), Error, path);
        assertEquals(await Deno.readFile(path), before);
        await Deno.remove(path);
      });
    }

    function sqlite(sql: string): void {
      using database = new DatabaseSync(path);
      database.exec(sql);
    }
  },
);

permitted(FILE_NEEDS, "a folder that is not there is named", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/none/index.db`;
  assertThrows(() => openDatabase(path), Error, "see whether its folder");
  assertThrows(() => openDatabase(dir.path), Error, dir.path);
});

permitted(
  FILE_NEEDS,
  "damage anywhere is refused or does no harm, and nothing is overwritten",
  async () => {
    await using stage = await SqliteStage.open();
    const actor = new StoreActor(stage);
    for (let i = 0; i < 300; i++) await actor.register(1 + i % 7, `file ${i}`);
    const expected = await actor.list();
    stage.store[Symbol.dispose]();
    const whole = await Deno.readFile(stage.path);
    const path = `${stage.path}.damaged`;
    let refused = 0;
    for (let n = 1; n <= 150; n++) {
      const bytes = damage(whole, n);
      await Deno.writeFile(path, bytes);
      let store: SqliteStore | undefined;
      try {
        store = new SqliteStore(path, {
          limits: limitsOf(),
          selection: "newest",
          seed: new Uint8Array(16),
          clock: () => START,
          fault() {},
        });
      } catch (error) {
        refused++;
        assert(`${error}`.includes("as database"), `${error}`);
        assertEquals(await Deno.readFile(path), bytes, "it was overwritten");
      }
      if (store) {
        const found = new StoreActor({
          store,
          [Symbol.asyncDispose]: () => Promise.resolve(),
        });
        const listed = await found.list();
        store[Symbol.dispose]();
        assertEquals(listed, expected, `damage ${n}`);
      }
      await Deno.remove(path);
    }
    assert(refused > 75, `${refused}`);
  },
);

/** A copy that is damaged in one of many ways. */
function damage(whole: Uint8Array, n: number): Uint8Array {
  const bytes = whole.slice();
  const at = Math.floor(n * whole.length / 151);
  if (n % 3 === 0) return bytes.subarray(0, at);
  if (n % 3 === 1) bytes.fill(0, at, at + 512);
  else bytes[at]! ^= 1 << n % 8;
  return bytes;
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0];
}

function tables(database: DatabaseSync): unknown[] {
  return database.prepare("SELECT name FROM sqlite_schema ORDER BY name").all()
    .map(({ name }) => name);
}
