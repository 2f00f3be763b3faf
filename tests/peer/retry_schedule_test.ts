import { assert, assertEquals } from "@std/assert";
import { GIVE_UP_MS, JITTER, retryDelay } from "../../peer/retry_schedule.ts";

Deno.test("retryDelay() doubles from 250 ms and stays at 4 s", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 100].map((tries) =>
    retryDelay(tries, 0.5)
  );
  assertEquals(delays, [250, 500, 1000, 2000, 4000, 4000, 4000, 4000]);
});

Deno.test("retryDelay() varies by a fifth at most", () => {
  for (let tries = 1; tries < 10; tries++) {
    const plain = retryDelay(tries, 0.5);
    assertEquals(retryDelay(tries, 0), plain * (1 - JITTER));
    assert(retryDelay(tries, 0.999) < plain * (1 + JITTER));
  }
});

Deno.test("retryDelay() leaves room for six tries or more before giving up", () => {
  let waited = 0;
  for (let tries = 1; tries < 6; tries++) waited += retryDelay(tries, 0.999);
  assert(waited < GIVE_UP_MS);
});
