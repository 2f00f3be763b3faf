/**
 * The head of an HTTP/1.1 request: what a server of pages understands of it,
 * and what it refuses.
 *
 * @module
 */

/** The longest head that is read, in bytes. */
export const MAX_HEAD_BYTES = 8_192;

/** The longest target of a request line, in characters. */
const MAX_TARGET = 4_096;

/** Header fields that are read at most. */
const MAX_FIELDS = 64;

/** What can be asked for; a browser asks for nothing else. */
const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);

/** A request. */
export interface RequestHead {
  /** `GET`, say. */
  readonly method: string;
  /** The path and what follows it, as they were sent. */
  readonly target: string;
  /** Fields by their names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  /** How long the body is that follows. */
  readonly bodyBytes: number;
}

/** A request that is refused before anybody looks at what it asks for. */
export class HeadError extends Error {
  /** The name of the class. */
  override readonly name = "HeadError";
  /** The HTTP status that says so. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Where the head ends: the index after its empty line, or -1 where that has not
 * come yet.
 */
export function headEnd(bytes: Uint8Array): number {
  for (let i = 3; i < bytes.length; i++) {
    if (
      bytes[i] === LF && bytes[i - 1] === CR && bytes[i - 2] === LF &&
      bytes[i - 3] === CR
    ) return i + 1;
  }
  return -1;
}

/**
 * Reads a head.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseHead } from "./request_head.ts";
 *
 * const text = "GET /list?limit=5 HTTP/1.1\r\nHost: localhost\r\n\r\n";
 * const { target, fields } = parseHead(new TextEncoder().encode(text));
 * assertEquals(target, "/list?limit=5");
 * assertEquals(fields.get("host"), "localhost");
 * ```
 *
 * @param bytes The head with the empty line at its end.
 * @throws {HeadError} Where it is none, or asks for more than this server does.
 */
export function parseHead(bytes: Uint8Array): RequestHead {
  // Bytes, not characters: nothing in a head may mean two things.
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const [line = "", ...lines] = text.slice(0, -4).split("\r\n");
  const [method = "", target = "", version = "", ...rest] = line.split(" ");
  if (!TOKEN.test(method) || rest.length > 0 || !/^HTTP\/\d/.test(version)) {
    throw new HeadError(400, "The request line is none of HTTP/1.1");
  }
  if (!/^HTTP\/1\.[01]$/.test(version)) {
    throw new HeadError(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here");
  }
  if (!METHODS.has(method)) {
    throw new HeadError(501, "This cannot be done here");
  }
  if (target.length > MAX_TARGET) {
    throw new HeadError(414, `The target is longer than ${MAX_TARGET} bytes`);
  }
  if (!/^\/[\x21-\x7e]*$/.test(target)) {
    throw new HeadError(400, "The target is not a path");
  }
  if (lines.length > MAX_FIELDS) {
    throw new HeadError(431, `There are more than ${MAX_FIELDS} header fields`);
  }
  const fields = new Map<string, string>();
  for (const field of lines) {
    const [, name, value] = FIELD.exec(field) ?? [];
    if (name === undefined || value === undefined) {
      throw new HeadError(400, "A header field cannot be read");
    }
    const key = name.toLowerCase();
    if (fields.has(key) && ONCE.has(key)) {
      throw new HeadError(400, `There is more than one ${key}`);
    }
    fields.set(key, value);
  }
  return { method, target, fields, bodyBytes: bodyBytesOf(method, fields) };
}

function bodyBytesOf(
  method: string,
  fields: ReadonlyMap<string, string>,
): number {
  if (fields.has("transfer-encoding")) {
    throw new HeadError(411, "The length must be said before");
  }
  const length = fields.get("content-length") ?? "0";
  if (!/^\d{1,15}$/.test(length)) {
    throw new HeadError(400, "The length cannot be read");
  }
  const bytes = Number(length);
  if (bytes > 0 && (method === "GET" || method === "HEAD")) {
    throw new HeadError(413, `Nothing can be sent with a ${method}`);
  }
  return bytes;
}

const CR = 0x0d;
const LF = 0x0a;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*$/;
const ONCE: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
]);
