/**
 * What the menu needs of a peer.
 *
 * @module
 */

import type { ContentName, PeerName } from "../../protocol/name.ts";
import type { ProgressState } from "./progress.ts";

/** One registration that is on line. */
export interface MenuListing {
  readonly peer: PeerName;
  readonly name: ContentName;
  /** In bytes. */
  readonly size: number;
}

/** One file of the shared folder. */
export interface MenuFile {
  readonly name: ContentName;
  /** In bytes. */
  readonly size: number;
}

/** One registration of this peer's own. */
export interface MenuRegistration {
  readonly name: ContentName;
  /** The user name that it was made under. */
  readonly peer: PeerName;
}

/** What became of a download. */
export interface MenuDownload {
  readonly name: ContentName;
  /** Where the file is now. */
  readonly path: string;
  /** What it is; its size in bytes. */
  readonly metadata: { readonly size: number };
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
  /** How it came to be there: fetched, there already, or another file was left. */
  readonly outcome: "fetched" | "present" | "skipped";
  /** Why the file could not be registered afterwards, if it could not. */
  readonly notRegistered?: Error;
}

/** What to do with a file that is in the way of a download. */
export type IfExists = "fail" | "overwrite" | "rename";

/** What the menu needs of a peer. */
export interface MenuPeer {
  /** The user name that the next registration is made under. */
  readonly name: PeerName;
  /** Takes another user name from now on. */
  rename(name: PeerName): void;
  /** Everything that is on line. */
  online(options: { signal: AbortSignal }): AsyncIterable<MenuListing>;
  /** The files of the shared folder. */
  files(): Promise<readonly MenuFile[]>;
  /** What this peer has registered. */
  registrations(): readonly MenuRegistration[];
  /** Registers a file of the shared folder. */
  register(name: ContentName, options: { signal: AbortSignal }): Promise<void>;
  /** De-registers what was registered, under the name that it was made under. */
  deregister(
    name: ContentName,
    options: { signal: AbortSignal },
  ): Promise<void>;
  /** Downloads a content into the shared folder and registers it. */
  download(
    name: ContentName,
    options: {
      signal: AbortSignal;
      ifExists: IfExists;
      onProgress?: ((state: ProgressState) => void) | undefined;
    },
  ): Promise<MenuDownload>;
}

/** How the menu tells errors apart that it has an answer to. */
export interface MenuErrors {
  /** Another peer holds this registration: a different user name is needed. */
  isNameTaken(error: unknown): boolean;
  /** A file is in the way. */
  isFileExists(error: unknown): boolean;
  /** Writes an error as one paragraph. */
  describe(error: unknown): string;
}
