import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import fc from "../../fast_check.ts";
import { limitsOf } from "../../../index/limits.ts";
import { MemoryStore } from "../../../index/memory/memory_store.ts";
import { formatEndpoint } from "../../../protocol/address.ts";
import { permitted } from "../../permission.ts";
import { StoreActor } from "../store_contract.ts";
import { START } from "../test_index.ts";
import { type Ending, FILE_NEEDS, SqliteStage } from "./sqlite_stage.ts";

/** One thing that is asked of both stores alike. */
type Ask =
  | { ask: "hello"; host: number; key: number; port: number; leaseS: number }
  | { ask: "goodbye"; host: number; key: number }
  | {
    ask: "register";
    host: number;
    name: number;
    digest: number;
    port: number;
  }
  | { ask: "deregister"; host: number; name: number };

type Step =
  | Ask
  | { ask: "pass"; ms: number }
  | { ask: "restart" }
  | { ask: "full disk"; turn: Ask[] };

const host = fc.integer({ min: 1, max: 3 });
const key = fc.integer({ min: 0, max: 2 });
const name = fc.nat({ max: 4 });
const digest = fc.nat({ max: 2 });
const changes = [
  fc.record({
    ask: fc.constant("register" as const),
    host,
    name,
    digest,
    port: fc.constantFrom(5_001, 6_000),
  }),
  fc.record({ ask: fc.constant("deregister" as const), host, name }),
] as const;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: changes[0] },
  { weight: 2, arbitrary: changes[1] },
  {
    weight: 3,
    arbitrary: fc.record({
      ask: fc.constant("hello" as const),
      host,
      key,
      port: fc.constantFrom(0, 6_000, 7_000),
      leaseS: fc.constantFrom(10, 60, 200),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ ask: fc.constant("goodbye" as const), host, key }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ask: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 9_999, 25_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ask: fc.constant("restart" as const) }) },
);

permitted(
  FILE_NEEDS,
  "a store that is stopped and started is as one that is not",
  () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        await using twins = await Twins.open("STOP");
        for (const each of steps) await twins.take(each);
        await twins.take({ ask: "restart" });
      }),
      { numRuns: 40 },
    ),
);

permitted(
  FILE_NEEDS,
  "what could not be written is as if it had never been",
  () => {
    const turn = fc.array(fc.oneof(...changes), { maxLength: 6 });
    const full = fc.record({ ask: fc.constant("full disk" as const), turn });
    const still = step.filter(({ ask }) => ask !== "pass" && ask !== "restart");
    const steps = fc.array(
      fc.oneof({ weight: 4, arbitrary: still }, {
        weight: 1,
        arbitrary: full,
      }),
      { maxLength: 25 },
    );
    return fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        await using twins = await Twins.open("KILL");
        // Everybody is known, so that a turn that fails makes nobody known.
        for (const host of [1, 2, 3]) {
          await twins.take({
            ask: "hello",
            host,
            key: 0,
            port: 0,
            leaseS: 3_600,
          });
        }
        for (const each of steps) {
          if (each.ask === "goodbye") continue;
          await twins.take(each);
        }
        await twins.take({ ask: "restart" });
      }),
      { numRuns: 40 },
    );
  },
);

class Twins implements AsyncDisposable {
  readonly #stage: SqliteStage;
  readonly #actors: readonly [StoreActor, StoreActor];
  /** Whether leases and the order of sources have to agree as well. */
  #isExact: boolean;

  private constructor(stage: SqliteStage, ending: Ending) {
    this.#stage = stage;
    this.#isExact = ending === "STOP";
    const memory = new MemoryStore({
      limits: limitsOf(),
      selection: "newest",
      seed: new Uint8Array(16),
      now: START,
    });
    this.#actors = [
      new StoreActor(stage),
      new StoreActor({
        store: memory,
        pass: (_ms, now) => void memory.sweep(now),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    ];
  }

  static async open(ending: Ending): Promise<Twins> {
    return new Twins(await SqliteStage.open({ ending }), ending);
  }

  async take(step: Step): Promise<void> {
    const [kept, plain] = this.#actors;
    if (step.ask === "restart") {
      await kept.restart();
    } else if (step.ask === "pass") {
      await kept.pass(step.ms);
      await plain.pass(step.ms);
    } else if (step.ask === "full disk") {
      await this.#fail(step.turn);
    } else assertEquals(await ask(kept, step), await ask(plain, step));
    assertEquals(await kept.list(), await plain.list());
    if (!this.#isExact) return;
    assertEquals(await ownersOf(kept), await ownersOf(plain));
    for (let name = 0; name < 5; name++) {
      assertEquals(
        await kept.sources(`${name}`),
        await plain.sources(`${name}`),
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage[Symbol.asyncDispose]();
  }

  async #fail(turn: Ask[]): Promise<void> {
    const [kept, plain] = this.#actors;
    const settle = this.#stage.settle;
    {
      using lock = new DatabaseSync(this.#stage.path);
      lock.exec("BEGIN IMMEDIATE");
      this.#stage.settle = () => {};
      for (const each of turn) await ask(kept, each);
      this.#stage.store.commit(kept.now);
      this.#stage.settle = settle;
    }
    // What was taken back may have become the newest, and renewed a lease.
    this.#isExact = false;
    await kept.pass(1_000);
    await plain.pass(1_000);
  }
}

/** Who they are, where, with how much and for how long. */
async function ownersOf(actor: StoreActor): Promise<string[]> {
  const owners = await actor.owners();
  return owners.map((each) =>
    `${each.peer} ${each.key} ${formatEndpoint(each.address, each.port)} ` +
    `${each.registrations} until ${each.leaseEnd}`
  ).sort();
}

async function ask(actor: StoreActor, step: Ask): Promise<unknown> {
  switch (step.ask) {
    case "hello": {
      const { host, port, leaseS, key } = step;
      const hello = { port, leaseMs: leaseS * 1_000 };
      return await actor.hello(host, key ? { ...hello, key } : hello);
    }
    case "goodbye":
      return await actor.goodbye(step.host, step.key || undefined);
    case "register": {
      const { host, name, digest, port } = step;
      return await actor.register(host, `${name}`, { digest, port });
    }
    case "deregister":
      return await actor.deregister(step.host, `${step.name}`);
  }
}
