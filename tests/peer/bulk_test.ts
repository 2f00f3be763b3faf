import { assert, assertEquals, assertRejects } from "@std/assert";
import { forAll } from "../../peer/bulk.ts";
import { IndexUnreachableError } from "../../peer/index_error.ts";

Deno.test("forAll() gives the results in the order of the items", async () => {
  const pending = new Map<number, PromiseWithResolvers<string>>();
  const all = forAll([0, 1, 2], (item) => {
    pending.set(item, Promise.withResolvers());
    return pending.get(item)!.promise;
  });
  for (const item of [2, 0, 1]) pending.get(item)!.resolve(`got ${item}`);
  assertEquals((await all).map(({ value }) => value), [
    "got 0",
    "got 1",
    "got 2",
  ]);
});

Deno.test("forAll() has no more than 1,024 under way", async () => {
  let underWay = 0;
  let most = 0;
  await forAll(Array.from({ length: 5_000 }, (_, i) => i), async () => {
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay--;
  });
  assertEquals(most, 1_024);
});

Deno.test("forAll() takes no further items once the index is gone", async () => {
  let taken = 0;
  function* items() {
    for (;;) yield taken++;
  }
  await assertRejects(
    () =>
      forAll(
        items(),
        () => Promise.reject(new IndexUnreachableError("x", { task: "do it" })),
      ),
    IndexUnreachableError,
  );
  assert(taken <= 2_048);
});

Deno.test("forAll() ends with what the caller's own function throws", async () => {
  await assertRejects(
    () =>
      forAll([1, 2, 3], () => Promise.resolve(), {
        onResult: () => {
          throw new Error("mine");
        },
      }),
    Error,
    "mine",
  );
});

Deno.test("forAll() does nothing for nothing", async () => {
  assertEquals(await forAll([], () => Promise.resolve()), []);
});
