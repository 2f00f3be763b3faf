import { assertEquals } from "@std/assert";
import { judgeRefusal } from "../../peer/refusal_verdict.ts";

const FRESH = {
  tries: 1,
  tokenRefusals: 0,
  memberRefusals: 0,
  busyMs: 0,
  kind: { by: "member" },
} as const;
const CALM = { patienceMs: 60_000, random: () => 0.5 };

function refused(
  error:
    | "TOKEN"
    | "BUSY"
    | "UNAVAILABLE"
    | "NAME_TAKEN"
    | "FORBIDDEN"
    | undefined,
  { token = 0n, retryAfter = 0 } = {},
) {
  return { error, token, retryAfter };
}

Deno.test("judgeRefusal() takes a fresh token, eight times", () => {
  const reply = refused("TOKEN", { token: 5n });
  assertEquals(judgeRefusal(reply, FRESH, CALM), { action: "renew" });
  assertEquals(
    judgeRefusal(reply, { ...FRESH, tokenRefusals: 8 }, CALM),
    { action: "fail" },
  );
  assertEquals(judgeRefusal(refused("TOKEN"), FRESH, CALM), { action: "fail" });
});

Deno.test("judgeRefusal() waits as long as it is asked, a little more", () => {
  const reply = refused("BUSY", { retryAfter: 8 });
  const waits = [0, 0.5, 0.999].map((number) =>
    judgeRefusal(reply, FRESH, { ...CALM, random: () => number })
  );
  assertEquals(
    waits.map((verdict) => verdict.action === "wait" && verdict.ms),
    [
      8_000,
      9_000,
      9_998,
    ],
  );
});

Deno.test("judgeRefusal() waits a while where it is not told how long", () => {
  const waits = [1, 2, 3].map((tries) =>
    judgeRefusal(refused("UNAVAILABLE"), { ...FRESH, tries }, CALM)
  );
  assertEquals(waits, [250, 500, 1_000].map((ms) => ({ action: "wait", ms })));
});

Deno.test("judgeRefusal() loses its patience", () => {
  const reply = refused("BUSY", { retryAfter: 10 });
  const verdict = judgeRefusal(reply, { ...FRESH, busyMs: 50_000 }, CALM);
  assertEquals(verdict, { action: "fail" });
  const ever = refused("BUSY", { retryAfter: 65_535 });
  assertEquals(judgeRefusal(ever, FRESH, CALM), { action: "fail" });
});

Deno.test("judgeRefusal() passes on everything else, also what it does not know", () => {
  for (const error of ["NAME_TAKEN", undefined] as const) {
    assertEquals(judgeRefusal(refused(error), FRESH, CALM), { action: "fail" });
  }
});

Deno.test("judgeRefusal() shows a key where the index is for members, but not for ever", () => {
  const reply = refused("FORBIDDEN");
  assertEquals(judgeRefusal(reply, FRESH, CALM), { action: "prove" });
  const again = { ...FRESH, memberRefusals: 2 };
  assertEquals(judgeRefusal(reply, again, CALM), { action: "fail" });
  // A hello has shown the key.
  const hello = { ...FRESH, kind: { by: "anybody" } } as const;
  assertEquals(judgeRefusal(reply, hello, CALM), { action: "fail" });
});
