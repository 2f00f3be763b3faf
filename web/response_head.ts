/**
 * The head of an answer.
 *
 * @module
 */

import { SECURITY_HEADERS } from "./security_headers.ts";

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  411: "Length Required",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage",
};

/** Whether the body of an answer goes on for as long as somebody reads it. */
export function isEvents({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

/**
 * Writes the head of an answer, with what keeps a page safe.
 *
 * @param bytes The length of its body, where that is known.
 */
export function responseHead(
  { status, headers }: Response,
  bytes?: number,
): string {
  const fields = [...headers];
  for (const [name, value] of SECURITY_HEADERS) {
    if (!headers.has(name)) fields.push([name, value]);
  }
  fields.push(["connection", "close"]);
  if (bytes !== undefined) fields.push(["content-length", `${bytes}`]);
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n${lines.join("")}\r\n`;
}
