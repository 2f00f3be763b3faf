import { assertEquals, assertRejects } from "@std/assert";
import { ScriptBatches } from "../../../index/redis/script_batches.ts";

type Answer = (replies: readonly string[] | Error) => void;

/** A script that is answered by hand, and what it was called with. */
function stage() {
  const calls: { requests: readonly string[]; answer: Answer }[] = [];
  const batches = new ScriptBatches((requests) => {
    const { promise, resolve, reject } = Promise.withResolvers<never>();
    calls.push({
      requests: requests.map(String),
      answer: (replies) =>
        replies instanceof Error ? reject(replies) : resolve(replies as never),
    });
    return promise;
  });
  const ask = async (request: string) => String(await batches.ask(request));
  return { calls, ask };
}

Deno.test("ScriptBatches asks together what comes while calls are on their way", async () => {
  const { calls, ask } = stage();
  const asked = Array.from({ length: 80 }, (_, n) => ask(`${n}`));
  const sizes = () => calls.map(({ requests }) => requests.length);
  assertEquals(sizes(), [1, 1]);
  calls[0]!.answer(["zero"]);
  assertEquals(await asked[0], "zero");
  assertEquals(sizes(), [1, 1, 32], "no more than so many");
  calls[1]!.answer(["one"]);
  assertEquals(await asked[1], "one");
  calls[2]!.answer(calls[2]!.requests.map((each) => `${each}!`));
  calls[3]!.answer(calls[3]!.requests.map((each) => `${each}!`));
  await asked[60];
  calls[4]!.answer(calls[4]!.requests.map((each) => `${each}!`));
  const replies = await Promise.all(asked.slice(2));
  assertEquals(replies, asked.slice(2).map((_, n) => `${n + 2}!`));
});

Deno.test("ScriptBatches asks again what a call left unanswered", async () => {
  const { calls, ask } = stage();
  const asked = ["a", "b", "c", "d"].map((each) => ask(each));
  calls[0]!.answer(["A"]);
  await asked[0];
  assertEquals(calls[2]!.requests, ["c", "d"]);
  calls[2]!.answer(["C"]);
  assertEquals(await asked[2], "C");
  assertEquals(calls[3]!.requests, ["d"]);
  calls[1]!.answer(["B"]);
  calls[3]!.answer(["D"]);
  assertEquals(await Promise.all(asked), ["A", "B", "C", "D"]);
});

Deno.test("ScriptBatches rejects what a call that failed had asked, and goes on", async () => {
  const { calls, ask } = stage();
  const asked = ["a", "b", "c"].map((each) => ask(each));
  calls[0]!.answer(new Error("away"));
  await assertRejects(() => asked[0]!, Error, "away");
  calls[2]!.answer(["C"]);
  calls[1]!.answer(["B"]);
  assertEquals(await Promise.all(asked.slice(1)), ["B", "C"]);
});
