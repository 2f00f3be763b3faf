/**
 * Content on the wire: `C` PDUs, each of them the type byte and 100 bytes of
 * content, the last padded with zeros. There is no end marker: the length that
 * was granted before says where the content ends.
 *
 * @module
 */

import { PAYLOAD_BYTES, PDU_BYTES, PDU_TYPE, ProtocolError } from "./pdu.ts";

/**
 * Bytes that so much content takes on the wire.
 *
 * @param length Bytes of content, 0 to 2^44.
 * @returns Bytes of `C` PDUs, end to end.
 * @throws {RangeError} Where the length is none.
 */
export function framedBytes(length: number): number {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new RangeError(
      `Cannot frame content: expected a length of 0 or more, received ${length}`,
    );
  }
  return Math.ceil(length / PAYLOAD_BYTES) * PDU_BYTES;
}

/**
 * Writes content as `C` PDUs. Only the last one is padded, so that a content
 * may be framed part by part where every part but the last is a multiple of
 * 100 bytes long.
 *
 * Both may lie in the same memory, if the content begins at least as many bytes
 * after the first PDU as there are PDUs: read it to the end of a buffer, and
 * frame it to the beginning.
 *
 * @param content What to frame.
 * @param pdus Where the PDUs go, from its first byte on.
 * @returns Bytes written to `pdus`.
 * @throws {RangeError} Where `pdus` is too small; nothing is written then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   frameContent,
 *   framedBytes,
 *   unframeContent,
 * } from "@peerdex/peerdex/protocol";
 *
 * const content = new Uint8Array(250).fill(7);
 * const pdus = new Uint8Array(framedBytes(content.length));
 * assertEquals(frameContent(content, pdus), 303);
 *
 * const copy = new Uint8Array(250);
 * unframeContent(pdus, copy);
 * assertEquals(copy, content);
 * ```
 */
export function frameContent(content: Uint8Array, pdus: Uint8Array): number {
  const bytes = framedBytes(content.length);
  if (pdus.length < bytes) {
    throw new RangeError(
      `Cannot frame ${content.length} bytes of content: expected room for ` +
        `${bytes} bytes, received ${pdus.length}`,
    );
  }
  const whole = Math.floor(content.length / PAYLOAD_BYTES);
  frameWhole(content, pdus, whole);
  const rest = content.subarray(whole * PAYLOAD_BYTES);
  if (rest.length > 0) {
    const start = whole * PDU_BYTES;
    pdus.set(rest, start + 1);
    pdus[start] = CONTENT;
    pdus.fill(0, start + 1 + rest.length, bytes);
  }
  return bytes;
}

/**
 * Reads content out of `C` PDUs; the length of `content` says where it ends.
 *
 * Both may lie in the same memory, if the content begins where the PDUs begin
 * or before: receive into the buffer where the content is to be, and unframe in
 * place.
 *
 * @param pdus The PDUs that carry just so much content.
 * @param content Where the content goes: all of it is overwritten.
 * @param options.first Which PDU of the answer the first one is, from 0, for
 * the error; 0 if left out.
 * @throws {RangeError} Where `pdus` is longer or shorter than that.
 * @throws {ProtocolError} Where a PDU is of another type. What was before it is
 * in `content` by then.
 */
export function unframeContent(
  pdus: Uint8Array,
  content: Uint8Array,
  { first = 0 }: { readonly first?: number } = {},
): void {
  const bytes = framedBytes(content.length);
  if (pdus.length !== bytes) {
    throw new RangeError(
      `Cannot read ${content.length} bytes of content: expected ${bytes} ` +
        `bytes of PDUs, received ${pdus.length}`,
    );
  }
  const whole = Math.floor(content.length / PAYLOAD_BYTES);
  const wrong = unframeWhole(pdus, content, whole);
  if (wrong < whole) throw wrongType(pdus[wrong * PDU_BYTES]!, first + wrong);
  const rest = content.length - whole * PAYLOAD_BYTES;
  if (rest > 0) {
    const start = whole * PDU_BYTES;
    const type = pdus[start]!;
    if (type !== CONTENT) throw wrongType(type, first + whole);
    content.set(
      pdus.subarray(start + 1, start + 1 + rest),
      whole * PAYLOAD_BYTES,
    );
  }
}

/** What is thrown where a PDU is no `C`: its type, and which of the answer it is. */
export function wrongType(type: number, index: number): ProtocolError {
  const hex = type.toString(16).padStart(2, "0");
  return new ProtocolError(
    `Cannot read content: expected type 0x43 in PDU ${index}, received 0x${hex}`,
  );
}

/*
 * The two loops below move a payload as twelve 64-bit words and one 32-bit
 * word. V8 compiles each to one load and one store and allocates nothing, which
 * is several times as fast as a `set` of a `subarray` for each PDU: see
 * bench/framing.ts. The callers have checked the ranges. The byte order is that
 * of the processors that Deno runs on; the bytes come out the same in either.
 * From first word to last, because what is read and what is written may lie in
 * the same memory.
 */

const CONTENT = PDU_TYPE.CONTENT;

function frameWhole(
  content: Uint8Array,
  pdus: Uint8Array,
  count: number,
): void {
  const from = viewOf(content);
  const to = viewOf(pdus);
  for (let i = 0; i < count; i++) {
    const s = i * PAYLOAD_BYTES;
    const d = i * PDU_BYTES;
    to.setUint8(d, CONTENT);
    to.setBigUint64(d + 1, from.getBigUint64(s, true), true);
    to.setBigUint64(d + 9, from.getBigUint64(s + 8, true), true);
    to.setBigUint64(d + 17, from.getBigUint64(s + 16, true), true);
    to.setBigUint64(d + 25, from.getBigUint64(s + 24, true), true);
    to.setBigUint64(d + 33, from.getBigUint64(s + 32, true), true);
    to.setBigUint64(d + 41, from.getBigUint64(s + 40, true), true);
    to.setBigUint64(d + 49, from.getBigUint64(s + 48, true), true);
    to.setBigUint64(d + 57, from.getBigUint64(s + 56, true), true);
    to.setBigUint64(d + 65, from.getBigUint64(s + 64, true), true);
    to.setBigUint64(d + 73, from.getBigUint64(s + 72, true), true);
    to.setBigUint64(d + 81, from.getBigUint64(s + 80, true), true);
    to.setBigUint64(d + 89, from.getBigUint64(s + 88, true), true);
    to.setUint32(d + 97, from.getUint32(s + 96, true), true);
  }
}

/** Returns how many PDUs it read: fewer than `count` where the next is no `C`. */
function unframeWhole(
  pdus: Uint8Array,
  content: Uint8Array,
  count: number,
): number {
  const from = viewOf(pdus);
  const to = viewOf(content);
  for (let i = 0; i < count; i++) {
    const s = i * PDU_BYTES;
    const d = i * PAYLOAD_BYTES;
    if (from.getUint8(s) !== CONTENT) return i;
    to.setBigUint64(d, from.getBigUint64(s + 1, true), true);
    to.setBigUint64(d + 8, from.getBigUint64(s + 9, true), true);
    to.setBigUint64(d + 16, from.getBigUint64(s + 17, true), true);
    to.setBigUint64(d + 24, from.getBigUint64(s + 25, true), true);
    to.setBigUint64(d + 32, from.getBigUint64(s + 33, true), true);
    to.setBigUint64(d + 40, from.getBigUint64(s + 41, true), true);
    to.setBigUint64(d + 48, from.getBigUint64(s + 49, true), true);
    to.setBigUint64(d + 56, from.getBigUint64(s + 57, true), true);
    to.setBigUint64(d + 64, from.getBigUint64(s + 65, true), true);
    to.setBigUint64(d + 72, from.getBigUint64(s + 73, true), true);
    to.setBigUint64(d + 80, from.getBigUint64(s + 81, true), true);
    to.setBigUint64(d + 88, from.getBigUint64(s + 89, true), true);
    to.setUint32(d + 96, from.getUint32(s + 97, true), true);
  }
  return count;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
