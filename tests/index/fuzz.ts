/**
 * Datagrams that are nearly right: every kind of message, whole or damaged, one
 * or many together. They look like what a program with a fault sends, or
 * somebody who knows the protocol and means harm.
 *
 * @module
 */

import { ADDRESS_BYTES } from "../../protocol/address.ts";
import { encodeHello, type Signer } from "../../protocol/hello.ts";
import { KEY, METADATA, NAME, REQUEST } from "../../protocol/layout.ts";
import { peerName, readContentName } from "../../protocol/name.ts";
import {
  DATAGRAM_BYTES,
  DATAGRAM_PDUS,
  PDU_BYTES,
  PDU_TYPE,
} from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import {
  encodeDeregister,
  encodeList,
  encodeRegister,
  encodeSearch,
  NO_CURSOR,
} from "../../protocol/request.ts";
import { digestOf, metadataOf, signerOf } from "./test_peer.ts";

/** What somebody who fuzzes knows of the index. */
export interface FuzzHead {
  /** A transaction that was not used lately. */
  readonly transaction: number;
  /** The token that the index gave, 0 before it did. */
  readonly token: bigint;
}

/** Some more than a datagram may have, so that it can be too long. */
const ROOM_BYTES = 2 * DATAGRAM_BYTES;

const CONTENTS = Array.from({ length: 200 }, (_, i) =>
  readContentName(
    i % 10 === 0 ? `${"d/".repeat(i)}${"x".repeat(1 + i)}` : `file ${i}`,
  ));
const PEERS = Array.from({ length: 20 }, (_, i) => peerName(`fuzz ${i}`));
const METADATA_OF = Array.from(
  { length: 8 },
  (_, i) => metadataOf({ digest: digestOf(i), partial: i === 0 }),
);
const FILTERS = [
  "",
  "file",
  "**1*",
  "peer:fuzz\\ 1 x",
  "* **",
  "ü ".repeat(99),
];
const SIGNERS = Array.from({ length: 4 }, (_, i) => signerOf(1_000 + i));

/** Numbers at the edges of what fields hold. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];

/** Makes datagrams, the same ones from the same randomness. */
export class Fuzzer {
  readonly #random: () => number;
  readonly #pdus = new PduBuffer(new Uint8Array(ROOM_BYTES));

  /** @param random Numbers from 0 up to but not including 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The next one. Its bytes last until the next call. */
  next(head: FuzzHead): Uint8Array {
    let end = 0;
    const wanted = this.#pick(4) === 0 ? 1 + this.#pick(DATAGRAM_PDUS) : 1;
    for (let n = 0; n < wanted && end < DATAGRAM_BYTES; n++) {
      end = this.#message(end, {
        transaction: head.transaction + n >>> 0,
        token: this.#token(head.token),
      });
    }
    if (this.#pick(3) === 0) this.#damage(end);
    return this.#pdus.bytes.subarray(0, this.#length(end));
  }

  #pick(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #of<T>(all: readonly T[]): T {
    return all[this.#pick(all.length)]!;
  }

  #token(token: bigint): bigint {
    switch (this.#pick(12)) {
      case 0:
        return 0n;
      case 1:
        return token ^ 1n;
      default:
        return token;
    }
  }

  #message(at: number, head: FuzzHead): number {
    const pdus = this.#pdus;
    const name = this.#of(CONTENTS);
    const peer = this.#of(PEERS);
    switch (this.#pick(10)) {
      case 0:
        return this.#hello(at, head);
      case 1:
      case 2:
      case 3: {
        const port = 1 + this.#pick(65_535);
        const metadata = this.#of(METADATA_OF);
        const entry = { ...head, peer, name, port, metadata };
        return encodeRegister(pdus, at, entry);
      }
      case 4:
        return encodeDeregister(pdus, at, { ...head, peer, name });
      case 5:
      case 6:
        return encodeSearch(pdus, at, {
          ...head,
          ...(this.#pick(4) > 0 && { name }),
          ...(this.#pick(2) > 0 && { digest: this.#of(METADATA_OF).digest }),
        });
      case 7: {
        const cursor = this.#pick(2) === 0
          ? NO_CURSOR
          : this.#bytes(ADDRESS_BYTES);
        const filter = this.#of(FILTERS);
        return encodeList(pdus, at, { ...head, cursor, filter });
      }
      default:
        return this.#anyPdus(at, head);
    }
  }

  #hello(at: number, head: FuzzHead): number {
    const hello = {
      ...head,
      peer: this.#of(PEERS),
      port: this.#pick(65_536),
      lease: this.#pick(65_536),
      goodbye: this.#pick(8) === 0,
    };
    // To check a signature takes as long as a hundred other requests.
    const signer: Signer | undefined = this.#pick(200) === 0
      ? this.#of(SIGNERS)
      : undefined;
    return encodeHello(this.#pdus, at, hello, signer);
  }

  /** PDUs of any type and content, their transaction and token right or not. */
  #anyPdus(at: number, head: FuzzHead): number {
    const pdus = this.#pdus;
    const count = 1 + this.#pick(3);
    for (let n = 0; n < count; n++, at += PDU_BYTES) {
      const type = this.#pick(3) === 0
        ? this.#pick(256)
        : this.#of(Object.values(PDU_TYPE));
      pdus.begin(at, type);
      // A signature that cannot fit is not checked over and over again.
      if (type !== PDU_TYPE.KEY || this.#pick(100) === 0) {
        const filled = this.#pick(PDU_BYTES);
        for (let i = 1; i < filled; i++) pdus.bytes[at + i] = this.#pick(256);
      } else pdus.begin(at, PDU_TYPE.NAME);
      if (this.#pick(4) > 0) {
        pdus.setU32(at, REQUEST.transaction, head.transaction);
      }
      if (this.#pick(4) > 0) pdus.setU64(at, REQUEST.token, head.token);
    }
    return at;
  }

  /** Changes some bytes, mostly behind the token, so that somebody reads them. */
  #damage(end: number): void {
    const { bytes } = this.#pdus;
    for (let n = this.#pick(4); n >= 0; n--) {
      const pdu = PDU_BYTES * this.#pick(end / PDU_BYTES);
      const at = pdu + this.#of(PLACES) + this.#pick(3);
      if (at >= end) continue;
      bytes[at] = this.#pick(2) === 0 ? this.#of(EDGES) : this.#pick(256);
    }
  }

  #length(end: number): number {
    switch (this.#pick(40)) {
      case 0:
        return this.#pick(end + 1);
      case 1:
        return PDU_BYTES * this.#pick(end / PDU_BYTES + 1);
      case 2:
        return Math.min(end + this.#pick(PDU_BYTES), ROOM_BYTES);
      case 3:
        return this.#pick(ROOM_BYTES + 1);
      default:
        return end;
    }
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#pick(256));
  }
}

/** Where the fields of some layouts begin, the type byte before them. */
const PLACES = [
  { offset: -1 },
  ...Object.values(REQUEST).slice(2),
  ...Object.values(METADATA).slice(1),
  ...Object.values(NAME).slice(1),
  ...Object.values(KEY).slice(1),
].map(({ offset }) => offset + 1);
