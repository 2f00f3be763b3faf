/**
 * What a session is told, and what it tells.
 *
 * @module
 */

import type { Metadata } from "../protocol/metadata.ts";
import type { ContentName, PeerName } from "../protocol/name.ts";
import type { Clock } from "./clock.ts";
import type { RequestOptions } from "./index_client_options.ts";
import type { IndexError } from "./index_error.ts";
import type { Registration } from "./registrations.ts";

/** What happens to a session by itself. */
export type SessionEvent =
  /** The index stopped answering; it is tried again until it does. */
  | { readonly type: "lost"; readonly error: unknown }
  /** It answers again. */
  | { readonly type: "back" }
  /** What the index had lost was registered again. */
  | { readonly type: "restored"; readonly count: number }
  /** What an earlier process of this peer had left registered was removed. */
  | { readonly type: "tidied"; readonly count: number }
  /** One could not be registered again; it is tried at every heartbeat. */
  | {
    readonly type: "refused";
    readonly registration: Registration;
    readonly error: IndexError;
  };

/** How a session is opened. */
export interface SessionOptions extends RequestOptions {
  /** The user name that registrations are made under. */
  readonly peer: PeerName;
  /** The TCP port of the content server, 1 to 65,535. */
  readonly port: number;
  /** The lease wanted, in seconds, up to 65,535; the index's own if left out. */
  readonly lease?: number | undefined;
  /** Told of what happens by itself. */
  readonly onEvent?: ((event: SessionEvent) => void) | undefined;
  /** The machine's own if left out. */
  readonly clock?: Clock | undefined;
}

/** What is registered: a name, and what it names. */
export interface SharedEntry {
  readonly name: ContentName;
  readonly metadata: Metadata;
}
