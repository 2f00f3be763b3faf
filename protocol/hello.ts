/**
 * `H`: a peer says that it is there, proves who it is, or says goodbye.
 *
 * @module
 */

import { type Address, UNSPECIFIED } from "./address.ts";
import { HELLO } from "./layout.ts";
import type { Span, Transaction } from "./message.ts";
import { type PeerName, readPeerName } from "./name.ts";
import { decodeKey, encodeKey, type PublicKey, type SignedKey } from "./key.ts";
import { PDU_BYTES, PDU_TYPE } from "./pdu.ts";
import type { PduBuffer } from "./pdu_buffer.ts";
import { PROTOCOL_VERSION } from "./version.ts";

/** Opens or renews a session and its leases, or ends it. */
export interface Hello {
  /** The letter of its type. */
  readonly type: "H";
  /** The number that its replies carry. */
  readonly transaction: Transaction;
  /** Proof that the sender receives at its source address; 0 where it has none yet. */
  readonly token: bigint;
  /**
   * The address of the index that the sender means, so that a signed hello is
   * worth nothing at another; all zero where it does not say.
   */
  readonly address: Address;
  /** The TCP port of the sender's content server, 0 where it serves none. */
  readonly port: number;
  /** The user name of the sender. */
  readonly peer: PeerName;
  /** The version of the protocol that the sender speaks. */
  readonly version: number;
  /** Whether this ends the session and removes what it registered. */
  readonly goodbye: boolean;
  /** Whether the index is to try the sender's TCP port. */
  readonly probe?: true;
  /** Whether it only proves a key, and leaves every session as it is. */
  readonly visit?: true;
  /** The lease that the sender wants, in seconds; 0 leaves it to the index. */
  readonly lease: number;
  /**
   * The sender's program and version, at most 50 bytes; empty where it cannot
   * be shown.
   */
  readonly agent: string;
  /** The key that the session belongs to; without, it belongs to the endpoint. */
  readonly signed?: SignedKey;
}

/** The flag of a hello that ends the session. */
const GOODBYE = 1;

/** The flag of a hello that asks the index to try the sender's port. */
const PROBE = 2;

/** The flag of a hello that opens no session. */
const VISIT = 4;

/** Signs the 101 bytes of an `H`. */
export interface Signer {
  /** The public key that the signatures fit. */
  readonly key: PublicKey;
  /** Signs with Ed25519: 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** What a client fills in for an `H`. */
export type HelloFields =
  & Pick<Hello, "transaction" | "token" | "peer">
  & Partial<
    Pick<Hello, "address" | "port" | "goodbye" | "lease" | "agent">
  >
  & {
    /** Whether the index is to try the sender's TCP port. */
    readonly probe?: boolean | undefined;
    /** Whether it only proves a key, and leaves every session as it is. */
    readonly visit?: boolean | undefined;
  };

/**
 * Writes an `H`, and after it a `k` where there is a signer.
 *
 * @returns Where the message ends.
 * @throws {RangeError} Where the agent text does not fit.
 */
export function encodeHello(
  pdus: PduBuffer,
  at: number,
  hello: HelloFields,
  signer?: Signer,
): number {
  pdus.begin(at, PDU_TYPE.HELLO);
  pdus.setU32(at, HELLO.transaction, hello.transaction);
  pdus.setU64(at, HELLO.token, hello.token);
  pdus.setAddress(at, HELLO.address, hello.address ?? UNSPECIFIED);
  pdus.setU16(at, HELLO.port, hello.port ?? 0);
  pdus.setText(at, HELLO.peer, hello.peer);
  pdus.setU8(at, HELLO.version, PROTOCOL_VERSION);
  const flags = (hello.goodbye ? GOODBYE : 0) | (hello.probe ? PROBE : 0) |
    (hello.visit ? VISIT : 0);
  pdus.setU8(at, HELLO.flags, flags);
  pdus.setU16(at, HELLO.lease, hello.lease ?? 0);
  pdus.setText(at, HELLO.agent, hello.agent ?? "");
  const end = at + PDU_BYTES;
  if (!signer) return end;
  const signature = signer.sign(pdus.bytes.slice(at, end));
  return encodeKey(pdus, end, hello.transaction, {
    key: signer.key,
    signature,
  });
}

/**
 * Reads an `H` and its `k`. Whether the signature fits is for the reader's
 * owner to check, over `pdus.bytes` from `span.start`.
 *
 * @throws {ProtocolError} Where the peer name is none.
 */
export function decodeHello(pdus: PduBuffer, span: Span): Hello {
  const at = span.start;
  const signed = decodeKey(pdus, span);
  const flags = pdus.u8(at, HELLO.flags);
  return {
    type: "H",
    transaction: pdus.u32(at, HELLO.transaction),
    token: pdus.u64(at, HELLO.token),
    address: pdus.address(at, HELLO.address),
    port: pdus.u16(at, HELLO.port),
    peer: readPeerName(pdus.text(at, HELLO.peer)),
    version: pdus.u8(at, HELLO.version),
    goodbye: (flags & GOODBYE) !== 0,
    ...((flags & PROBE) !== 0 && { probe: true }),
    ...((flags & VISIT) !== 0 && { visit: true }),
    lease: pdus.u16(at, HELLO.lease),
    agent: pdus.caption(at, HELLO.agent),
    ...(signed && { signed }),
  };
}
