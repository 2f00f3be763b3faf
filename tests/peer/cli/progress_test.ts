import { assertEquals, assertMatch } from "@std/assert";
import { Output } from "../../../peer/cli/output.ts";
import { Progress } from "../../../peer/cli/progress.ts";

/** Keeps what is written to it. */
class Page {
  text = "";
  readonly #terminal: boolean;

  constructor(terminal = false) {
    this.#terminal = terminal;
  }

  writeSync(bytes: Uint8Array): number {
    // A sink may take less than it is given.
    const some = bytes.subarray(0, 7);
    this.text += new TextDecoder().decode(some);
    return some.length;
  }

  isTerminal(): boolean {
    return this.#terminal;
  }
}

Deno.test("Progress tells an event a second, with the rate of the last seconds", () => {
  const out = new Page();
  let now = 0;
  const output = new Output({ json: true, out, err: new Page() });
  const progress = new Progress("a.bin", output, { now: () => now });
  for (; now <= 2_500; now += 100) {
    progress.update({ bytes: now * 10, size: 100_000, sources: 2 });
  }
  const events = out.text.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(
    events,
    [1_000, 2_000].map((at) => ({
      event: "progress",
      name: "a.bin",
      bytes: at * 10,
      size: 100_000,
      rate: 10_000,
      secondsLeft: 10 - at / 1_000,
      sources: 2,
    })),
  );
});

Deno.test("Progress draws over its last line, and a note clears it", () => {
  const err = new Page(true);
  let now = 0;
  const output = new Output({ out: new Page(), err });
  const progress = new Progress("a.bin", output, { now: () => now });
  now = 200;
  progress.update({ bytes: 50, size: 100, sources: 1 });
  now = 400;
  progress.update({ bytes: 90, size: 100, sources: 1 });
  output.note("done");
  const [, first, second, blank, last] = err.text.split("\r");
  assertEquals(first, "a.bin  50% of 100 B  0 B/s  waiting  from 1");
  assertEquals(
    second?.trimEnd(),
    "a.bin  90% of 100 B  200 B/s  0.1 s left  from 1",
  );
  assertEquals(blank?.trim(), "");
  assertEquals(last, "done\n");
});

Deno.test("Output leaves notes out where it is to be quiet, never errors", () => {
  const out = new Page();
  const err = new Page(true);
  const output = new Output({ quiet: true, out, err });
  output.note("a note");
  output.draw("a line");
  output.error("a fault");
  output.result("a result", {});
  assertEquals(out.text, "a result\n");
  // A terminal may get it in colour, unless NO_COLOR is set.
  assertMatch(err.text, /^\S*error:\S* a fault\n$/);
});

Deno.test("Progress says which of several it is, and fits the name in", () => {
  const err = new Page(true);
  let now = 0;
  const output = new Output({ out: new Page(), err });
  const name = `${"a".repeat(60)}.bin`;
  const progress = new Progress(name, output, {
    ...{ now: () => now, nth: 2, of: 12 },
  });
  now = 200;
  progress.update({ bytes: 50, size: 100, sources: 1 });
  const [, line = ""] = err.text.split("\r");
  assertEquals(/^2\/12 a+\u2026a+\.bin {2}50% of 100 B/.test(line), true, line);
  assertEquals(line.length <= output.columns, true, line);
});

Deno.test("Progress of several tells which it is by now, and draws the total", () => {
  const out = new Page();
  const err = new Page(true);
  let now = 0;
  const options = { now: () => now, of: 9, event: "progress-total" };
  const json = new Progress("all", new Output({ json: true, out }), options);
  const drawn = new Progress("all", new Output({ out, err }), options);
  now = 1_000;
  const state = { bytes: 50, size: 100, sources: 1 };
  json.update(state, { nth: 4 });
  drawn.update(state, { nth: 4, more: ["all 7%"] });
  const event = JSON.parse(out.text);
  assertEquals([event.event, event.nth, event.of], ["progress-total", 4, 9]);
  assertMatch(err.text, /4\/9 all .* of 100 B .* from 1 .*all 7%/);
});
