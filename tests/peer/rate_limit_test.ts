import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { RateLimit } from "../../peer/rate_limit.ts";
import { FakeClock } from "./fake_clock.ts";

Deno.test("RateLimit keeps within 5% of what is asked", async () => {
  for (const bytesPerSecond of [1_000, 50_000, 25e6]) {
    const clock = new FakeClock();
    const limit = new RateLimit(bytesPerSecond, { clock });
    const portion = limit.portion(2 ** 19);
    let taken = 0;
    await clock.until((async () => {
      while (clock.now() < 20_000) {
        await limit.take(portion);
        taken += portion;
      }
    })());
    const rate = taken / clock.now() * 1_000;
    assert(Math.abs(rate / bytesPerSecond - 1) < 0.05, `${rate}`);
  }
});

Deno.test("RateLimit is shared by all who take from it", async () => {
  const clock = new FakeClock();
  const limit = new RateLimit(1_000_000, { clock });
  const taken = [0, 0, 0];
  await clock.until(Promise.all(taken.map(async (_, i) => {
    while (clock.now() < 10_000) {
      await limit.take(20_000);
      taken[i]! += 20_000;
    }
  })));
  const all = taken.reduce((sum, bytes) => sum + bytes);
  assert(Math.abs(all / 10_000_000 - 1) < 0.05, `${all}`);
  for (const bytes of taken) assert(Math.abs(bytes / all * 3 - 1) < 0.05);
});

Deno.test("RateLimit gives an address no more for asking more often", async () => {
  const clock = new FakeClock();
  const limit = new RateLimit(1_000_000, { clock });
  const taken = { greedy: 0, modest: 0 };
  const take = async (key: "greedy" | "modest") => {
    while (clock.now() < 10_000) {
      await limit.take(20_000, { key });
      taken[key] += 20_000;
    }
  };
  const greedy = Array.from({ length: 32 }, () => take("greedy"));
  await clock.until(Promise.all([...greedy, take("modest")]));
  const all = taken.greedy + taken.modest;
  assert(Math.abs(all / 10_000_000 - 1) < 0.07, `${all}`);
  assert(taken.modest / all > 0.45, `${taken.modest}`);
});

Deno.test("RateLimit catches up after a late user, but not for long", async () => {
  const clock = new FakeClock();
  const limit = new RateLimit(1_000, { clock });
  await clock.until(limit.take(1));
  await clock.advance(60_000);
  const before = clock.now();
  await clock.until(limit.take(100));
  assertEquals(clock.now(), before);
  await clock.until(limit.take(1_000));
  assertEquals(clock.now(), before + 1_000);
});

Deno.test("RateLimit.take() gives back what was not used", async () => {
  const clock = new FakeClock();
  const limit = new RateLimit(1_000, { clock });
  const stop = new AbortController();
  const aborted = limit.take(60_000, { signal: stop.signal });
  stop.abort(new Error("stopped"));
  await assertRejects(() => aborted, Error, "stopped");
  await assertRejects(
    () => limit.take(1, { signal: stop.signal }),
    Error,
    "stopped",
  );
  await clock.until(limit.take(500));
  assertEquals(clock.now(), 500);
  assertEquals(clock.timers, 0);
});

Deno.test("RateLimit refuses a limit that is none", () => {
  for (const rate of [0, -1, NaN]) {
    assertThrows(() => new RateLimit(rate), RangeError);
  }
});
