/**
 * The state folder of a peer: what it keeps between runs, inside the shared
 * folder, seen by its user only and never shared.
 *
 * @module
 */

import { join } from "@std/path";

/** The name of the state folder. What starts like it is never shared. */
export const STATE_FOLDER = ".peerdex";

/** The folder in it where downloads are until they are whole. */
export const PARTS_FOLDER = "parts";

/** The file whose lock tells that a process uses the folder. */
const LOCK_FILE = "lock";

/** Why there is no state folder to keep anything in. */
export type StateFault =
  /** Another process uses it. */
  | "in use"
  /** It may not, or cannot, be written. */
  | "not writable";

/** A state folder, or the lack of one. */
export type StateFolder = OpenStateFolder | MissingStateFolder;

/** The state folder, held by this process alone. */
export interface OpenStateFolder extends AsyncDisposable {
  readonly path: string;
  readonly fault?: undefined;
}

/** There is none for this process: what would be kept lasts for its run only. */
export interface MissingStateFolder extends AsyncDisposable {
  /** Where it would be. */
  readonly path: string;
  readonly fault: StateFault;
  /** Why, for people. */
  readonly reason: string;
}

/**
 * Opens the state folder of a shared folder and locks it; it is made when it is
 * not there. Nothing is asked of the user: what is not permitted counts as not
 * writable.
 *
 * @param dir The shared folder.
 * @returns The folder, locked until it is disposed of, or why there is none.
 *
 * @example
 * ```ts ignore
 * await using state = await openStateFolder("Peer_Files");
 * if (state.fault) console.error(state.reason);
 * ```
 */
export async function openStateFolder(dir: string): Promise<StateFolder> {
  const path = join(dir, STATE_FOLDER);
  if (!isGranted("read", path) || !isGranted("write", path)) {
    return missing(path, "not writable", "permission to write it is not given");
  }
  let lock: Deno.FsFile | undefined;
  try {
    await makeFolder(path);
    const lockPath = join(path, LOCK_FILE);
    lock = await Deno.open(lockPath, {
      create: true,
      write: true,
      read: true,
      mode: 0o600,
    });
    if (!await lock.tryLock(true)) {
      lock.close();
      return missing(path, "in use", "another Peerdex uses it");
    }
  } catch (error) {
    lock?.close();
    const text = error instanceof Error ? error.message : String(error);
    return missing(path, "not writable", text);
  }
  return new LockedFolder(path, lock);
}

/** Whether a path may be read or written without asking the user. */
export function isGranted(name: "read" | "write", path: string): boolean {
  return Deno.permissions.querySync({ name, path }).state === "granted";
}

class LockedFolder implements OpenStateFolder {
  readonly path: string;
  #lock: Deno.FsFile | undefined;

  constructor(path: string, lock: Deno.FsFile) {
    this.path = path;
    this.#lock = lock;
  }

  [Symbol.asyncDispose](): Promise<void> {
    // Closing lets go of the lock; so does the end of the process, any end.
    this.#lock?.close();
    this.#lock = undefined;
    return Promise.resolve();
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    const { isDirectory } = await Deno.lstat(path);
    if (!isDirectory) throw new Error("it is no folder", { cause: error });
  }
}

function missing(
  path: string,
  fault: StateFault,
  reason: string,
): MissingStateFolder {
  return {
    path,
    fault,
    reason: `Cannot keep anything in ${path}: ${reason}`,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
