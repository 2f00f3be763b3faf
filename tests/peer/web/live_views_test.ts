import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../../peer/clock.ts";
import { FolderGlance } from "../../../peer/web/folder_glance.ts";
import { LiveViews } from "../../../peer/web/live_views.ts";
import { Throttle } from "../../../peer/web/throttle.ts";
import { FakeClock } from "../fake_clock.ts";

const { signal } = new AbortController();

/** Lets everything go on that can. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("LiveViews tells of a view that has changed, once", async () => {
  const clock = new FakeClock();
  const changed: string[] = [];
  await using views = new LiveViews({
    ...{ clock, pauseMs: 100, isWanted: () => true },
    onChange: (key) => changed.push(key),
  });
  let value = 1;
  let looks = 0;
  const make = () => Promise.resolve({ value, looks: void looks++ });
  assertEquals(await views.show("a", make, signal), {
    ...{ value: 1, looks: undefined },
  });
  await clock.advance(100);
  await settled();
  assertEquals([looks, changed], [2, []]);
  value = 2;
  await clock.advance(100);
  await settled();
  await clock.advance(100);
  await settled();
  assertEquals([looks, changed], [4, ["a"]]);
  value = 3;
  views.hurry();
  await settled();
  assertEquals(changed, ["a", "a"]);
});

Deno.test("LiveViews forgets what nobody looks at", async () => {
  const clock = new FakeClock();
  let isWanted = true;
  let looks = 0;
  await using views = new LiveViews({
    ...{ clock, pauseMs: 100, isWanted: () => isWanted, onChange: () => {} },
  });
  await views.show("a", () => Promise.resolve(looks++), signal);
  isWanted = false;
  await clock.advance(100);
  await settled();
  isWanted = true;
  await clock.advance(100);
  await settled();
  assertEquals(looks, 1);
});

Deno.test("LiveViews goes on where a view cannot be made", async () => {
  const clock = new FakeClock();
  const changed: string[] = [];
  await using views = new LiveViews({
    ...{ clock, pauseMs: 100, isWanted: () => true },
    onChange: (key) => changed.push(key),
  });
  let fault: Error | undefined;
  let value = 1;
  const make = () => fault ? Promise.reject(fault) : Promise.resolve(value);
  await views.show("a", make, signal);
  fault = new Error("no answer");
  await clock.advance(100);
  await settled();
  await assertRejects(() => views.show("a", make, signal), Error, "no answer");
  fault = undefined;
  value = 2;
  await clock.advance(100);
  await settled();
  assertEquals(changed, ["a"]);
});

Deno.test("FolderGlance looks again after a while, or when it is told", async () => {
  const clock = new FakeClock();
  let looks = 0;
  const list = async () => {
    looks++;
    await delay(300, { clock });
    return { files: [], skipped: [] };
  };
  const glance = new FolderGlance({ list }, { clock });
  const both = Promise.all([glance.files(), glance.files()]);
  await clock.advance(300);
  await both;
  await clock.advance(2_900);
  await glance.files();
  assertEquals(looks, 1);
  await clock.advance(200);
  await clock.until(glance.files());
  assertEquals(looks, 2);
  glance.forget();
  await clock.until(glance.files());
  assertEquals(looks, 3);
});

Deno.test("Throttle calls once for many, and never after its end", async () => {
  const clock = new FakeClock();
  let calls = 0;
  const throttle = new Throttle(100, () => calls++, { clock });
  for (let i = 0; i < 10; i++) throttle.call();
  assertEquals(calls, 0);
  await clock.advance(100);
  assertEquals(calls, 1);
  throttle.call();
  throttle[Symbol.dispose]();
  throttle[Symbol.dispose]();
  throttle.call();
  await clock.advance(1_000);
  assertEquals(calls, 1);
});
