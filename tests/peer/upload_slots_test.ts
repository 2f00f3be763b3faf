import { assert, assertEquals, assertRejects } from "@std/assert";
import { UploadSlots } from "../../peer/upload_slots.ts";
import { FakeClock } from "./fake_clock.ts";

const { signal } = new AbortController();

/** Sends again and again until it is told to end; returns how often it could. */
async function upload(
  slots: UploadSlots,
  { key, until, log }: { key: string; until: () => boolean; log: string[] },
): Promise<void> {
  while (!until()) {
    using _ = await slots.acquire(key, { signal });
    if (!until()) log.push(key);
    await Promise.resolve();
  }
}

Deno.test("UploadSlots give a greedy address no more than a modest one", async () => {
  const slots = new UploadSlots(1);
  const log: string[] = [];
  const until = () => log.length >= 600;
  const greedy = Array.from({ length: 32 }, () => ({ key: "greedy" }));
  await Promise.all(
    [...greedy, { key: "modest" }, { key: "shy" }].map(({ key }) =>
      upload(slots, { key, until, log })
    ),
  );
  for (const key of ["greedy", "modest", "shy"]) {
    const share = log.filter((it) => it === key).length / log.length;
    assert(Math.abs(share - 1 / 3) < 0.05, `${key}: ${share}`);
  }
});

Deno.test("UploadSlots let nobody wait longer than all others take one turn", async () => {
  const slots = new UploadSlots(1);
  const first = await slots.acquire("a", { signal });
  assertEquals(slots.isContended, true);
  const order: string[] = [];
  const wait = async (key: string) => {
    using _ = await slots.acquire(key, { signal });
    order.push(key);
  };
  const all = Promise.all(["a", "a", "a", "b", "c", "b"].map(wait));
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await all;
  assertEquals(order, ["b", "c", "a", "b", "a", "a"]);
  assertEquals(slots.isContended, false);
});

Deno.test("UploadSlots forget who goes away", async () => {
  const slots = new UploadSlots(1);
  const held = slots.tryAcquire("a")!;
  assertEquals(slots.tryAcquire("b"), undefined);
  const leaving = new AbortController();
  const gone = slots.acquire("a", { signal: leaving.signal });
  const stays = slots.acquire("a", { signal });
  leaving.abort(new Error("gone"));
  await assertRejects(() => gone, Error, "gone");
  held[Symbol.dispose]();
  using _ = await stays;
  const late = slots.acquire("b", { signal: leaving.signal });
  await assertRejects(() => late, Error, "gone");
});

Deno.test("UploadSlots are taken from who holds one too long, where others wait", async () => {
  const clock = new FakeClock();
  const slots = new UploadSlots(1, { clock });
  const slow = await slots.acquire("slow", { signal });
  await clock.advance(60_000);
  // Nobody waits.
  assertEquals(slow.isHeld, true);
  const leaving = new AbortController();
  const gone = slots.acquire("gone", { signal: leaving.signal });
  leaving.abort(new Error("gone"));
  await assertRejects(() => gone, Error, "gone");
  await clock.advance(60_000);
  assertEquals([slow.isHeld, clock.timers], [true, 0]);
  const next = slots.acquire("next", { signal });
  await clock.advance(0);
  assertEquals(slow.isHeld, false);
  const held = await next;
  assertEquals(held.isHeld, true);
  slow[Symbol.dispose]();
  assertEquals(slots.isContended, true);
  const again = slots.acquire("slow", { signal });
  await clock.advance(4_999);
  assertEquals(held.isHeld, true);
  await clock.advance(1);
  assertEquals(held.isHeld, false);
  (await again)[Symbol.dispose]();
  assertEquals([slots.isContended, clock.timers], [false, 0]);
});
