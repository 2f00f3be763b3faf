/**
 * An owner as the database keeps it.
 *
 * @module
 */

import { type Address, ADDRESS_BYTES } from "../../protocol/address.ts";
import type { PublicKey } from "../../protocol/key.ts";
import type { Owner } from "../memory/owner.ts";
import { checksum } from "./checksum.ts";

// Where the fields start, big-endian as on the wire.
const CHECKSUM = 0;
const FLAGS = 4;
const SESSION_PORT = 6;
const PORT = 8;
const STAMP = 10;
const HEIR_STAMP = 12;
const LEASE = 14;
const LEASE_END = 18;
const HEIR = 26;
const ADDRESS = 34;
const SESSION = ADDRESS + ADDRESS_BYTES;
const KEY = SESSION + ADDRESS_BYTES;
const KEY_BYTES = 32;

/** Bytes of the record of an owner. */
export const OWNER_RECORD_BYTES = KEY + KEY_BYTES;

const HAS_KEY = 1;
const HAS_SESSION = 2;
const OTHER_PORTS = 4;

/** What a record says of an owner. */
export interface OwnerRecord extends
  Pick<
    Owner,
    | "port"
    | "stamp"
    | "otherPorts"
    | "heirStamp"
    | "leaseMs"
    | "leaseEnd"
    | "address"
    | "key"
  > {
  /** The number of the row of who took it over, or 0. */
  readonly heir: number;
  readonly session: { readonly address: Address; readonly port: number } | null;
}

/** The record of an owner. */
export function encodeOwner(
  owner: Omit<OwnerRecord, "session"> & {
    readonly session: OwnerRecord["session"] | undefined;
  },
): Uint8Array {
  const bytes = new Uint8Array(OWNER_RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  const { key, session, otherPorts } = owner;
  view.setUint8(
    FLAGS,
    (key ? HAS_KEY : 0) | (session ? HAS_SESSION : 0) |
      (otherPorts ? OTHER_PORTS : 0),
  );
  view.setUint16(SESSION_PORT, session?.port ?? 0);
  view.setUint16(PORT, owner.port);
  view.setUint16(STAMP, owner.stamp);
  view.setUint16(HEIR_STAMP, owner.heirStamp);
  view.setUint32(LEASE, owner.leaseMs);
  view.setFloat64(LEASE_END, owner.leaseEnd);
  view.setFloat64(HEIR, owner.heir);
  bytes.set(owner.address, ADDRESS);
  if (session) bytes.set(session.address, SESSION);
  if (key) bytes.set(key, KEY);
  view.setInt32(CHECKSUM, checksum(bytes, FLAGS, OWNER_RECORD_BYTES));
  return bytes;
}

/** Reads a record, or returns `undefined` where it is not whole. */
export function decodeOwner(bytes: Uint8Array): OwnerRecord | undefined {
  if (bytes.length !== OWNER_RECORD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (checksum(bytes, FLAGS, OWNER_RECORD_BYTES) !== view.getInt32(CHECKSUM)) {
    return undefined;
  }
  const flags = view.getUint8(FLAGS);
  const address = (at: number) =>
    bytes.slice(at, at + ADDRESS_BYTES) as Address;
  return {
    port: view.getUint16(PORT),
    stamp: view.getUint16(STAMP),
    otherPorts: (flags & OTHER_PORTS) !== 0,
    heirStamp: view.getUint16(HEIR_STAMP),
    leaseMs: view.getUint32(LEASE),
    leaseEnd: view.getFloat64(LEASE_END),
    heir: view.getFloat64(HEIR),
    address: address(ADDRESS),
    session: (flags & HAS_SESSION) === 0
      ? null
      : { address: address(SESSION), port: view.getUint16(SESSION_PORT) },
    key: (flags & HAS_KEY) === 0 ? undefined : bytes.slice(KEY) as PublicKey,
  };
}
