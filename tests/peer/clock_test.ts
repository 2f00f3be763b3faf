import { assertEquals, assertRejects } from "@std/assert";
import { delay, SYSTEM_CLOCK } from "../../peer/clock.ts";
import { FakeClock } from "./fake_clock.ts";

Deno.test("delay() waits as long as it is told, by its clock", async () => {
  const clock = new FakeClock();
  let done = false;
  const waiting = delay(1_000, { clock }).then(() => done = true);
  await clock.advance(999);
  assertEquals(done, false);
  await clock.advance(1);
  assertEquals(done, true);
  await waiting;
});

Deno.test("delay() ends with its signal and leaves no timer", async () => {
  const clock = new FakeClock();
  const ended = new AbortController();
  const waiting = delay(1_000, { clock, signal: ended.signal });
  ended.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  assertEquals(clock.timers, 0);
  const late = delay(1_000, { clock, signal: ended.signal });
  await assertRejects(() => late, Error, "enough");
  assertEquals(clock.timers, 0);
});

Deno.test("SYSTEM_CLOCK calls back, unless it is cancelled", async () => {
  const calls: string[] = [];
  const cancel = SYSTEM_CLOCK.after(0, () => calls.push("cancelled"));
  cancel();
  await new Promise<void>((resolve) => {
    SYSTEM_CLOCK.after(1, () => {
      calls.push("called");
      resolve();
    });
  });
  cancel();
  assertEquals(calls, ["called"]);
});
