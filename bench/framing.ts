/**
 * How fast content is framed and unframed, beside the plain ways.
 *
 * ```sh
 * deno run bench/framing.ts
 * ```
 *
 * @module
 */

import { frameContent, unframeContent } from "../protocol/content.ts";
import { compare } from "./compare.ts";

for (const length of [262_100, 2_097_152]) {
  const pduCount = Math.ceil(length / 100);
  const content = new Uint8Array(length).map((_, i) => i * 31);
  const pdus = new Uint8Array(pduCount * 101);
  const shared = new Uint8Array(pduCount * 101);
  const whole = Math.floor(length / 100);

  compare({
    title: "Framing",
    bytes: length,
    ways: {
      "frameContent": () => void frameContent(content, pdus),
      "frameContent in place": () =>
        void frameContent(shared.subarray(pduCount, pduCount + length), shared),
      "set(subarray)": () => {
        for (let i = 0; i < whole; i++) {
          pdus[i * 101] = 0x43;
          pdus.set(content.subarray(i * 100, i * 100 + 100), i * 101 + 1);
        }
      },
      "byte by byte": () => {
        let s = 0;
        for (let i = 0; i < whole; i++) {
          pdus[i * 101] = 0x43;
          for (let d = i * 101 + 1; d < i * 101 + 101; d++) {
            pdus[d] = content[s++]!;
          }
        }
      },
    },
  });

  frameContent(content, pdus);
  const copy = new Uint8Array(length);
  compare({
    title: "Unframing",
    bytes: length,
    ways: {
      "unframeContent": () => unframeContent(pdus, copy),
      "set(subarray)": () => {
        for (let i = 0; i < whole; i++) {
          if (pdus[i * 101] !== 0x43) throw new Error("another type");
          copy.set(pdus.subarray(i * 101 + 1, i * 101 + 101), i * 100);
        }
      },
      "byte by byte": () => {
        let d = 0;
        for (let i = 0; i < whole; i++) {
          if (pdus[i * 101] !== 0x43) throw new Error("another type");
          for (let s = i * 101 + 1; s < i * 101 + 101; s++) {
            copy[d++] = pdus[s]!;
          }
        }
      },
    },
  });
}
