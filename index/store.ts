/**
 * What the policy asks of whatever keeps the registry. Every call is one atomic
 * change or one consistent look, so that a store may be memory, a database, or
 * a server that several indexes share.
 *
 * @module
 */

import type { Address } from "../protocol/address.ts";
import type { Digest } from "../protocol/digest.ts";
import type { PublicKey } from "../protocol/key.ts";
import type { Metadata } from "../protocol/metadata.ts";
import type { ContentName, PeerName } from "../protocol/name.ts";
import type { RequestMark } from "./reply_memory.ts";
import type { DigestView, TextView } from "./text_view.ts";

/** Where a request came from, proven by its token. */
export interface Endpoint {
  /** The source address of the packet. */
  readonly address: Address;
  /** The source port of the packet. */
  readonly port: number;
  /** Address and port as one text, the same for every form of the address. */
  readonly key: string;
  /** What counts as one address for limits: IPv4 itself, IPv6 its /64. */
  readonly prefix: string;
}

/** What a store gives back: at once, or later where it has to wait. */
export type Outcome<T> = T | Promise<T>;

/** Opens or renews a session. */
export interface OpenSession {
  readonly from: Endpoint;
  /** Knows the request again where it arrives at another index of the store. */
  readonly mark?: RequestMark;
  /** The owner's key, whose signature fits; without, the endpoint is the owner. */
  readonly key?: PublicKey;
  /** The TCP port of the owner's registrations; 0 leaves each as it is. */
  readonly port: number;
  /** The lease granted, in milliseconds. */
  readonly leaseMs: number;
  /**
   * Whether this very request was answered before. It then renews, but never
   * moves a session away from where it is now.
   */
  readonly repeated: boolean;
}

/** What became of a session. `KEYED`: it belongs to a key, and none was given. */
export type SessionResult =
  | { readonly status: "DONE"; readonly held: number }
  | { readonly status: "KEYED" | "FULL" };

/** Ends a session and drops what its owner registered. */
export interface CloseSession {
  readonly from: Endpoint;
  /** Knows the request again where it arrives at another index of the store. */
  readonly mark?: RequestMark;
  /** Whose session; without, that of whoever the endpoint acts for. */
  readonly key?: PublicKey;
}

/** What a content is, but for its digest. */
export type ContentShape = Omit<Metadata, "digest">;

/**
 * A content that is registered. Its texts and its digest are views, which last
 * until the store has answered: it takes copies of what it keeps.
 */
export interface NewContent extends ContentShape {
  readonly peer: TextView;
  readonly name: TextView;
  readonly digest: DigestView;
}

/** Registers a content for the owner that the endpoint acts for. */
export interface Register {
  readonly from: Endpoint;
  /** Knows the request again where it arrives at another index of the store. */
  readonly mark?: RequestMark;
  readonly content: NewContent;
  /** The TCP port that serves it. */
  readonly port: number;
  /** The lease of an owner that has none yet, in milliseconds. */
  readonly leaseMs: number;
  /** Whether only an owner with a key may; if not said, anybody. */
  readonly keyed?: boolean;
}

/**
 * What became of a registration. `KEYLESS` is not remembered: with a session of
 * a key the same request may be done.
 */
export type RegisterResult =
  | { readonly status: "DONE"; readonly leaseMs: number }
  | { readonly status: "TAKEN" | "FULL" }
  | { readonly status: "KEYLESS" };

/** De-registers a content of the owner that the endpoint acts for. */
export interface Deregister {
  readonly from: Endpoint;
  /** Knows the request again where it arrives at another index of the store. */
  readonly mark?: RequestMark;
  readonly peer: TextView;
  readonly name: TextView;
}

/** Searches by name, by digest, or by both. */
export interface Search {
  readonly name: TextView | undefined;
  readonly digest: DigestView | undefined;
  /** The room that the reply has for sources. */
  readonly room: number;
  /** The room that one source takes, beside the newest of all. */
  cost(source: Source, newest: Source): number;
}

/** One registration as it is now. */
export interface Registration {
  readonly peer: PeerName;
  readonly name: ContentName;
  /** Where its owner was last seen. */
  readonly address: Address;
  readonly port: number;
  /** Bytes of the content. */
  readonly size: number;
  /** When its lease runs out, in milliseconds since 1970. */
  readonly leaseEnd: number;
}

/** A registration that a search found. */
export interface Source extends Omit<Registration, "name">, ContentShape {
  /** Its name, where it was not searched for by name. */
  readonly name: ContentName | undefined;
  /** The key of its owner, where it has one. */
  readonly key: PublicKey | undefined;
}

/** What was found: at least one source. */
export interface Found {
  readonly status: "FOUND";
  /** Living sources with this digest. */
  readonly count: number;
  /** The digest of all of them, which lasts until the next call. */
  readonly digest: Digest;
  /** The newest of them. */
  readonly newest: Source;
  /** As many as have room, the newest first. */
  readonly sources: readonly Source[];
}

/**
 * What a search found. `BUSY`: so many registrations had just run out that the
 * search was given up before a living one was reached.
 */
export type SearchResult = Found | { readonly status: "NONE" | "BUSY" };

/** Asks for a page of the list, or for several. */
export interface List {
  /** Where an earlier page said to go on, all zero at first: 16 bytes. */
  readonly cursor: Uint8Array;
  /** Which registrations to show; without, all. */
  readonly filter: Filter | undefined;
  /** Takes one; `false` where it has no room, which ends the page before it. */
  readonly take: (registration: Registration) => boolean;
  /**
   * Told of a page that ended for want of room. `true` where there is another,
   * which begins with what had no room; without, there is none.
   */
  readonly turn?: (page: ListPage) => boolean;
}

/** Which registrations a list shows. */
export interface Filter {
  /** What a look at one name costs, in the units of the budget of a page. */
  readonly cost: number;
  /** Whether this one is shown. */
  matches(peer: string, name: string): boolean;
}

/** How a page of the list ended. */
export interface ListPage {
  /** `BAD_CURSOR`: the cursor is none of this store's. */
  readonly status: "DONE" | "BAD_CURSOR";
  /** Registrations that match, as far as known. */
  readonly count: number;
  /** Where to go on, all zero at the end. */
  readonly cursor: Uint8Array;
  /** Whether there is no registration at all. */
  readonly empty: boolean;
}

/** Asks for a page of the owners. */
export interface OwnerList {
  /** Where an earlier page said to go on, all zero at first: 16 bytes. */
  readonly cursor: Uint8Array;
  /** Takes one; `false` where it has no room, which ends the page before it. */
  readonly take: (owner: OwnerView) => boolean;
}

/** An owner as it is now. */
export interface OwnerView {
  /** The name in one of its registrations, where it has any. */
  readonly peer: PeerName | undefined;
  /** Where it was last seen. */
  readonly address: Address;
  /** The TCP port that its last hello gave, 0 before any did. */
  readonly port: number;
  /** How many registrations it holds. */
  readonly registrations: number;
  /** When its lease runs out, in milliseconds since 1970. */
  readonly leaseEnd: number;
  /** Its key, where it has shown one. */
  readonly key: PublicKey | undefined;
}

/** How much a store holds. */
export interface StoreCounts {
  /** Living registrations. */
  readonly registrations: number;
  /** Living owners. */
  readonly owners: number;
  /** Owners whose lease ran out since the start. */
  readonly expired: number;
}

/**
 * Keeps registrations, their owners, sessions and leases. Where it cannot at the
 * moment, any of its methods may throw, or reject with,
 * `StoreUnavailable`.
 */
export interface Store {
  /** Opens or renews a session, and the leases of all that its owner holds. */
  open(request: OpenSession, now: number): Outcome<SessionResult>;
  /**
   * Whether an endpoint acts for a key. A store that cannot say so at once has
   * no such method.
   */
  actsFor?(from: Endpoint, key: PublicKey, now: number): boolean;
  /** Ends a session. Where there is none, nothing happens. */
  close(request: CloseSession, now: number): Outcome<void>;
  /**
   * Told which names requests are about that come next, where that makes them
   * quicker to answer: the first `count` of these.
   */
  touch?(names: readonly TextView[], count: number): void;
  /** Registers a content, or renews it. */
  register(request: Register, now: number): Outcome<RegisterResult>;
  /** De-registers a content. `false` where the owner has no such one. */
  deregister(request: Deregister, now: number): Outcome<boolean>;
  /** Finds the sources of a content. */
  search(request: Search, now: number): Outcome<SearchResult>;
  /**
   * Walks over the registrations, a bounded part of them per call, however many
   * pages that are.
   *
   * @returns The last page.
   */
  list(request: List, now: number): Outcome<ListPage>;
  /** Walks over the owners, a bounded part of them per call. */
  owners(request: OwnerList, now: number): Outcome<ListPage>;
  /**
   * Frees a bounded part of what has run out. Nothing that has run out is ever
   * shown, whether it is freed or not.
   *
   * @returns Whether there is more to free.
   */
  sweep(now: number): boolean;
  /** How much it holds. */
  counts(): StoreCounts;
}

/** A store that several indexes share, so that they are one index. */
export interface SharedStore extends Store, AsyncDisposable {
  /** What the tokens of all of them are made from: 16 bytes. */
  readonly secret: Uint8Array;
  /** The time of the store in milliseconds since 1970, which does not go back. */
  clock(): number;
}

/**
 * A store that outlasts the process. What it is asked it does at once, and it
 * lasts from the next commit on.
 */
export interface DurableStore extends Store, Disposable {
  /**
   * Makes lasting what was done since the last call.
   *
   * @returns Whether it could. If not, every registration and de-registration
   * since then was undone, and until it can again they throw
   * `StoreUnavailable`.
   */
  commit(now: number): boolean;
}
