/**
 * A peer of a {@linkcode TestIndex}: it keeps a token, and says what comes back.
 *
 * @module
 */

import { assert } from "@std/assert";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { Buffer } from "node:buffer";
import { messagesOf } from "../../protocol/datagram.ts";
import type { Digest } from "../../protocol/digest.ts";
import {
  encodeHello,
  type HelloFields,
  type Signer,
} from "../../protocol/hello.ts";
import type { ErrorReply } from "../../protocol/error_reply.ts";
import type { PublicKey } from "../../protocol/key.ts";
import type { Metadata } from "../../protocol/metadata.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { DATAGRAM_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import {
  type Ack,
  decodeReply,
  isLastPage,
  type RecordReply,
  type Reply,
} from "../../protocol/reply.ts";
import {
  encodeDeregister,
  encodeList,
  encodeRegister,
  encodeSearch,
  NO_CURSOR,
} from "../../protocol/request.ts";
import type { TestIndex } from "./test_index.ts";

/** Writes a request and returns where it ends. */
export type Encode = (
  pdus: PduBuffer,
  head: { transaction: number; token: bigint },
) => number;

/** A peer at one endpoint. */
export class TestPeer {
  readonly index: TestIndex;
  readonly hostname: string;
  readonly port: number;
  token = 0n;
  transaction = 100;

  constructor(index: TestIndex, hostname = "192.0.2.1", port = 5_000) {
    this.index = index;
    this.hostname = hostname;
    this.port = port;
  }

  /** A request as a datagram, under the next transaction. */
  datagram(encode: Encode): Uint8Array {
    const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
    const transaction = this.transaction++;
    const end = encode(pdus, { transaction, token: this.token });
    return pdus.bytes.slice(0, end);
  }

  /** Sends bytes as they are; the newest token that comes back is kept. */
  send(datagram: Uint8Array): Reply[] {
    const replies = this.index.deliver(datagram, this).flatMap(decodeReplies);
    for (const reply of replies) {
      if ("token" in reply && reply.token !== 0n) this.token = reply.token;
    }
    return replies;
  }

  /** Asks, after it has got a token where it has none that is valid. */
  ask(encode: Encode): Reply[] {
    const replies = this.send(this.datagram(encode));
    const [first] = replies;
    if (first?.type !== "E" || first.error !== "TOKEN") return replies;
    return this.send(this.datagram(encode));
  }

  /** Says hello, with a key where there is one. */
  hello(fields?: Partial<HelloFields>, signer?: Signer): Ack | ErrorReply {
    return headOf(this.ask(helloOf(fields, signer)));
  }

  /** Registers. */
  register(
    name: string,
    fields: { peer?: string; port?: number; metadata?: Partial<Metadata> } = {},
  ): Ack | ErrorReply {
    return headOf(this.ask(registerOf(name, fields)));
  }

  /** De-registers. */
  deregister(name: string, peer = "Bob"): Ack | ErrorReply {
    return headOf(this.ask(deregisterOf(name, peer)));
  }

  /** Searches by name, by digest, or by both. */
  search(
    name: string | undefined,
    digest?: Digest,
  ): { head: Ack | ErrorReply; sources: RecordReply[] } {
    const replies = this.ask((pdus, head) =>
      encodeSearch(pdus, 0, {
        ...head,
        ...(name !== undefined && { name: contentName(name) }),
        ...(digest && { digest }),
      })
    );
    return { head: headOf(replies), sources: recordsOf(replies) };
  }

  /** One page of the list. */
  page(
    filter = "",
    cursor = NO_CURSOR,
  ): { head: Ack | ErrorReply; entries: RecordReply[] } {
    const replies = this.ask((pdus, head) =>
      encodeList(pdus, 0, { ...head, filter, cursor })
    );
    return { head: headOf(replies), entries: recordsOf(replies) };
  }

  /** The whole list, and the count that its last page gave. */
  list(filter = ""): { entries: RecordReply[]; count: number; text: string } {
    const entries: RecordReply[] = [];
    let cursor = NO_CURSOR;
    for (;;) {
      const page = this.page(filter, cursor);
      const head = acknowledged(page.head);
      entries.push(...page.entries);
      cursor = head.cursor;
      if (isLastPage(cursor)) {
        return { entries, count: head.count, text: head.text };
      }
    }
  }
}

/** A hello. */
export function helloOf(
  fields?: Partial<HelloFields>,
  signer?: Signer,
): Encode {
  return (pdus, head) =>
    encodeHello(pdus, 0, { ...head, peer: peerName("Bob"), ...fields }, signer);
}

/** A registration. */
export function registerOf(
  name: string,
  { peer = "Bob", port = 6_000, metadata = {} }: {
    peer?: string;
    port?: number;
    metadata?: Partial<Metadata>;
  } = {},
): Encode {
  return (pdus, head) =>
    encodeRegister(pdus, 0, {
      ...head,
      peer: peerName(peer),
      port,
      name: contentName(name),
      metadata: metadataOf(metadata),
    });
}

/** A de-registration. */
export function deregisterOf(name: string, peer = "Bob"): Encode {
  return (pdus, head) =>
    encodeDeregister(pdus, 0, {
      ...head,
      peer: peerName(peer),
      name: contentName(name),
    });
}

/** What a content is, as far as a test does not care. */
export function metadataOf(fields: Partial<Metadata> = {}): Metadata {
  return {
    size: 1_000,
    digest: digestOf(1),
    exponent: 18,
    modified: 1_700_000_000_000,
    partial: false,
    ...fields,
  };
}

/** A digest that differs from those of other numbers. */
export function digestOf(seed: number): Digest {
  const digest = new Uint8Array(32);
  new DataView(digest.buffer).setUint32(0, seed);
  digest[31] = 1;
  return digest as Digest;
}

/** A signer whose key is made from a number. */
export function signerOf(seed: number): Signer {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, seed);
  // An Ed25519 private key as PKCS #8 (RFC 8410) is these bytes and 32 more.
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  const secret = createPrivateKey({
    key: Buffer.concat([prefix, bytes]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return {
    key: new Uint8Array(spki.subarray(-32)) as PublicKey,
    sign: (bytes) => new Uint8Array(sign(null, bytes, secret)),
  };
}

/** Every message of a datagram. */
export function decodeReplies(datagram: Uint8Array): Reply[] {
  const pdus = new PduBuffer(datagram);
  return Array.from(messagesOf(pdus, datagram.length), (span) => {
    const reply = decodeReply(pdus, span);
    assert(reply, "a reply of a type that no index sends");
    return reply;
  });
}

/** The `A` or `E` that every answer starts with. */
export function headOf([first]: Reply[]): Ack | ErrorReply {
  assert(first?.type === "A" || first?.type === "E", "no answer");
  return first;
}

/** The reply, which must be an `A`. */
export function acknowledged(reply: Ack | ErrorReply): Ack {
  assert(reply.type === "A", `refused: ${reply.type === "E" && reply.error}`);
  return reply;
}

/** The name of the error, which the reply must be. */
export function refusal(reply: Ack | ErrorReply): string {
  assert(reply.type === "E", "not refused");
  return reply.error ?? `${reply.code}`;
}

function recordsOf(replies: Reply[]): RecordReply[] {
  return replies.filter((reply): reply is RecordReply =>
    reply.type === "S" || reply.type === "O"
  );
}
