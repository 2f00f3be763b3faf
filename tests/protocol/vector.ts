/**
 * The vectors of `docs/vectors.json`, as bytes and as messages. They were typed
 * from the tables of `docs/protocol.md`, not made by this code.
 *
 * @module
 */

import file from "../../docs/vectors.json" with { type: "json" };
import { PDU_BYTES } from "../../protocol/pdu.ts";

/** A field of a PDU: its name, its width, its bytes without padding, what they say. */
export type VectorField = readonly [string, number, string, string];

/** One PDU, field by field. */
export interface VectorPdu {
  readonly type: string;
  readonly fields: readonly VectorField[];
}

/** Which reader a message is for. */
export type VectorReader =
  | "request"
  | "reply"
  | "download"
  | "grant"
  | "content";

/** A message as JSON: bytes and 64-bit tokens are hexadecimal text. */
export type MessageJson = Readonly<Record<string, unknown>>;

/** A message as bytes, and what it says. */
export interface Vector {
  readonly title: string;
  readonly over: "udp" | "tcp";
  readonly from: string;
  readonly read: VectorReader;
  /** False where no encoder writes these bytes, although every decoder reads them. */
  readonly written?: boolean;
  readonly pdus: readonly VectorPdu[];
  readonly message: MessageJson;
}

/** Bytes that every reader refuses. */
export type RefusedVector = Omit<Vector, "message" | "written"> & {
  readonly why: string;
};

/** Several messages in one datagram. */
export interface DatagramVector {
  readonly title: string;
  /** PDUs before the first message. */
  readonly before?: readonly VectorPdu[];
  /** The titles of the messages that it holds. */
  readonly messages: readonly string[];
}

interface Names {
  readonly accepted: readonly string[];
  readonly refused: readonly (readonly [name: string, why: string])[];
}

interface VectorFile {
  readonly version: number;
  readonly pduBytes: number;
  readonly messages: readonly Vector[];
  readonly refused: readonly RefusedVector[];
  readonly datagrams: readonly DatagramVector[];
  readonly datagramBytes: {
    readonly accepted: readonly number[];
    readonly dropped: readonly number[];
  };
  readonly names: { readonly content: Names; readonly peer: Names };
  readonly addresses: {
    readonly written: readonly (readonly [hex: string, text: string])[];
    readonly read: readonly (readonly [text: string, hex: string])[];
    readonly refused: readonly string[];
  };
  readonly contents: readonly {
    readonly size: number;
    readonly exponent: number;
    readonly digest: string;
    readonly pieces: readonly string[];
  }[];
}

/** The whole file. */
export const VECTORS = file as unknown as VectorFile;

/** The bytes of some PDUs, end to end. */
export function bytesOf(pdus: readonly VectorPdu[]): Uint8Array {
  const bytes = new Uint8Array(pdus.length * PDU_BYTES);
  pdus.forEach((pdu, i) => {
    let at = i * PDU_BYTES;
    bytes[at++] = pdu.type.charCodeAt(0);
    for (const [, width, hex] of pdu.fields) {
      bytes.set(Uint8Array.fromHex(hex), at);
      at += width;
    }
  });
  return bytes;
}

/** A message of ours as the vectors write it. */
export function toJson(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString(16).padStart(16, "0");
  if (value instanceof Uint8Array) return value.toHex();
  if (value === Infinity) return "end";
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, toJson(inner)]),
  );
}

/** What the vectors write, as a message of ours. */
export function fromJson(json: MessageJson): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, revive(key, value)]),
  );
}

const BYTES = new Set(["address", "cursor", "digest", "key", "signature"]);

function revive(key: string, value: unknown): unknown {
  if (value === "end") return Infinity;
  if (typeof value === "object" && value !== null) {
    return fromJson(value as MessageJson);
  }
  if (typeof value !== "string") return value;
  if (key === "token") return BigInt(`0x${value}`);
  return BYTES.has(key) ? Uint8Array.fromHex(value) : value;
}
