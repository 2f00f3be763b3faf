import { assertEquals } from "@std/assert";
import { GetProgress } from "../../../peer/cli/get_progress.ts";
import { Output } from "../../../peer/cli/output.ts";
import { contentName } from "../../../protocol/name.ts";
import { FakeClock } from "../fake_clock.ts";

const BIG = contentName("big.bin");
const SMALL = contentName("small.txt");

/** The events of a `get --json`, on a clock that is moved. */
function stage(names: readonly (typeof BIG)[]) {
  const clock = new FakeClock();
  let text = "";
  const out = {
    writeSync: (bytes: Uint8Array) => {
      text += new TextDecoder().decode(bytes);
      return bytes.length;
    },
    isTerminal: () => false,
  };
  const progress = new GetProgress(new Output({ json: true, out }), {
    ...{ names, clock },
  });
  const events = (): Record<string, unknown>[] => {
    const lines = text.split("\n").filter((line) => line !== "");
    text = "";
    return lines.map((line) => JSON.parse(line));
  };
  return { clock, progress, events };
}

Deno.test("GetProgress tells of a file and of all every second, though nothing comes", async () => {
  const { clock, progress, events } = stage([SMALL, BIG]);
  progress.found(1_100);
  progress.started(BIG, 1_000);
  await clock.advance(1_000);
  const waiting = { bytes: 0, rate: 0, secondsLeft: null, sources: 0 };
  const file = { event: "progress", name: BIG, size: 1_000, nth: 1, of: 2 };
  const all = { ...file, event: "progress-total", name: "all", size: 1_100 };
  assertEquals(events(), [
    { ...file, ...waiting },
    { ...all, ...waiting, nth: 0 },
  ]);
  // What was there from an earlier time is no rate.
  progress.update({ bytes: 400, size: 1_000, sources: 1 });
  await clock.advance(1_000);
  assertEquals(events(), [
    { ...file, ...waiting, bytes: 400, sources: 1 },
    { ...all, ...waiting, bytes: 400, nth: 0 },
  ]);
  for (let second = 0; second < 10; second++) {
    await clock.advance(1_000);
    const told = events();
    assertEquals(told.map(({ event }) => event), [
      "progress",
      "progress-total",
    ]);
    assertEquals(told.map(({ bytes }) => bytes), [400, 400]);
  }
  progress.update({ bytes: 700, size: 1_000, sources: 2 });
  await clock.advance(1_000);
  assertEquals(events().map(({ rate, secondsLeft }) => [rate, secondsLeft]), [
    [100, 3],
    [100, 4],
  ]);
  // It failed.
  progress.ended(BIG, { done: true });
  await clock.advance(1_000);
  assertEquals(events(), [
    { ...all, bytes: 0, rate: 100, secondsLeft: 11, nth: 1, sources: 0 },
  ]);
  progress[Symbol.dispose]();
  assertEquals(clock.timers, 0);
});

Deno.test("GetProgress tells of a file alone from the moment it is found", async () => {
  const { clock, progress, events } = stage([SMALL]);
  await clock.advance(5_000);
  assertEquals(events(), []);
  progress.found(100);
  await clock.advance(3_000);
  assertEquals(
    events(),
    [1, 2, 3].map(() => ({
      ...{ event: "progress", name: SMALL, bytes: 0, size: 100 },
      ...{ rate: 0, secondsLeft: null, sources: 0 },
    })),
  );
  progress[Symbol.dispose]();
  await clock.advance(3_000);
  assertEquals(events(), []);
});
