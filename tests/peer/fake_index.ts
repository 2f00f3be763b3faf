/**
 * A small index for tests of its clients: it keeps to the protocol, forgets when
 * it is told to, and refuses what a test wants refused.
 *
 * @module
 */

import { parseAddress } from "../../protocol/address.ts";
import { messagesOf } from "../../protocol/datagram.ts";
import type { ErrorFields } from "../../protocol/error_reply.ts";
import { encodeError } from "../../protocol/error_reply.ts";
import { DATAGRAM_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import {
  type AckFields,
  encodeAck,
  encodeRecord,
} from "../../protocol/reply.ts";
import {
  decodeRequest,
  type RegisterRequest,
  type Request,
} from "../../protocol/request.ts";

/** What a test may say to a request: an error, silence, or nothing special. */
export type Verdict = Omit<ErrorFields, "transaction"> | "silence" | undefined;

/** A registration that the fake holds. */
export interface FakeRegistration {
  readonly owner: string;
  readonly request: RegisterRequest;
}

/** An index in memory. */
export class FakeIndex {
  /** Registrations by `peer/name`. */
  readonly registrations = new Map<string, FakeRegistration>();
  /** Every request that came, in order. */
  readonly requests: Request[] = [];
  /** Datagrams that came, by how many messages they held. */
  readonly datagrams: number[] = [];
  /** How long leases are, in seconds. */
  lease = 300;
  /** Asked before a request is handled. */
  judge: (request: Request) => Verdict = () => undefined;
  /** Added to the count that a hello is told. */
  miscount = 0;
  #token = 1n;
  readonly #owners = new Map<string, string>();
  readonly #answers = new Map<string, Uint8Array>();

  /** The names registered, as `peer/name`, in order. */
  get names(): string[] {
    return [...this.registrations.keys()].sort();
  }

  /** How many requests of a type came. */
  count(type: Request["type"]): number {
    return this.requests.filter((request) => request.type === type).length;
  }

  /** Makes every token that was given worthless. */
  expireTokens(): void {
    this.#token++;
  }

  /** Does what a kill and a new start do: all is forgotten. */
  restart(): void {
    this.expireTokens();
    this.#owners.clear();
    this.#answers.clear();
    this.registrations.clear();
  }

  /** Answers a datagram: one datagram for each request, at most. */
  handle(datagram: Uint8Array, from: string): Uint8Array[] {
    const pdus = new PduBuffer(datagram);
    const replies: Uint8Array[] = [];
    let messages = 0;
    for (const span of messagesOf(pdus, datagram.length)) {
      messages++;
      const request = decodeRequest(pdus, span);
      if (!request) throw new Error("The client sent what no index is asked");
      this.requests.push(request);
      const reply = this.#answer(request, from);
      if (reply) replies.push(reply);
    }
    this.datagrams.push(messages);
    return replies;
  }

  #answer(request: Request, from: string): Uint8Array | undefined {
    const verdict = this.judge(request);
    if (verdict === "silence") return undefined;
    if (request.token !== this.#token) {
      return refuse(request, { error: "TOKEN", token: this.#token });
    }
    if (verdict) return refuse(request, verdict);
    const mark = `${from} ${request.transaction}`;
    const known = this.#answers.get(mark);
    if (known) return known;
    const reply = this.#do(request, from);
    if (request.type === "R" || request.type === "T" || request.type === "H") {
      this.#answers.set(mark, reply);
    }
    return reply;
  }

  #do(request: Request, from: string): Uint8Array {
    const owner = this.#owners.get(from) ?? from;
    switch (request.type) {
      case "H":
        return this.#hello(request, from);
      case "R": {
        const key = `${request.peer}/${request.name}`;
        const known = this.registrations.get(key);
        if (known && known.owner !== owner) {
          return refuse(request, { error: "NAME_TAKEN" });
        }
        this.registrations.set(key, { owner, request });
        return this.#ack(request, {});
      }
      case "T": {
        const key = `${request.peer}/${request.name}`;
        if (this.registrations.get(key)?.owner !== owner) {
          return refuse(request, { error: "NOT_FOUND" });
        }
        this.registrations.delete(key);
        return this.#ack(request, {});
      }
      case "S":
        return this.#search(request);
      case "O":
        return this.#list(request);
    }
  }

  #hello(request: Request & { type: "H" }, from: string): Uint8Array {
    const owner = request.signed ? request.signed.key.toHex() : from;
    this.#owners.set(from, owner);
    const held = () =>
      [...this.registrations].filter(([, { owner: of }]) => of === owner);
    if (request.goodbye) {
      for (const [key] of held()) this.registrations.delete(key);
      this.#owners.delete(from);
    }
    return this.#ack(request, { count: held().length + this.miscount });
  }

  #search(request: Request & { type: "S" }): Uint8Array {
    const found = [...this.registrations.values()].filter((
      { request: { name } },
    ) => name === request.name);
    if (found.length === 0) {
      return refuse(request, {
        error: "NOT_FOUND",
        text: "File Request does not exist",
      });
    }
    const { metadata } = found.at(-1)!.request;
    return this.#ack(request, { count: found.length, metadata }, (pdus, at) => {
      let end = at;
      for (const { request: { peer, name, port } } of found) {
        end = encodeRecord(pdus, end, {
          type: "S",
          transaction: request.transaction,
          size: metadata.size,
          port,
          peer,
          name,
        });
      }
      return end;
    });
  }

  #list(request: Request & { type: "O" }): Uint8Array {
    const all = [...this.registrations.values()];
    const start = request.cursor[15]! * 2;
    const page = all.slice(start, start + 2);
    const cursor = new Uint8Array(16);
    if (start + 2 < all.length) cursor[15] = start / 2 + 1;
    const fields = { count: all.length, cursor };
    return this.#ack(request, fields, (pdus, at) => {
      let end = at;
      for (const { request: { peer, name, port, metadata } } of page) {
        end = encodeRecord(pdus, end, {
          type: "O",
          transaction: request.transaction,
          size: metadata.size,
          address: parseAddress("192.0.2.7")!,
          port,
          peer,
          name,
        });
      }
      return end;
    });
  }

  #ack(
    { type, transaction }: Request,
    fields: Omit<AckFields, "transaction">,
    more: (pdus: PduBuffer, at: number) => number = (_, at) => at,
  ): Uint8Array {
    const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
    const lease = type === "H" || type === "R" ? this.lease : 0;
    const ack = { transaction, lease, token: this.#token, ...fields };
    const end = more(pdus, encodeAck(pdus, 0, ack));
    return pdus.bytes.slice(0, end);
  }
}

/** An `E` for a request. */
export function refuse(
  { transaction }: Pick<Request, "transaction">,
  fields: Omit<ErrorFields, "transaction">,
): Uint8Array {
  const pdus = new PduBuffer(new Uint8Array(DATAGRAM_BYTES));
  return pdus.bytes.slice(0, encodeError(pdus, 0, { transaction, ...fields }));
}
