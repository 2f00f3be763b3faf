/**
 * Waiting, for so long and no longer.
 *
 * @module
 */

/** Waits so many milliseconds, or until the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", done);
    resolve();
  };
  const timer = setTimeout(done, ms);
  signal.addEventListener("abort", done);
  return promise;
}

/**
 * Waits for a promise.
 *
 * @throws {Error} Where it takes more than so many milliseconds.
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  ms: number,
  signal: AbortSignal,
): Promise<T> {
  const given = new AbortController();
  const late = pause(ms, AbortSignal.any([signal, given.signal])).then(() => {
    if (!given.signal.aborted) throw new Error(`no reply within ${ms} ms`);
  });
  try {
    return await Promise.race([promise, late.then(() => promise)]);
  } finally {
    promise.catch(() => {});
    given.abort();
    await late.catch(() => {});
  }
}
