/**
 * A thread that dies.
 *
 * @module
 */

/** A thread that dies of its first job. */
export function startDying(): Worker {
  const program = "onmessage = () => { throw new Error('of a test'); };";
  const url = URL.createObjectURL(
    new Blob([program], { type: "text/javascript" }),
  );
  return new Worker(url, { type: "module" });
}
