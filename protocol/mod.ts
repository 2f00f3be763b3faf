/**
 * The wire of Peerdex: bytes to messages and back, without any input or output.
 *
 * PDUs lie end to end in a {@linkcode PduBuffer}. Every `encode…` writes one
 * message into it at an offset and returns where the message ends; every
 * `decode…` reads the message at a {@linkcode Span}, and throws a
 * {@linkcode ProtocolError} where the bytes are none.
 *
 * `docs/protocol.md` says who may send what and when, and `docs/vectors.json`
 * has every message as bytes.
 *
 * @example A request, as a datagram
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   contentName,
 *   DATAGRAM_BYTES,
 *   decodeRequest,
 *   encodeSearch,
 *   isDatagramLength,
 *   messagesOf,
 *   PduBuffer,
 * } from "@peerdex/peerdex/protocol";
 *
 * const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
 * const end = encodeSearch(pdus, 0, {
 *   transaction: 1,
 *   token: 0n,
 *   name: contentName("notes.txt"),
 * });
 * const datagram = pdus.bytes.subarray(0, end);
 *
 * // On the other side:
 * assertEquals(isDatagramLength(datagram.length), true);
 * const received = new PduBuffer(datagram);
 * const requests = [...messagesOf(received, datagram.length)]
 *   .map((span) => decodeRequest(received, span));
 * assertEquals(requests.map((request) => request?.type), ["S"]);
 * ```
 *
 * @example A download, as a stream of PDUs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   contentName,
 *   decodeDownload,
 *   encodeDownload,
 *   followingPdus,
 *   MAX_DOWNLOAD_PDUS,
 *   PDU_BYTES,
 *   PduBuffer,
 *   peerName,
 * } from "@peerdex/peerdex/protocol";
 *
 * const pdus = new PduBuffer(new Uint8Array(MAX_DOWNLOAD_PDUS * PDU_BYTES));
 * encodeDownload(pdus, 0, {
 *   transaction: 2,
 *   peer: peerName("Bob"),
 *   name: contentName("notes.txt"),
 *   offset: 1_000,
 * });
 *
 * // On the other side, when the first PDU is there:
 * const end = (1 + followingPdus(pdus, 0)) * PDU_BYTES;
 * const { offset, length } = decodeDownload(pdus, { start: 0, end });
 * assertEquals([offset, length], [1_000, Infinity]);
 * ```
 *
 * @module
 */

export {
  type Address,
  ADDRESS_BYTES,
  formatAddress,
  formatEndpoint,
  isIpv4,
  isLoopback,
  isPort,
  isUnspecified,
  parseAddress,
  type Port,
  sameAddress,
  UNSPECIFIED,
} from "./address.ts";
export { frameContent, framedBytes, unframeContent } from "./content.ts";
export { type ContentRead, ContentReader } from "./content_reader.ts";
export { isDatagramLength, messagesOf } from "./datagram.ts";
export {
  type Digest,
  DIGEST_BYTES,
  Digester,
  digestOf,
  digestsEqual,
  hashPiece,
  parseDigest,
  rootOfParts,
  rootOfPieces,
} from "./digest.ts";
export {
  decodeDownload,
  decodeGrant,
  DOWNLOAD_KIND,
  type DownloadFields,
  type DownloadKind,
  type DownloadRequest,
  encodeDownload,
  encodeGrant,
  followingPdus,
  type Grant,
  MAX_DOWNLOAD_PDUS,
} from "./download.ts";
export {
  ERROR_CODES,
  type ErrorCodeRow,
  type ErrorName,
  errorName,
  SEARCH_NOT_FOUND_TEXT,
} from "./error_code.ts";
export {
  decodeError,
  encodeError,
  type ErrorFields,
  type ErrorReply,
} from "./error_reply.ts";
export {
  decodeHello,
  encodeHello,
  type Hello,
  type HelloFields,
  type Signer,
} from "./hello.ts";
export {
  decodeKey,
  encodeKey,
  PUBLIC_KEY_BYTES,
  type PublicKey,
  SIGNATURE_BYTES,
  type SignedKey,
} from "./key.ts";
export { type Field, type LayoutName, LAYOUTS } from "./layout.ts";
export {
  findContinuation,
  messageEnd,
  namePdus,
  readName,
  type Span,
  type Transaction,
  writeName,
} from "./message.ts";
export {
  decodeMetadata,
  decodePin,
  encodeMetadata,
  encodePin,
  isNothing,
  type Metadata,
  NOTHING_DIGEST,
} from "./metadata.ts";
export {
  CONTENT_NAME_BYTES,
  type ContentName,
  contentName,
  contentNameFault,
  isFolderName,
  isPrintable,
  NAME_PART_BYTES,
  NameError,
  PEER_NAME_BYTES,
  type PeerName,
  peerName,
  peerNameFault,
  quote,
  readContentName,
  readPeerName,
} from "./name.ts";
export { markPage, type PageMark, readPageMark } from "./page_mark.ts";
export {
  DATAGRAM_BYTES,
  DATAGRAM_PDUS,
  isContinuation,
  PAYLOAD_BYTES,
  PDU_BYTES,
  PDU_TYPE,
  type PduType,
  ProtocolError,
} from "./pdu.ts";
export { PduBuffer } from "./pdu_buffer.ts";
export {
  MAX_CONTENT_BYTES,
  MAX_PIECE_EXPONENT,
  MAX_PIECES,
  MIN_PIECE_EXPONENT,
  pieceBytes,
  pieceCount,
  pieceExponent,
  pieceLength,
} from "./piece.ts";
export { PROBE_RESULTS, type ProbeResult, readProbe } from "./probe.ts";
export {
  type Ack,
  type AckFields,
  decodeReply,
  encodeAck,
  encodeRecord,
  isLastPage,
  type RecordFields,
  type RecordReply,
  type Reply,
} from "./reply.ts";
export {
  decodeRequest,
  type DeregisterFields,
  type DeregisterRequest,
  encodeDeregister,
  encodeList,
  encodeRegister,
  encodeSearch,
  type ListFields,
  type ListRequest,
  NO_CURSOR,
  type RegisterFields,
  type RegisterRequest,
  type Request,
  type SearchFields,
  type SearchRequest,
} from "./request.ts";
export { PROTOCOL_VERSION } from "./version.ts";
