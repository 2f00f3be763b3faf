import { assertEquals } from "@std/assert";
import { Alarm } from "../../peer/alarm.ts";
import type { Clock } from "../../peer/clock.ts";
import { FakeClock } from "./fake_clock.ts";

/** A clock that goes on while nothing that is due happens. */
class StoppedProcess implements Clock {
  readonly #clock = new FakeClock();
  #stoodMs = 0;

  /** Time passes, and nothing else. */
  stand(ms: number): void {
    this.#stoodMs += ms;
  }

  now(): number {
    return this.#clock.now() + this.#stoodMs;
  }

  after(ms: number, callback: () => void): () => void {
    return this.#clock.after(ms, callback);
  }

  /** Lets happen what is due, and time pass. */
  advance(ms: number): Promise<void> {
    return this.#clock.advance(ms);
  }
}

Deno.test("Alarm goes off at the earliest of its times, once", async () => {
  const clock = new FakeClock();
  const rang: number[] = [];
  const alarm = new Alarm(clock, () => rang.push(clock.now()));
  for (const at of [5_000, 3_000, 4_000, Infinity]) alarm.setAt(at);
  await clock.advance(10_000);
  assertEquals(rang, [3_000]);
  alarm.setAt(2_000);
  await clock.advance(0);
  assertEquals(rang, [3_000, 10_000], "what is over is due now");
  alarm.setAt(20_000);
  alarm.clear();
  alarm.clear();
  assertEquals(clock.timers, 0);
});

Deno.test("Alarm that a stopped process made late lets be heard what came", async () => {
  const clock = new StoppedProcess();
  let rings = 0;
  const alarm = new Alarm(clock, () => rings++);
  for (const [stoodMs, ringsAtOnce] of [[900, 1], [20_000, 0]] as const) {
    rings = 0;
    alarm.setAt(clock.now() + 500);
    clock.stand(stoodMs);
    await clock.advance(500);
    assertEquals(rings, ringsAtOnce, `late by ${stoodMs} ms`);
    await clock.advance(10_000);
    assertEquals(rings, 1);
  }
  alarm.setAt(clock.now() + 500);
  clock.stand(20_000);
  await clock.advance(500);
  alarm.clear();
  await clock.advance(10_000);
  assertEquals(rings, 1, "it was cleared while it heard");
});
