import { assertEquals, assertRejects } from "@std/assert";
import { setImmediate } from "node:timers";
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
  }, 32);
  const ask = async (request: string) => String(await batches.ask(request));
  const sizes = () => calls.map(({ requests }) => requests.length);
  return { calls, ask, sizes };
}

/** Waits until the turn of the event loop is over. */
async function turnEnd(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

Deno.test("ScriptBatches asks together what one turn asks, so many at most", async () => {
  const { calls, ask, sizes } = stage();
  const asked = Array.from({ length: 80 }, (_, n) => ask(`${n}`));
  assertEquals(sizes(), []);
  await turnEnd();
  assertEquals(sizes(), [32]);
  for (let n = 0; n < 3; n++) {
    calls[n]!.answer(calls[n]!.requests.map((each) => `${each}!`));
    await asked[Math.min(32 * n + 31, 79)];
  }
  assertEquals(await Promise.all(asked), asked.map((_, n) => `${n}!`));
  assertEquals(sizes(), [32, 32, 16]);
});

Deno.test("ScriptBatches makes the next call before it gives the replies of the last", async () => {
  const { calls, ask, sizes } = stage();
  const first = ask("a").then(() => sizes());
  await turnEnd();
  const second = ask("b");
  await turnEnd();
  assertEquals(sizes(), [1], "one call at a time");
  calls[0]!.answer(["A"]);
  assertEquals(await first, [1, 1]);
  calls[1]!.answer(["B"]);
  assertEquals(await second, "B");
});

Deno.test("ScriptBatches asks again what a call left unanswered", async () => {
  const { calls, ask } = stage();
  const asked = ["a", "b", "c"].map((each) => ask(each));
  await turnEnd();
  const last = ask("d");
  calls[0]!.answer(["A"]);
  assertEquals(await asked[0], "A");
  assertEquals(calls[1]!.requests, ["b", "c", "d"]);
  calls[1]!.answer(["B", "C", "D"]);
  assertEquals(await Promise.all([...asked, last]), ["A", "B", "C", "D"]);
});

Deno.test("ScriptBatches rejects what a call that failed had asked, and goes on", async () => {
  const { calls, ask } = stage();
  const asked = ["a", "b"].map((each) => ask(each));
  await turnEnd();
  const next = ask("c");
  calls[0]!.answer(new Error("away"));
  for (const each of asked) await assertRejects(() => each, Error, "away");
  calls[1]!.answer(["C"]);
  assertEquals(await next, "C");
  const later = ask("d");
  await turnEnd();
  calls[2]!.answer(["D"]);
  assertEquals(await later, "D");
});
