import { assert, assertEquals } from "@std/assert";
import fc from "../fast_check.ts";
import { monotonicClock } from "../../index/monotonic_clock.ts";

Deno.test("monotonicClock() goes with the time that passes", () => {
  const time = { wall: 1_000_000, steady: 5 };
  const clock = clockOf(time);
  for (const ms of [0, 1, 10, 250, 251, 1_000, 3_600_000]) {
    time.wall += ms;
    time.steady += ms;
    assertEquals(clock(), time.wall);
  }
});

Deno.test("monotonicClock() does not take a correction for time that passed", () => {
  for (const correction of [-86_400_000, -1_000, 1_000, 86_400_000]) {
    const time = { wall: 1_000_000, steady: 5 };
    const clock = clockOf(time);
    time.wall += correction + 10;
    time.steady += 10;
    assertEquals(clock(), 1_000_010);
    time.wall += 10;
    time.steady += 10;
    assertEquals(clock(), 1_000_020);
  }
});

Deno.test("monotonicClock() never goes back, and is soon right after any corrections", () => {
  const step = fc.record({
    passed: fc.nat({ max: 2_000 }),
    correction: fc.oneof(
      fc.constant(0),
      fc.integer({ min: -100_000, max: 100_000 }),
    ),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
    const time = { wall: 1_000_000, steady: 0 };
    const clock = clockOf(time);
    let before = clock();
    for (const { passed, correction } of steps) {
      time.wall += passed + correction;
      time.steady += passed;
      const now = clock();
      assert(now >= before);
      before = now;
    }
    // Small corrections are taken over until it asks the steady clock again.
    time.wall += 100_000;
    time.steady += 100_000;
    assert(clock() >= 1_000_000 + time.steady);
  }));
});

function clockOf(time: { wall: number; steady: number }): () => number {
  return monotonicClock({ wall: () => time.wall, steady: () => time.steady });
}
