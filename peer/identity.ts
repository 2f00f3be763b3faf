/**
 * Who a peer is: an Ed25519 key, by which the index knows it again after a
 * restart or at another address.
 *
 * @module
 */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { join } from "@std/path";
import type { Signer } from "../protocol/hello.ts";
import { PUBLIC_KEY_BYTES, type PublicKey } from "../protocol/key.ts";
import { type PeerName, peerName, quote } from "../protocol/name.ts";
import { isGranted, STATE_FOLDER, type StateFolder } from "./state_folder.ts";

/** The key file's name in the state folder. */
const KEY_FILE = "key";

/** The most bytes of a key file that are read. */
const MAX_KEY_FILE_BYTES = 4_096;

/** The key file is there but holds no key that can be used. */
export class IdentityError extends Error {
  override readonly name = "IdentityError";
  /** The key file. */
  readonly path: string;

  /** @param path The key file. */
  constructor(path: string, { fault, cause }: {
    fault: string;
    cause?: unknown;
  }) {
    super(
      `Cannot use the key in ${
        quote(path)
      }: ${fault}; put back a copy of it, ` +
        "or remove it to start with a new one",
      cause === undefined ? undefined : { cause },
    );
    this.path = path;
  }
}

/** A key, and whether it outlives the process. */
export interface Identity extends Signer {
  /** Whether the next process has the same key. */
  readonly kept: boolean;
}

/**
 * Loads the key of a state folder, or makes one there at first use. Without a
 * state folder the key is for this process only.
 *
 * @throws {IdentityError} Where the key file is damaged or cannot be read; it
 * is left as it is.
 */
export async function loadIdentity(state: StateFolder): Promise<Identity> {
  if (state.fault) return sessionIdentity();
  const path = join(state.path, KEY_FILE);
  const kept = await readKey(path);
  if (kept) return identityOf(kept, { kept: true });
  const made = generateKeyPairSync("ed25519").privateKey;
  const stored = await storeKey(path, made);
  return identityOf(made, { kept: stored });
}

/**
 * The key of a shared folder, where it has one that may be read; it is not made,
 * and another process may use the folder.
 *
 * @param dir The shared folder.
 * @throws {IdentityError} Where the key file is damaged or cannot be read.
 */
export async function findIdentity(dir: string): Promise<Identity | undefined> {
  const path = join(dir, STATE_FOLDER, KEY_FILE);
  const key = isGranted("read", path) ? await readKey(path) : undefined;
  return key && identityOf(key, { kept: true });
}

/** A user name for who did not choose one: the same as long as the key is. */
export function nameOf({ key }: Pick<Identity, "key">): PeerName {
  return peerName(`peer-${key.subarray(0, 4).toHex()}`);
}

/** A key for this process only. */
export function sessionIdentity(): Identity {
  return identityOf(generateKeyPairSync("ed25519").privateKey, { kept: false });
}

function identityOf(
  privateKey: KeyObject,
  { kept }: { kept: boolean },
): Identity {
  const spki = createPublicKey(privateKey).export({
    format: "der",
    type: "spki",
  });
  // The key is the end of its structure, whose start is the same for all.
  const key = new Uint8Array(spki.subarray(-PUBLIC_KEY_BYTES)) as PublicKey;
  return {
    key,
    kept,
    sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  };
}

async function readKey(path: string): Promise<KeyObject | undefined> {
  let text: string;
  try {
    const info = await Deno.lstat(path);
    if (!info.isFile || info.size > MAX_KEY_FILE_BYTES) {
      throw new IdentityError(path, { fault: "it is no key file" });
    }
    text = await Deno.readTextFile(path);
    await hide(path, info.mode);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    if (cause instanceof IdentityError) throw cause;
    throw new IdentityError(path, { fault: "it cannot be read", cause });
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (cause) {
    throw new IdentityError(path, { fault: "it is damaged", cause });
  }
  if (key.asymmetricKeyType !== "ed25519") {
    throw new IdentityError(path, { fault: "it is no Ed25519 key" });
  }
  return key;
}

/** Takes the key back from others that can read it. */
async function hide(path: string, mode: number | null): Promise<void> {
  if (mode === null || (mode & 0o077) === 0) return;
  try {
    await Deno.chmod(path, 0o600);
  } catch {
    // Not every file system knows modes.
  }
}

/**
 * Writes a new key: whole or not at all, so that a crash leaves no half a key,
 * and never over another one.
 *
 * @returns Whether it is on disk.
 */
async function storeKey(path: string, key: KeyObject): Promise<boolean> {
  const pem = key.export({ format: "pem", type: "pkcs8" });
  const whole = `${path}.${crypto.randomUUID()}`;
  try {
    using file = await Deno.open(whole, {
      createNew: true,
      write: true,
      mode: 0o600,
    });
    await writeAll(file, new TextEncoder().encode(pem.toString()));
    await file.sync();
    // The state folder is locked: nobody else can have made one meanwhile.
    await Deno.rename(whole, path);
    return true;
  } catch {
    await Deno.remove(whole).catch(() => {});
    return false;
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += await file.write(bytes.subarray(done));
  }
}
