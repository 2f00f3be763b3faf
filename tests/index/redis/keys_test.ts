import { assertEquals, assertThrows } from "@std/assert";
import * as readScripts from "../../../index/redis/read_scripts.ts";
import * as upkeepScripts from "../../../index/redis/upkeep_scripts.ts";
import * as writeScripts from "../../../index/redis/write_scripts.ts";
import {
  checkRegistry,
  KEY_LETTERS,
  KEY_NAMES,
  registryKey,
} from "../../../index/redis/keys.ts";
import type { Script } from "../../../index/redis/script.ts";

const SCRIPTS = Object.values({
  ...readScripts,
  ...upkeepScripts,
  ...writeScripts,
}).filter((each): each is Script => "source" in each);

Deno.test("every key of a registry lies in one slot of a cluster", () => {
  // As the specification of Redis Cluster gives them.
  assertEquals(slotOf("123456789"), 0x31c3);
  assertEquals(slotOf("{user1000}.following"), slotOf("user1000"));
  for (const registry of ["peerdex", "a", "lab-2.eu_west"]) {
    const slots = KEY_NAMES.map((name) => slotOf(registryKey(registry, name)));
    assertEquals(new Set(slots), new Set([slotOf(registry)]));
  }
  const letters = Object.values(KEY_LETTERS);
  assertEquals(new Set(letters).size, letters.length);
});

Deno.test("every script touches the keys that it is given, and no others", () => {
  assertEquals(SCRIPTS.length, 7);
  for (const { source, keys, name } of SCRIPTS) {
    const touched = [...source.matchAll(/\bcall\('\w+',\s*(\S+?)[,)]/g)]
      .map(([, key]) => key!);
    for (const key of touched) {
      const known = (KEY_NAMES as readonly string[]).includes(key)
        ? (keys as readonly string[]).includes(key)
        // The parameters of `add` and `walk`, which are given a key.
        : key === "key";
      assertEquals(known, true, `${name}: ${key}`);
    }
    assertEquals(/redis\.call\('KEYS'/.test(source), false);
  }
});

Deno.test("checkRegistry() refuses what could change the slot", () => {
  for (const name of ["", "a}b", "{a", "a b", "ä", "x".repeat(65)]) {
    assertThrows(() => checkRegistry(name), RangeError);
  }
  assertEquals(checkRegistry("x".repeat(64)).length, 64);
});

/** The slot of a key, by the specification of Redis Cluster. */
function slotOf(key: string): number {
  const open = key.indexOf("{");
  const close = key.indexOf("}", open + 1);
  const tag = open >= 0 && close > open + 1 ? key.slice(open + 1, close) : key;
  return crc16(new TextEncoder().encode(tag)) % 16_384;
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
  }
  return crc;
}
