/**
 * One datagram that arrived, and what it is answered.
 *
 * @module
 */

import type { Address } from "../protocol/address.ts";
import { encodeError, type ErrorFields } from "../protocol/error_reply.ts";
import type { Transaction } from "../protocol/message.ts";
import { DATAGRAM_BYTES } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";
import { encodeAck } from "../protocol/reply.ts";
import type { Counters } from "./counters.ts";
import { ReplyWriter } from "./reply_writer.ts";
import { RequestView } from "./request_view.ts";
import type { Sender } from "./sender.ts";

/** What an `A` says besides what every `A` of an exchange does. */
export interface AckContent {
  readonly transaction: Transaction;
  /** In the place of the sender's. */
  readonly address?: Address;
  /** In seconds. */
  readonly lease?: number;
  readonly count?: number;
  readonly cursor?: Uint8Array;
  readonly text?: string;
}

/**
 * Room for a datagram and its replies, used again for the next one.
 *
 * The room for the datagram is longer than any of ours, so that one that a
 * socket had to cut is seen to be too long.
 */
export class Exchange {
  /** What arrived. */
  readonly request: PduBuffer = new PduBuffer(
    new Uint8Array(DATAGRAM_BYTES + 1),
  );
  /** The request that is being answered, where it is an `R`, a `T` or an `S`. */
  readonly message: RequestView = new RequestView();
  /** What goes back. */
  readonly replies: ReplyWriter = new ReplyWriter();
  /** Where what is answered is counted. */
  readonly counters: Counters;
  /** How many bytes arrived. */
  length = 0;
  /** What the next `A` carries in the place of the sender's token, if not 0. */
  memberToken = 0n;
  #sender: Sender | undefined;

  constructor(counters: Counters) {
    this.counters = counters;
  }

  /** Who sent it. */
  get sender(): Sender {
    return this.#sender!;
  }

  /**
   * Starts over: `length` bytes have arrived from `sender`. Replies that wait
   * stay, and have to be for the same one.
   */
  begin(sender: Sender, length: number): void {
    this.#sender = sender;
    this.length = length;
  }

  /** Writes an `E`. */
  refuse(error: ErrorFields): void {
    const { replies, counters } = this;
    counters.errors[error.error] = (counters.errors[error.error] ?? 0) + 1;
    replies.commit(encodeError(replies.pdus, replies.end, error));
  }

  /** Writes an `A`. */
  acknowledge(ack: AckContent): void {
    this.replies.commit(this.encodeAck(this.replies.end, ack));
  }

  /**
   * Writes an `A` without committing it: what follows it belongs to it.
   *
   * @returns Where it ends.
   */
  encodeAck(at: number, ack: AckContent): number {
    this.counters.acknowledged++;
    const { address, port, token } = this.sender;
    const { memberToken } = this;
    const fields = {
      transaction: ack.transaction,
      token: memberToken === 0n ? token : memberToken,
      address: ack.address ?? address,
      port,
      lease: ack.lease ?? 0,
      count: ack.count ?? 0,
      text: ack.text ?? "",
    };
    const { cursor } = ack;
    // Most have none, and need not be asked to clear what is clear.
    return encodeAck(
      this.replies.pdus,
      at,
      cursor ? { ...fields, cursor } : fields,
    );
  }
}
