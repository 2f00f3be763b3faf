import { assert, assertEquals } from "@std/assert";
import { SendWindow } from "../../peer/send_window.ts";

Deno.test("SendWindow grows fast at first, and no further than 32 datagrams", () => {
  const window = new SendWindow();
  assertEquals(window.pdus, 48);
  for (let i = 0; i < 4; i++) window.grow(12);
  assertEquals(window.pdus, 96);
  for (let i = 0; i < 1_000; i++) window.grow(12);
  assertEquals(window.pdus, 384);
});

Deno.test("SendWindow halves on loss, once for what was sent before", () => {
  const window = new SendWindow();
  for (let i = 0; i < 1_000; i++) window.grow(12);
  window.shrink(0, 10);
  assertEquals(window.pdus, 192);
  window.shrink(9, 11);
  assertEquals(window.pdus, 192);
  window.shrink(10, 12);
  assertEquals(window.pdus, 96);
  for (let at = 20; at < 30; at++) window.shrink(at, at);
  assertEquals(window.pdus, 48);
});

Deno.test("SendWindow grows by one datagram a round trip after a loss", () => {
  const window = new SendWindow();
  window.shrink(0, 1);
  for (let pdus = 0; pdus < 48; pdus++) window.grow(1);
  assert(window.pdus >= 58 && window.pdus <= 60, `${window.pdus}`);
});

Deno.test("SendWindow has room for what fits, and for one request of any size", () => {
  const window = new SendWindow();
  assert(window.isEmpty && window.hasRoom(1_000));
  window.take(40);
  assert(!window.isEmpty && window.hasRoom(8) && !window.hasRoom(9));
  window.give(40);
  assert(window.isEmpty);
});
