/**
 * How fast content is hashed, beside plain SHA-256.
 *
 * ```sh
 * deno run bench/hashing.ts
 * ```
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Hasher } from "../peer/hasher.ts";
import { digestOf } from "../protocol/digest.ts";
import { treeHash } from "../protocol/tree_hash.ts";
import { compare } from "./compare.ts";

const MIB = 1_048_576;

const { hashParts } = treeHash(createHash);
const content = new Uint8Array(2 * MIB).map((_, i) => i * 31);

compare({
  title: "On this thread",
  bytes: content.length,
  ways: {
    "SHA-256 of the whole": () =>
      void createHash("sha256").update(content).digest(),
    "hashParts, pieces of 256 KiB": () =>
      void hashParts(content, { exponent: 18, alone: false }),
    "hashParts, parts of 1 MiB": () =>
      void hashParts(content, { exponent: 20, alone: false }),
    "digestOf": () => void digestOf(content),
    "leaves alone, as hexadecimal": () => {
      for (let at = 0; at < content.length; at += 16_384) {
        const leaf = content.subarray(at, at + 16_384);
        createHash("sha256").update(leaf).digest("hex");
      }
    },
    "leaves alone, as a Buffer": () => {
      for (let at = 0; at < content.length; at += 16_384) {
        const leaf = content.subarray(at, at + 16_384);
        createHash("sha256").update(leaf).digest();
      }
    },
  },
});

const small = content.slice(0, 65_536);
compare({
  title: "What is hashed without another thread",
  bytes: small.length,
  ways: {
    "SHA-256 of the whole": () =>
      void createHash("sha256").update(small).digest(),
    "hashParts": () => void hashParts(small, { exponent: 18, alone: true }),
  },
});

console.log("\nHasher, 4 jobs under way, median of 11 rounds");
for (const threads of [1, 2]) {
  await using hasher = new Hasher({ threads });
  for (const mebibytes of [0.25, 1, 2, 4]) {
    const rates: number[] = [];
    const jobs = Array.from(
      { length: 4 },
      () => new Uint8Array(mebibytes * MIB),
    );
    const rounds = Math.ceil(32 / mebibytes);
    for (let round = -1; round < 11; round++) {
      const start = performance.now();
      await Promise.all(
        jobs.keys().map(async (i) => {
          for (let n = 0; n < rounds; n++) {
            const { content } = await hasher.hash(jobs[i]!, {
              exponent: 18,
              alone: false,
            });
            jobs[i] = content;
          }
        }),
      );
      const bytes = jobs.length * rounds * mebibytes * MIB;
      if (round >= 0) rates.push(bytes / (performance.now() - start) / 1e6);
    }
    const median = rates.sort((a, b) => a - b)[5]!.toFixed(2);
    console.log(
      `  ${threads} threads, jobs of ${mebibytes} MiB: ${median} GB/s`,
    );
  }
}
