import { assertEquals } from "@std/assert";
import {
  frameContent,
  framedBytes,
  unframeContent,
} from "../../protocol/content.ts";
import { ContentReader } from "../../protocol/content_reader.ts";
import { bytesOf, VECTORS } from "./vector.ts";

const CONTENTS = VECTORS.messages.filter((vector) => vector.read === "content")
  .map(({ title, pdus, message }) => ({
    title,
    pdus: bytesOf(pdus),
    content: Uint8Array.fromHex(String(message.content)),
    length: Number(message.length),
  }));

Deno.test("frameContent() writes the C of every vector", () => {
  for (const { title, pdus, content, length } of CONTENTS) {
    assertEquals(content.length, length, title);
    const written = new Uint8Array(framedBytes(length)).fill(0xaa);
    assertEquals(frameContent(content, written), pdus.length);
    assertEquals(written, pdus, title);
  }
});

Deno.test("unframeContent() reads the C of every vector", () => {
  for (const { title, pdus, content, length } of CONTENTS) {
    const read = new Uint8Array(length);
    unframeContent(pdus, read);
    assertEquals(read, content, title);
  }
});

Deno.test("ContentReader reads every vector in chunks of any size", () => {
  for (const { title, pdus, content, length } of CONTENTS) {
    // What follows the answer belongs to the next one.
    const stream = Uint8Array.of(...pdus, 0x45, 0x45);
    for (let size = 1; size <= stream.length; size++) {
      const reader = new ContentReader(length);
      const read = new Uint8Array(length);
      let at = 0;
      while (!reader.done) {
        const chunk = stream.subarray(at, at + size);
        const room = read.subarray(length - reader.contentLeft);
        at += reader.read(chunk, room).taken;
      }
      assertEquals(read, content, title);
      assertEquals(at, pdus.length, title);
    }
  }
});
