/**
 * Replies of the JSON interface.
 *
 * @module
 */

/** A reply of JSON. */
export function jsonReply(value: unknown, status = 200): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
  });
}

/** A reply that says what went wrong. */
export function errorReply(status: number, message: string): Response {
  return jsonReply({ error: message }, status);
}
