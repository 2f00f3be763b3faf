/**
 * Requests as scripts read them.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type { RequestMark } from "../reply_memory.ts";
import type {
  CloseSession,
  ContentShape,
  Deregister,
  Endpoint,
  OpenSession,
  Register,
  Search,
} from "../store.ts";
import { BlobWriter } from "./blob_writer.ts";
import type { RedisArgument } from "./redis_client.ts";
import { CHANGE_KIND } from "./write_scripts.ts";

const EMPTY = new Uint8Array(0);
const NUL = new Uint8Array(1);
const PARTIAL = 1;

/** Bytes of a packed shape: size 8, piece size 1, flags 1, time 8. */
export const SHAPE_BYTES = 18;

/** How a search is to be done. */
export interface SearchPlan {
  /** The age of the source that was shown last, or 0. */
  readonly turn: number;
  /** Sources to give at most. */
  readonly wanted: number;
  /** Whether to say how often each was handed out. */
  readonly withUses: boolean;
}

/** Which owners to show. */
export interface OwnerRange {
  /** The number that they come behind. */
  readonly after: number;
  /** How many of them to look at. */
  readonly most: number;
}

/** Packs one request after the other. */
export class RequestPacker {
  readonly #writer = new BlobWriter();
  readonly #callerTime: boolean;

  /** @param callerTime Whether scripts are to use the time that is given. */
  constructor(callerTime: boolean) {
    this.#callerTime = callerTime;
  }

  /** The time alone. */
  time(now: number): RedisArgument {
    return this.#start(now).take();
  }

  /** Asks for owners behind a number, so many of them. */
  owners({ after, most }: OwnerRange, now: number): RedisArgument {
    return this.#start(now).count(after).u16(most).take();
  }

  /** What a new registry is made with: its secret, then its epoch. */
  join(fresh: Uint8Array): RedisArgument {
    return this.#writer.clear().count(0).raw(fresh).take();
  }

  /** Whole numbers that scripts keep to. */
  limits(limits: readonly number[]): RedisArgument {
    this.#writer.clear();
    for (const limit of limits) this.#writer.count(limit);
    return this.#writer.take();
  }

  /** Opens a session. */
  open(request: OpenSession, now: number): RedisArgument {
    return this.#change(CHANGE_KIND.OPEN, request, { now }).text(
      request.key ?? EMPTY,
    )
      .u16(request.port).u32(request.leaseMs).u8(request.repeated ? 1 : 0)
      .take();
  }

  /** Ends a session. */
  close(request: CloseSession, now: number): RedisArgument {
    return this.#change(CHANGE_KIND.CLOSE, request, { now })
      .text(request.key ?? EMPTY).take();
  }

  /** Registers. */
  register(request: Register, now: number): RedisArgument {
    const { content, port, leaseMs, keyed } = request;
    const writer = this.#change(CHANGE_KIND.REGISTER, request, { now })
      .joined(content.peer.subarray(), NUL, content.name.subarray())
      .u16(port).u32(leaseMs).u8(keyed ? 1 : 0)
      .raw(content.digest.subarray());
    return writeShape(writer, content).take();
  }

  /** De-registers. */
  deregister(request: Deregister, now: number): RedisArgument {
    const { peer, name } = request;
    return this.#change(CHANGE_KIND.DEREGISTER, request, { now })
      .joined(peer.subarray(), NUL, name.subarray()).take();
  }

  /** Searches. */
  search(
    { name, digest }: Search,
    { turn, wanted, withUses, now }: SearchPlan & { readonly now: number },
  ): RedisArgument {
    return this.#start(now).u16(wanted).count(turn).u8(withUses ? 1 : 0)
      .text(name?.subarray() ?? EMPTY).text(digest?.subarray() ?? EMPTY).take();
  }

  #start(now: number): BlobWriter {
    return this.#writer.clear().count(this.#callerTime ? Math.floor(now) : 0);
  }

  #change(
    kind: number,
    { mark, from }: {
      readonly mark?: RequestMark | undefined;
      readonly from: Endpoint;
    },
    { now }: { readonly now: number },
  ): BlobWriter {
    return this.#start(now).u8(kind)
      .u32(mark?.senderHigh ?? 0).u32(mark?.senderLow ?? 0)
      .u32(mark?.transaction ?? 0).u32(mark?.content ?? 0)
      .raw(from.address).ascii(from.key).ascii(from.prefix);
  }
}

function writeShape(writer: BlobWriter, shape: ContentShape): BlobWriter {
  return writer.count(shape.size).u8(shape.exponent)
    .u8(shape.partial ? PARTIAL : 0).count(shape.modified);
}

/** Reads a packed shape. */
export function readShape(bytes: Buffer, at = 0): ContentShape {
  return {
    size: readCount(bytes, at),
    exponent: bytes[at + 8]!,
    modified: readCount(bytes, at + 10),
    partial: (bytes[at + 9]! & PARTIAL) !== 0,
  };
}

/** Reads a whole number of eight bytes, up to 2^53. */
export function readCount(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
