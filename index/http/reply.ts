/**
 * What goes back for an HTTP request, and the header fields of all of it.
 *
 * @module
 */

/** A whole reply. */
export interface HttpReply {
  /** The HTTP status. */
  readonly status: number;
  /** The media type of the body. */
  readonly type: string;
  readonly body: string;
  /** Further header fields. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** A reply that goes on for as long as somebody reads it. */
export interface HttpStream {
  readonly status: 200;
  /** The media type of what is streamed. */
  readonly type: string;
  /**
   * Writes it, and returns when that is over.
   *
   * @param write Writes a part; it throws where the client is gone or takes
   * too long.
   * @param signal Aborted when the client is gone or the server stops.
   */
  readonly stream: (
    write: (text: string) => Promise<void>,
    signal: AbortSignal,
  ) => Promise<void>;
}

/**
 * Only what this server itself serves is loaded, run, or connected to by its
 * pages; markup made from text is refused by the browser as well.
 */
export const CONTENT_SECURITY_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const FIELDS_OF_ALL = {
  "Cache-Control": "no-store",
  "Connection": "close",
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/** The head of a reply. `bytes` is the length of its body, where that is known. */
export function replyHead(
  reply: HttpReply | HttpStream,
  bytes?: number,
): string {
  const fields = {
    ...FIELDS_OF_ALL,
    "Content-Type": reply.type,
    ...(bytes !== undefined && { "Content-Length": `${bytes}` }),
    ...("fields" in reply && reply.fields),
  };
  const lines = Object.entries(fields).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  const reason = REASONS[reply.status] ?? "";
  return `HTTP/1.1 ${reply.status} ${reason}\r\n${lines.join("")}\r\n`;
}

/** A reply of JSON. */
export function jsonReply(value: unknown, status = 200): HttpReply {
  const type = "application/json; charset=utf-8";
  return { status, type, body: `${JSON.stringify(value)}\n` };
}

/** A reply that says what went wrong, as JSON. */
export function errorReply(status: number, message: string): HttpReply {
  return jsonReply({ error: message }, status);
}
