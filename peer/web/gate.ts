/**
 * Who may use the page: whoever was given its one-time address, and nobody who
 * only shares the browser or the machine.
 *
 * A cookie is sent to every port of a host, so that another program on this
 * machine could be shown it. Each session therefore has a token besides, which
 * only this origin's own scripts can read and send.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { refusal } from "../../web/web_server.ts";

/** The header that carries a session's token. */
export const TOKEN_HEADER = "x-peerdex-token";

/** What the one-time address is exchanged for. */
export interface Session {
  /** The `Set-Cookie` header. */
  readonly cookie: string;
  /** What the page's scripts send as {@linkcode TOKEN_HEADER}. */
  readonly token: string;
}

/** Sessions at once, and addresses that wait for their use; the oldest goes. */
const MAX_KEPT = 8;

const SECRET_BYTES = 32;

/** Keeps the page's one-time secrets and the sessions that they opened. */
export class Gate {
  readonly #origin: string;
  readonly #cookie: string;
  readonly #random: (bytes: number) => Uint8Array;
  readonly #secrets = new Set<string>();
  readonly #tokens = new Map<string, string>();

  /**
   * Makes a gate that nobody has the address of yet.
   *
   * @param origin The page's own, `http://127.0.0.1:8080`.
   * @param random Gives as many random bytes as it is asked for.
   */
  constructor(origin: string, random: (bytes: number) => Uint8Array) {
    this.#origin = origin;
    // Cookies do not tell ports apart; two pages on one host must not collide.
    this.#cookie = `peerdex-${new URL(origin).port}`;
    this.#random = random;
  }

  /** A new address, which is good for one use. */
  newAddress(): string {
    const secret = this.#newSecret();
    this.#secrets.add(secret);
    dropOldest(this.#secrets);
    return `${this.#origin}/enter/${secret}`;
  }

  /** Exchanges a secret for a session; it is worthless from then on. */
  enter(secret: string): Session | undefined {
    if (!this.#secrets.delete(secret)) return undefined;
    const value = this.#newSecret();
    const token = this.#newSecret();
    this.#tokens.set(value, token);
    dropOldest(this.#tokens);
    const cookie =
      `${this.#cookie}=${value}; Path=/; HttpOnly; SameSite=Strict`;
    return { cookie, token };
  }

  /** Whether a request comes with a session's cookie, so that it may see the page. */
  isKnown(request: Request): boolean {
    return this.#tokenFor(request) !== undefined;
  }

  /**
   * Refuses a request to the page's interface that is not the page's own, or of
   * no session.
   *
   * @returns The refusal, or `undefined` where the request may go on.
   */
  refuse(request: Request): Response | undefined {
    const { method, headers } = request;
    const origin = headers.get("origin");
    const reads = method === "GET" || method === "HEAD";
    const isOwn = origin === null ? reads : origin === this.#origin;
    const site = headers.get("sec-fetch-site");
    if (!isOwn || (site !== null && site !== "same-origin")) {
      return refusal(403, "Only this page itself may ask");
    }
    const token = this.#tokenFor(request);
    if (
      token === undefined || !isSame(headers.get(TOKEN_HEADER) ?? "", token)
    ) {
      return refusal(401, "Open the address that the peer printed");
    }
    return undefined;
  }

  #tokenFor({ headers }: Request): string | undefined {
    for (const pair of (headers.get("cookie") ?? "").split(";")) {
      const [name, value = ""] = pair.trim().split("=", 2);
      const token = name === this.#cookie ? this.#tokens.get(value) : undefined;
      if (token !== undefined) return token;
    }
    return undefined;
  }

  #newSecret(): string {
    return this.#random(SECRET_BYTES).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  }
}

function dropOldest(kept: Set<string> | Map<string, unknown>): void {
  for (const key of kept.keys()) {
    if (kept.size <= MAX_KEPT) return;
    kept.delete(key);
  }
}

function isSame(a: string, b: string): boolean {
  const encoder = new TextEncoder();
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
