/**
 * Who may register at an index, and search it where it is private.
 *
 * Nothing is kept of who has proven a key. An `H` that is signed with a listed
 * key is answered with a token of its own kind, which no other request gets and
 * which only its endpoint can use; it is made from the list, so that with every
 * change of the list everybody proves a key anew.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { PublicKey } from "../protocol/key.ts";
import type { RequestType } from "./counters.ts";
import type { Sender } from "./sender.ts";
import { TokenMint } from "./token.ts";

/** The keys of an index's members. */
export class Members {
  /** Whether who is no member may not even search and list. */
  readonly isPrivate: boolean;
  #keys: ReadonlySet<string> = new Set();
  #edition: readonly string[] = [];

  /** A list of these keys, or of nobody yet. */
  constructor(
    keys: Iterable<PublicKey> = [],
    { isPrivate = false }: { readonly isPrivate?: boolean } = {},
  ) {
    this.isPrivate = isPrivate;
    this.replace(keys);
  }

  /** How many there are. */
  get size(): number {
    return this.#keys.size;
  }

  /** All keys in one order: another array after each change. */
  get edition(): readonly string[] {
    return this.#edition;
  }

  /** Puts another list in the place of this one, from the next request on. */
  replace(keys: Iterable<PublicKey>): void {
    this.#keys = new Set(Array.from(keys, (key) => key.toHex()));
    this.#edition = [...this.#keys].sort();
  }

  /** Whether a key is listed. */
  has(key: PublicKey): boolean {
    return this.#keys.has(key.toHex());
  }
}

/** Tells members from others by their tokens. */
export class Membership {
  readonly #members: Members;
  readonly #secret: Uint8Array;
  #edition: readonly string[] | undefined;
  #mint!: TokenMint;

  /** @param secret 16 random bytes, the same at every index of a registry. */
  constructor(members: Members, secret: Uint8Array) {
    this.#members = members;
    this.#secret = secret;
  }

  /** Whether a key is listed. */
  has(key: PublicKey): boolean {
    return this.#members.has(key);
  }

  /** Whether a request is for members only. An `H` is, but proves it itself. */
  covers(type: RequestType): boolean {
    return type === "R" || type === "T" ||
      this.#members.isPrivate && (type === "S" || type === "O");
  }

  /** The token of a member at this endpoint. */
  token({ address, port }: Sender, now: number): bigint {
    return this.#current().token(address, port, { now });
  }

  /** Whether a token is that of a member at this endpoint. */
  fits(token: bigint, { address, port }: Sender, now: number): boolean {
    const mint = this.#current();
    return token === mint.token(address, port, { now }) ||
      token === mint.token(address, port, { now, age: 1 });
  }

  #current(): TokenMint {
    const { edition } = this.#members;
    if (edition !== this.#edition) {
      const hash = createHash("sha256").update("members").update(this.#secret);
      for (const key of edition) hash.update(key);
      this.#mint = new TokenMint(new Uint8Array(hash.digest().subarray(0, 16)));
      this.#edition = edition;
    }
    return this.#mint;
  }
}
