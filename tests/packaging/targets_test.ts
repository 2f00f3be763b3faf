import { assertEquals, assertThrows } from "@std/assert";
import { binaryName, chooseTargets, TARGETS } from "../../packaging/targets.ts";

const HOST = "aarch64-apple-darwin";

Deno.test("chooseTargets() takes targets, host and all, each once", () => {
  assertEquals(chooseTargets(["all"], HOST), [...TARGETS]);
  assertEquals(chooseTargets(["host"], HOST), [HOST]);
  assertEquals(
    chooseTargets(["x86_64-pc-windows-msvc", "host", HOST], HOST),
    ["x86_64-pc-windows-msvc", HOST],
  );
});

Deno.test("chooseTargets() refuses what it does not know", () => {
  assertThrows(
    () => chooseTargets(["linux"], HOST),
    RangeError,
    'Cannot build for "linux": expected host, all, x86_64-unknown-linux-gnu',
  );
  assertThrows(
    () => chooseTargets(["host"], "riscv64gc-unknown-linux-gnu"),
    RangeError,
    "Cannot build for this machine (riscv64gc-unknown-linux-gnu)",
  );
});

Deno.test("binaryName() ends with .exe on Windows alone", () => {
  assertEquals(
    TARGETS.map((target) => binaryName("peer", target)),
    [
      "peer-x86_64-unknown-linux-gnu",
      "peer-aarch64-unknown-linux-gnu",
      "peer-x86_64-apple-darwin",
      "peer-aarch64-apple-darwin",
      "peer-x86_64-pc-windows-msvc.exe",
    ],
  );
});
