/**
 * Files and threads that are at work: a clock that a test moves has to wait for
 * them, or hours of it pass on a slow machine while a file is opened.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { Hasher } from "../../peer/hasher.ts";
import { SmallWriter } from "../../peer/small_writer.ts";

/** What is being done and takes real time. */
const underWay = new Set<Promise<unknown>>();

/**
 * Lets everything happen that can without the time moving on: all promises are
 * settled that can be, and no file and no thread is at work any more. Sockets
 * are not waited for, as nothing tells whether anything is still to come.
 */
export async function idle(): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (underWay.size === 0) return;
    await Promise.race(underWay);
  }
}

/** Whatever works on a file has a twin that blocks. */
function watchFiles(functions: object): void {
  for (const name of Object.getOwnPropertyNames(functions)) {
    if (name !== "readDir" && `${name}Sync` in functions) {
      watch(functions, name);
    }
  }
}

/** Watches a function that gives a promise. */
function watch(functions: object, name: string): void {
  const original: (...args: unknown[]) => Promise<unknown> = Reflect.get(
    functions,
    name,
  );
  Reflect.set(functions, name, function (this: unknown, ...args: unknown[]) {
    return watched(original.apply(this, args));
  });
}

function watched<T>(work: Promise<T>): Promise<T> {
  const done = work.then(() => {}, () => {}).then(() => {
    underWay.delete(done);
  });
  underWay.add(done);
  return work;
}

watchFiles(Deno);
watchFiles(Deno.FsFile.prototype);
watch(Hasher.prototype, "hash");
watch(SmallWriter.prototype, "write");

const { readDir } = Deno;
Deno.readDir = async function* (path) {
  yield* await watched(Array.fromAsync(readDir(path)));
};
