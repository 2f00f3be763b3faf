/**
 * What went wrong, as the page says it.
 *
 * @module
 */

/** An error as one paragraph: what failed, and why as far as is known. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (!(cause instanceof Error) || message.includes(cause.message)) {
    return message;
  }
  return `${message} (${messageOf(cause)})`;
}
