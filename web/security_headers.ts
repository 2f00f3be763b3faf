/**
 * What every answer of a page carries: the browser loads nothing from another
 * host, runs nothing that is written into the page, makes no markup of text,
 * shows it in no frame and keeps no copy.
 *
 * @module
 */

/** The content security policy. */
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

/** The headers of every answer; one that the answer has itself takes its place. */
export const SECURITY_HEADERS: ReadonlyMap<string, string> = new Map([
  ["cache-control", "no-store"],
  ["content-security-policy", CONTENT_SECURITY_POLICY],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["permissions-policy", "camera=(), geolocation=(), microphone=()"],
  ["referrer-policy", "no-referrer"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
]);
