/**
 * Connections to sources come about, or do not.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { ByteStream } from "./pdu_stream.ts";
import type { Source } from "./source.ts";
import { SourceError } from "./source_error.ts";

/** A connection that can be closed. */
export type SourceStream = ByteStream & { close(): void };

/** Opens a connection. */
export type Connect = (options: {
  readonly hostname: string;
  readonly port: number;
  readonly signal: AbortSignal;
}) => Promise<SourceStream>;

/** Opens TCP connections, which send small requests without delay. */
export const connectTcp: Connect = async (options) => {
  const conn = await Deno.connect(options);
  conn.setNoDelay(true);
  conn.setKeepAlive(true);
  return conn;
};

/**
 * Connects to a source.
 *
 * @param options How, and for how many milliseconds at most.
 * @throws {SourceError} Where no connection comes about in time.
 * @throws Whatever the signal was aborted with.
 */
export async function connectTo(
  { hostname, port }: Source,
  { connect, connectMs, clock, signal }: {
    connect: Connect;
    connectMs: number;
    clock: Clock;
    signal: AbortSignal;
  },
): Promise<SourceStream> {
  signal.throwIfAborted();
  const tooLate = new AbortController();
  const cancel = clock.after(connectMs, () => tooLate.abort());
  try {
    const stream = await connect({
      hostname,
      port,
      signal: AbortSignal.any([signal, tooLate.signal]),
    });
    if (signal.aborted) stream.close();
    signal.throwIfAborted();
    return stream;
  } catch (cause) {
    signal.throwIfAborted();
    const reason = tooLate.signal.aborted
      ? `it did not answer for ${connectMs / 1_000} s`
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new SourceError("unreachable", `cannot be reached (${reason})`, {
      cause,
    });
  } finally {
    cancel();
  }
}
