import { assertEquals, assertRejects } from "@std/assert";
import { LoopShare } from "../../index/loop_share.ts";

Deno.test("work is done one after the other, in its order", async () => {
  using share = new LoopShare(() => 0);
  const gate = Promise.withResolvers<void>();
  const done: number[] = [];
  const first = share.run(() => gate.promise.then(() => done.push(1)));
  const second = share.run(() => done.push(2));
  gate.resolve();
  await Promise.all([first, second]);
  assertEquals(done, [1, 2]);
});

Deno.test("work that fails lets the next one have its turn", async () => {
  using share = new LoopShare(() => 0);
  const failed = share.run(() => {
    throw new Error("no");
  });
  await assertRejects(() => failed, Error, "no");
  assertEquals(await share.run(() => 7), 7);
});

Deno.test("after work it rests, and when it is closed no more", async () => {
  let now = 0;
  const share = new LoopShare(() => now);
  await share.run(() => now += 1_000);
  let done = false;
  const next = share.run(() => done = true);
  await Promise.resolve();
  assertEquals(done, false);
  share[Symbol.dispose]();
  share[Symbol.dispose]();
  await next;
  assertEquals(done, true);
});
