/**
 * What every PDU has in common: 101 bytes, the first of which is its type.
 *
 * @module
 */

/** Bytes of a whole PDU: the type and the payload. */
export const PDU_BYTES = 101;

/** Bytes of the payload that follows the type. */
export const PAYLOAD_BYTES = 100;

/** The most PDUs that one datagram holds: 1,212 bytes pass the smallest IPv6 path whole. */
export const DATAGRAM_PDUS = 12;

/** The most bytes that one datagram holds. */
export const DATAGRAM_BYTES: number = DATAGRAM_PDUS * PDU_BYTES;

/**
 * The type bytes, ASCII letters all. An upper-case one opens a message, a
 * lower-case one continues the message before it.
 */
export const PDU_TYPE = {
  HELLO: 0x48, // H
  REGISTER: 0x52, // R
  DEREGISTER: 0x54, // T
  SEARCH: 0x53, // S
  LIST: 0x4f, // O
  ACK: 0x41, // A
  ERROR: 0x45, // E
  DOWNLOAD: 0x44, // D
  CONTENT: 0x43, // C
  METADATA: 0x6d, // m
  NAME: 0x6e, // n
  KEY: 0x6b, // k
} as const;

/** One of the type bytes of {@linkcode PDU_TYPE}. */
export type PduType = typeof PDU_TYPE[keyof typeof PDU_TYPE];

/** Whether a PDU of this type continues the message before it (a lower-case letter). */
export function isContinuation(type: number): boolean {
  return type >= 0x61 && type <= 0x7a;
}

/**
 * Bytes that break the protocol: what was being read, what was expected, what
 * came. The bytes were a stranger's, so the text never quotes them raw.
 */
export class ProtocolError extends Error {
  /** The name of the class. */
  override readonly name = "ProtocolError";
}
