/**
 * How `forget` reaches the peer that runs on the same folder: that peer alone
 * holds the key that the registrations belong to, and would register again
 * whatever went missing behind its back. The request is a file in the state
 * folder, the answer another; whoever may write there owns the files anyway.
 *
 * @module
 */

import { basename } from "@std/path";
import { type ContentName, readContentName } from "../protocol/name.ts";

/** Why a name could not be forgotten. */
export interface ForgetFault {
  /** Why, for people. */
  readonly message: string;
  /** Whether it was not registered at all. */
  readonly notFound: boolean;
}

/** The names that could not be forgotten. */
export type ForgetFaults = Readonly<Record<string, ForgetFault>>;

const FOLDER = "requests";
const REQUEST = /^[\da-f-]{36}\.request$/;

/** The most bytes of a request file that are read. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/**
 * Starts to answer requests; disposing of what it returns ends that.
 *
 * A peer must serve where this cannot be done: on a full disk, or where the
 * system has no watch left to give. Whoever asks then gets no answer.
 *
 * @param state The state folder of the peer, which this process has locked.
 * @param forget De-registers names and says why it could not.
 */
export async function answerForgetRequests(
  state: string,
  forget: (names: ContentName[]) => Promise<ForgetFaults>,
): Promise<AsyncDisposable> {
  const folder = `${state}/${FOLDER}`;
  const watcher = await watchAnew(folder);
  if (!watcher) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  // Once the folder cannot be read any more, nobody asks there either.
  const answering = answerAll(folder, watcher, forget).catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      closeWatcher(watcher);
      await answering;
    },
  };
}

/**
 * Asks the peer that runs on this folder to forget names.
 *
 * @param state The state folder that both share.
 * @param signal Gives up the wait, and takes the request back.
 */
export async function requestForget(
  state: string,
  names: readonly ContentName[],
  signal: AbortSignal,
): Promise<ForgetFaults> {
  signal.throwIfAborted();
  const folder = `${state}/${FOLDER}`;
  const id = crypto.randomUUID();
  const request = `${folder}/${id}.request`;
  const reply = `${folder}/${id}.reply`;
  const watcher = Deno.watchFs(folder, { recursive: false });
  const stop = () => closeWatcher(watcher);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await writeWhole(request, JSON.stringify(names));
    for await (const { paths } of watcher) {
      if (!paths.some((path) => path.endsWith(`${id}.reply`))) continue;
      return JSON.parse(await Deno.readTextFile(reply));
    }
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    await Promise.all([removeIfThere(request), removeIfThere(reply)]);
  }
}

/** Makes the folder of requests anew and watches it, where that can be done. */
async function watchAnew(folder: string): Promise<Deno.FsWatcher | undefined> {
  try {
    // What a crashed peer left is nobody's any more.
    await removeIfThere(folder);
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    return Deno.watchFs(folder, { recursive: false });
  } catch {
    return undefined;
  }
}

async function answerAll(
  folder: string,
  watcher: Deno.FsWatcher,
  forget: (names: ContentName[]) => Promise<ForgetFaults>,
): Promise<void> {
  // Whoever asked before the watch began would wait for ever.
  for await (const { name } of Deno.readDir(folder)) {
    if (REQUEST.test(name)) await answer(`${folder}/${name}`, forget);
  }
  for await (const { paths } of watcher) {
    for (const path of paths) {
      const name = basename(path);
      if (REQUEST.test(name)) await answer(`${folder}/${name}`, forget);
    }
  }
}

async function answer(
  request: string,
  forget: (names: ContentName[]) => Promise<ForgetFaults>,
): Promise<void> {
  let names: ContentName[];
  try {
    if ((await Deno.lstat(request)).size > MAX_REQUEST_BYTES) return;
    const list: unknown = JSON.parse(await Deno.readTextFile(request));
    if (!Array.isArray(list)) return;
    names = list.map((name) => readContentName(String(name)));
    await Deno.remove(request);
  } catch {
    // It was answered already, taken back, or is no request of ours.
    return;
  }
  const faults = await forget(names);
  const reply = request.replace(/request$/, "reply");
  try {
    await writeWhole(reply, JSON.stringify(faults));
  } catch {
    // A full disk, say: it is done all the same, and the peer goes on.
  }
}

/** Writes a file so that whoever sees its name sees all of it. */
async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`;
  await Deno.writeTextFile(draft, text, { createNew: true, mode: 0o600 });
  await Deno.rename(draft, path);
}

function closeWatcher(watcher: Deno.FsWatcher): void {
  try {
    watcher.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
