import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Histogram } from "../../index/histogram.ts";
import { LatencyMeter } from "../../index/latency_meter.ts";

Deno.test("a histogram's quantiles are right to a tenth, at every size", () => {
  for (const ms of [0.002, 0.01, 0.7, 1, 33, 900, 20_000]) {
    const histogram = new Histogram();
    for (let n = 0; n < 10; n++) histogram.record(ms);
    for (const part of [0.01, 0.5, 0.99, 1]) {
      const off = Math.abs(histogram.quantile(part) / ms - 1);
      assert(off < 0.1, `${part} of ${ms} ms is off by ${off}`);
    }
    assertAlmostEquals(histogram.summary().totalMs, 10 * ms, 1e-3);
  }
});

Deno.test("a histogram counts what is too short or too long for it", () => {
  const histogram = new Histogram();
  for (const ms of [0, -1, 1e-9, 1e9, Infinity]) histogram.record(ms);
  assertEquals(histogram.count, 5);
  assertEquals(histogram.countTo(0), 3);
  assertEquals(histogram.countTo(25), 3);
});

Deno.test("countTo() counts what took at most a power of two of 1 µs", () => {
  const histogram = new Histogram();
  for (const us of [1, 2, 3, 4, 5]) histogram.record(us / 1_000);
  assertEquals([0, 1, 2, 3].map((n) => histogram.countTo(n)), [1, 2, 4, 5]);
});

Deno.test("an empty histogram says 0", () => {
  const { count, p50Ms, p99Ms } = new Histogram().summary();
  assertEquals([count, p50Ms, p99Ms], [0, 0, 0]);
});

Deno.test("a copy stays as it is, and what came later can be told", () => {
  const histogram = new Histogram();
  histogram.record(1);
  const copy = histogram.copy();
  histogram.record(64, 10);
  assertEquals([copy.count, histogram.count], [1, 11]);
  const later = histogram.since(copy);
  assertEquals(later.count, 10);
  assertAlmostEquals(later.quantile(0.5), 64, 6);
});

Deno.test("a meter measures all while there are few, one in 64 while many", () => {
  let now = 0;
  const meter = new LatencyMeter(["S"], () => now);
  const ask = (times: number) => {
    for (let n = 0; n < times; n++) {
      if (meter.isDue()) {
        meter.measured(undefined, { name: "S", start: meter.start() });
      }
    }
  };
  ask(100);
  assertEquals(meter.durations().S.count, 100);
  now = 10;
  meter.adapt();
  ask(6_400);
  // Each of a hundred stands for 64.
  assertEquals(meter.durations().S.count, 6_500);
  now = 1_000_000;
  meter.adapt();
  ask(3);
  assertEquals(meter.durations().S.count, 6_503);
});

Deno.test("a meter measures a promise to its end, also where it fails", async () => {
  let now = 0;
  const meter = new LatencyMeter(["S", "R"], () => now);
  const gate = Promise.withResolvers<number>();
  const start = meter.start();
  const outcome = meter.measured(gate.promise, { name: "S", start });
  now = 8;
  gate.resolve(42);
  assertEquals(await outcome, 42);
  const failed = meter.measured(Promise.reject(new Error("away")), {
    name: "R",
    start,
  });
  await Promise.resolve(failed).catch(() => {});
  const { S, R } = meter.durations();
  assertAlmostEquals(S.totalMs, 8, 1e-9);
  assertEquals(R.count, 1);
});
