/**
 * A registration as the database keeps it.
 *
 * @module
 */

import { DIGEST_BYTES } from "../../protocol/digest.ts";
import type { NewContent } from "../store.ts";
import { DigestView, TextView } from "../text_view.ts";
import { checksum } from "./checksum.ts";

// Where the fields start, big-endian as on the wire.
const CHECKSUM = 0;
const OWNER = 4;
const PORT = 12;
const STAMP = 14;
const EXPONENT = 16;
const FLAGS = 17;
const SIZE = 18;
const MODIFIED = 26;
const DIGEST = 34;
const PEER_LENGTH = DIGEST + DIGEST_BYTES;
const PEER = PEER_LENGTH + 1;

const PARTIAL = 1;

/** Whose a registration is, and where it is served. */
export interface RecordHead {
  /** The number of the owner's row. */
  readonly owner: number;
  readonly port: number;
  /** The stamp that the owner had then. */
  readonly stamp: number;
}

/** One registration after the other; what it points to lasts until the next. */
export class RegistrationRecord implements NewContent, RecordHead {
  owner = 0;
  port = 0;
  stamp = 0;
  size = 0;
  exponent = 0;
  modified = 0;
  partial = false;
  readonly peer: TextView = new TextView();
  readonly name: TextView = new TextView();
  readonly digest: DigestView = new DigestView();

  /**
   * Reads the record that lies from `start` up to `end`.
   *
   * @returns Whether it is whole.
   */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const peerStart = start + PEER;
    if (end <= peerStart) return false;
    const nameStart = peerStart + bytes[start + PEER_LENGTH]!;
    if (nameStart >= end) return false;
    const sum = u32(bytes, start + CHECKSUM) | 0;
    if (checksum(bytes, start + OWNER, end) !== sum) return false;
    this.owner = count(bytes, start + OWNER);
    this.port = u16(bytes, start + PORT);
    this.stamp = u16(bytes, start + STAMP);
    this.exponent = bytes[start + EXPONENT]!;
    this.partial = (bytes[start + FLAGS]! & PARTIAL) !== 0;
    this.size = count(bytes, start + SIZE);
    this.modified = count(bytes, start + MODIFIED);
    this.digest.point(bytes, start + DIGEST);
    this.peer.point(bytes, peerStart, nameStart - peerStart);
    this.name.point(bytes, nameStart, end - nameStart);
    return true;
  }
}

/** Bytes that the record of a content takes. */
export function recordBytes({ peer, name }: NewContent): number {
  return PEER + peer.length + name.length;
}

/** Writes a record from `at` on. `bytes` and `view` are of the same memory. */
export function writeRecord(
  { bytes, view }: { bytes: Uint8Array; view: DataView },
  at: number,
  { head, content }: { head: RecordHead; content: NewContent },
): void {
  const { peer, name, digest } = content;
  setCount(view, at + OWNER, head.owner);
  view.setUint16(at + PORT, head.port);
  view.setUint16(at + STAMP, head.stamp);
  view.setUint8(at + EXPONENT, content.exponent);
  view.setUint8(at + FLAGS, content.partial ? PARTIAL : 0);
  setCount(view, at + SIZE, content.size);
  setCount(view, at + MODIFIED, content.modified);
  copy(digest, bytes, { at: at + DIGEST, length: DIGEST_BYTES });
  view.setUint8(at + PEER_LENGTH, peer.length);
  copy(peer, bytes, { at: at + PEER, length: peer.length });
  const nameStart = at + PEER + peer.length;
  copy(name, bytes, { at: nameStart, length: name.length });
  const sum = checksum(bytes, at + OWNER, nameStart + name.length);
  view.setInt32(at + CHECKSUM, sum);
}

function copy(
  { bytes, start }: { bytes: Uint8Array; start: number },
  into: Uint8Array,
  { at, length }: { at: number; length: number },
): void {
  for (let i = 0; i < length; i++) into[at + i] = bytes[start + i]!;
}

/** Writes a whole number of at most 2^53 into eight bytes. */
function setCount(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value >>> 0);
}

function count(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) * 2 ** 32 + u32(bytes, at + 4);
}

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 |
    bytes[at + 3]!) >>> 0;
}

function u16(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}
