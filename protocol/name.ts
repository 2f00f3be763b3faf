/**
 * Names of peers and of content, checked once, at the edge. What has one of
 * these types is safe to compare, to print and to look up; before a content
 * name becomes a path it also passes the shared folder's own check.
 *
 * @module
 */

import { ProtocolError } from "./pdu.ts";

/** A peer's name: 1 to 16 bytes of UTF-8 with nothing in it that a terminal obeys. */
export type PeerName = string & { readonly __brand: "PeerName" };

/**
 * A content's name: a relative path, `/` between its parts, at most 822 bytes.
 * One that ends with `/` is that of an empty folder.
 */
export type ContentName = string & { readonly __brand: "ContentName" };

/** The most bytes of a peer name. */
export const PEER_NAME_BYTES = 16;

/** The most bytes of a content name: 54 in its record and eight times 96 after it. */
export const CONTENT_NAME_BYTES: number = 54 + 8 * 96;

/** The most bytes of one part of a content name: what file systems take. */
export const NAME_PART_BYTES = 255;

/** A name that a user gave cannot be used; the message says which and why. */
export class NameError extends TypeError {
  /** The name of the class. */
  override readonly name = "NameError";
}

/**
 * Takes a text for a peer name, in the composed form (NFC) of Unicode.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { peerName } from "./name.ts";
 *
 * assertEquals(peerName("Alice"), "Alice");
 * assertThrows(() => peerName("a name that is too long"), TypeError, "16 bytes");
 * ```
 *
 * @throws {NameError} Where it is empty, longer than 16 bytes of UTF-8, or
 * holds a control character or one that reorders text.
 */
export function peerName(text: string): PeerName {
  const composed = text.normalize("NFC");
  const fault = peerNameFault(composed);
  if (fault) {
    throw new NameError(`Cannot use ${quote(text)} as a user name: ${fault}`);
  }
  return composed as PeerName;
}

/**
 * Takes a text for a content name, in the composed form (NFC) of Unicode, so
 * that a name typed on one system finds the file of another.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { contentName } from "./name.ts";
 *
 * assertEquals(contentName("photos/2020/cafe\u0301.jpg"), "photos/2020/caf\u00e9.jpg");
 * assertThrows(() => contentName("../secret"), TypeError, "..");
 * ```
 *
 * @throws {NameError} Where it is empty, absolute, longer than 822 bytes, has a
 * part that is empty, longer than 255 bytes, made of dots and spaces alone or a
 * Windows device, or holds a backslash, a control character or one that
 * reorders text.
 */
export function contentName(text: string): ContentName {
  const composed = text.normalize("NFC");
  const fault = contentNameFault(composed);
  if (fault) {
    throw new NameError(`Cannot use ${quote(text)} as a file name: ${fault}`);
  }
  return composed as ContentName;
}

/** Whether a content name is that of an empty folder. */
export function isFolderName(name: ContentName): boolean {
  return name.endsWith("/");
}

/** Why a text is no peer name, or `undefined` where it is one. */
export function peerNameFault(text: string): string | undefined {
  if (text === "") return "it is empty";
  const fault = textFault(text);
  if (fault) return fault;
  if (longerThan(text, PEER_NAME_BYTES)) {
    return `it is longer than ${PEER_NAME_BYTES} bytes`;
  }
  return undefined;
}

/** Why a text is no content name, or `undefined` where it is one. */
export function contentNameFault(text: string): string | undefined {
  if (text === "") return "it is empty";
  if (text.charCodeAt(0) === SLASH) return "it is absolute, a name is relative";
  if (DRIVE.test(text)) return "it starts with a drive letter";
  if (text.includes("\\")) {
    return "it holds a backslash, parts are divided by /";
  }
  const fault = textFault(text);
  if (fault) return fault;
  if (longerThan(text, CONTENT_NAME_BYTES)) {
    return `it is longer than ${CONTENT_NAME_BYTES} bytes`;
  }
  // A folder's name has nothing behind its last slash.
  const stop = text.endsWith("/") ? text.length - 1 : text.length;
  for (let start = 0; start <= stop;) {
    let end = text.indexOf("/", start);
    if (end < 0) end = stop;
    const fault = partFault(text, start, end);
    if (fault) return fault;
    start = end + 1;
  }
  return undefined;
}

/**
 * Takes a text from the wire for a peer name.
 *
 * @throws {ProtocolError} Where it is none.
 */
export function readPeerName(text: string): PeerName {
  const fault = peerNameFault(text);
  if (fault) throw new ProtocolError(`Cannot read a peer name: ${fault}`);
  return text as PeerName;
}

/**
 * Takes a text from the wire for a content name.
 *
 * @throws {ProtocolError} Where it is none.
 */
export function readContentName(text: string): ContentName {
  const fault = contentNameFault(text);
  if (fault) throw new ProtocolError(`Cannot read a content name: ${fault}`);
  return text as ContentName;
}

/**
 * Writes a text from a stranger so that it can be shown: quoted, with what a
 * terminal would obey written as `\u{…}`, and no longer than 120 characters.
 */
export function quote(text: string): string {
  const short = text.length > 120 ? `${text.slice(0, 119)}…` : text;
  const safe = short.toWellFormed().replace(
    UNPRINTABLE_ALL,
    (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`,
  );
  return `"${safe}"`;
}

/** Whether a text has nothing in it that a terminal obeys. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/** Whether a text takes a byte for each of its characters. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return false;
  }
  return true;
}

const SLASH = 0x2f;
const DRIVE = /^[A-Za-z]:/;

// Windows gives these names, whatever follows a dot, to devices: opening one
// there talks to hardware. A name must mean a file wherever it arrives.
const DEVICE =
  /^(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])[ ]*([.:]|$)/i;

// Windows drops dots and spaces from the end of a part, so that ".. " could
// become ".." there, and "..." nothing at all.
const DOTS = /^[. ]+$/;

// What a terminal obeys: controls (C0, DEL, C1), line and paragraph
// separators, and the marks that reorder text around them.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\p{Bidi_Control}]/u;
const UNPRINTABLE_ALL = new RegExp(UNPRINTABLE, "gu");

function textFault(text: string): string | undefined {
  if (!isPrintable(text)) return "it holds a control character";
  if (isAscii(text)) return undefined;
  if (!text.isWellFormed()) return "it is no valid Unicode";
  if (text.normalize("NFC") !== text) {
    return "it is not in composed form (NFC)";
  }
  return undefined;
}

function partFault(
  text: string,
  start: number,
  end: number,
): string | undefined {
  const length = end - start;
  if (length === 0) return "it has an empty part";
  const first = text.charCodeAt(start);
  if (first === 0x2e || first === 0x20) {
    const part = text.slice(start, end);
    if (part === "." || part === "..") return `it has "${part}" as a part`;
    if (DOTS.test(part)) return "a part of it is dots and spaces alone";
  }
  if (length > NAME_PART_BYTES / 3) {
    if (longerThan(text.slice(start, end), NAME_PART_BYTES)) {
      return `a part of it is longer than ${NAME_PART_BYTES} bytes`;
    }
  }
  if (length >= 3 && DEVICE_INITIAL.includes(text[start]!)) {
    if (DEVICE.test(text.slice(start, end))) {
      return "a part of it is a device on Windows";
    }
  }
  return undefined;
}

const DEVICE_INITIAL = "cpanlCPANL";

const ENCODER = new TextEncoder();

function longerThan(text: string, bytes: number): boolean {
  // A UTF-16 unit is one to three bytes of UTF-8.
  if (text.length * 3 <= bytes) return false;
  return text.length > bytes || ENCODER.encode(text).length > bytes;
}
