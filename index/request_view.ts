/**
 * `R`, `T` and `S` as they stand in the datagram. Nearly all of them are of the
 * plainest shape, and for those nothing is made that would have to be cleared
 * away; all others take the way of the protocol module, which decides.
 *
 * @module
 */

import { METADATA, NAME, REQUEST } from "../protocol/layout.ts";
import type { Span } from "../protocol/message.ts";
import { metadataFault } from "../protocol/metadata.ts";
import { CONTENT_NAME_BYTES } from "../protocol/name.ts";
import { PDU_BYTES, PDU_TYPE } from "../protocol/pdu.ts";
import type { PduBuffer } from "../protocol/pdu_buffer.ts";
import { isPlainContentName, isPlainPeerName } from "../protocol/plain_name.ts";
import {
  decodeRequest,
  type DeregisterRequest,
  type RegisterRequest,
  type SearchRequest,
} from "../protocol/request.ts";
import { DigestView, TextView } from "./text_view.ts";

/** The flag of a source that has only a part, in an `m`. */
const PARTIAL = 1;

/** One request after the other. What it points to lasts until the next. */
export class RequestView {
  transaction = 0;
  /** `R`: the TCP port. */
  port = 0;
  /** `R`, `T`: the name of the peer. */
  readonly peer: TextView = new TextView();
  /** The name of the content; in `S` it may be empty. */
  readonly name: TextView = new TextView();
  /** `R`, and where `S` has one: the digest. */
  readonly digest: DigestView = new DigestView();
  /** Whether there is a digest. */
  hasDigest = false;
  /** `R`: bytes of the content. */
  size = 0;
  /** `R`: piece size as a power of two. */
  exponent = 0;
  /** `R`: when it was last changed, in milliseconds since 1970. */
  modified = 0;
  /** `R`: whether the source has only a part. */
  partial = false;
  /** Where a name is put together that goes on in further PDUs. */
  readonly #longName = new Uint8Array(CONTENT_NAME_BYTES);

  /**
   * Reads an `R`, a `T` or an `S`.
   *
   * @throws {ProtocolError} Where a field is not what the protocol allows.
   */
  read(pdus: PduBuffer, span: Span): void {
    const at = span.start;
    this.transaction = pdus.u32(at, REQUEST.transaction);
    this.hasDigest = false;
    this.peer.length = this.name.length = 0;
    if (this.#readPlain(pdus, span)) return;
    this.#assign(
      decodeRequest(pdus, span) as
        | RegisterRequest
        | DeregisterRequest
        | SearchRequest,
    );
  }

  #readPlain(pdus: PduBuffer, { start, end }: Span): boolean {
    const isRegister = pdus.type(start) === PDU_TYPE.REGISTER;
    // All between the head and the metadata goes on with the name.
    const last = isRegister ? end - PDU_BYTES : end;
    if (last <= start || !this.#readPlainName(pdus, start, last)) return false;
    const { bytes } = pdus;
    if (pdus.type(start) === PDU_TYPE.SEARCH) return true;
    const peer = start + 1 + REQUEST.peer.offset;
    const peerEnd = paddedEnd(bytes, peer, REQUEST.peer.bytes);
    if (!isPlainPeerName(bytes, peer, peerEnd)) return false;
    this.peer.point(bytes, peer, peerEnd - peer);
    return !isRegister || this.#readMetadata(pdus, start, last);
  }

  #readPlainName(pdus: PduBuffer, start: number, last: number): boolean {
    const { bytes } = pdus;
    const from = start + 1 + REQUEST.name.offset;
    let length = paddedEnd(bytes, from, REQUEST.name.bytes) - from;
    if (last === start + PDU_BYTES) {
      this.name.point(bytes, from, length);
      return isPlainContentName(bytes, from, from + length);
    }
    const whole = this.#longName;
    whole.set(bytes.subarray(from, from + length));
    let room = REQUEST.name.bytes;
    for (let at = start + PDU_BYTES; at < last; at += PDU_BYTES) {
      if (
        pdus.type(at) !== PDU_TYPE.NAME || length !== room ||
        pdus.u32(at, NAME.transaction) !== this.transaction
      ) return false;
      const next = at + 1 + NAME.name.offset;
      const more = paddedEnd(bytes, next, NAME.name.bytes) - next;
      if (more === 0 || length + more > whole.length) return false;
      whole.set(bytes.subarray(next, next + more), length);
      length += more;
      room += NAME.name.bytes;
    }
    this.name.point(whole, 0, length);
    return isPlainContentName(whole, 0, length);
  }

  #readMetadata(pdus: PduBuffer, start: number, at: number): boolean {
    this.port = pdus.u16(start, REQUEST.port);
    this.size = pdus.count(at, METADATA.size);
    this.exponent = pdus.u8(at, METADATA.exponent);
    this.modified = pdus.count(at, METADATA.modified);
    this.partial = (pdus.u8(at, METADATA.flags) & PARTIAL) !== 0;
    this.digest.point(pdus.bytes, at + 1 + METADATA.digest.offset);
    this.hasDigest = true;
    return this.port !== 0 && pdus.type(at) === PDU_TYPE.METADATA &&
      pdus.u32(at, METADATA.transaction) === this.transaction &&
      metadataFault(this) === undefined;
  }

  #assign(request: RegisterRequest | DeregisterRequest | SearchRequest): void {
    if (request.name !== undefined) this.name.assign(request.name);
    else this.name.length = 0;
    if (request.type === "S") {
      this.hasDigest = request.digest !== undefined;
      if (request.digest) this.digest.point(request.digest, 0);
      return;
    }
    this.peer.assign(request.peer);
    if (request.type === "T") return;
    const { size, digest, exponent, modified, partial } = request.metadata;
    this.port = request.port;
    this.digest.point(digest, 0);
    this.hasDigest = true;
    this.size = size;
    this.exponent = exponent;
    this.modified = modified;
    this.partial = partial;
  }
}

/** Where a padded text ends; where something follows its end, its start. */
function paddedEnd(bytes: Uint8Array, start: number, width: number): number {
  const limit = start + width;
  let end = start;
  while (end < limit && bytes[end] !== 0) end++;
  for (let at = end; at < limit; at++) if (bytes[at] !== 0) return start;
  return end;
}
