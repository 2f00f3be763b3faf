/**
 * What a datagram from the index holds: whole answers, each a head and the
 * records that follow it.
 *
 * @module
 */

import { isDatagramLength, messagesOf } from "../protocol/datagram.ts";
import type { ErrorReply } from "../protocol/error_reply.ts";
import type { Span } from "../protocol/message.ts";
import { ProtocolError } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";
import {
  type Ack,
  decodeReply,
  type RecordReply,
  type Reply,
} from "../protocol/reply.ts";

/** One answer. */
export interface ReplyGroup {
  readonly head: Ack | ErrorReply;
  readonly records: readonly RecordReply[];
}

/** What arrived and was thrown away. */
export interface DroppedReplies {
  /** Datagrams or messages that could not be read. */
  malformed: number;
  /** Messages that answer nothing that is waited for. */
  unmatched: number;
}

/**
 * Reads a datagram from the index. What cannot be read is counted and left out,
 * so that one bad message spoils no other.
 */
export function replyGroups(
  bytes: Uint8Array,
  dropped: DroppedReplies,
): ReplyGroup[] {
  if (!isDatagramLength(bytes.length)) {
    dropped.malformed++;
    return [];
  }
  const pdus = new PduBuffer(bytes);
  const groups: { head: Ack | ErrorReply; records: RecordReply[] }[] = [];
  for (const span of messagesOf(pdus, bytes.length)) {
    const reply = decode(pdus, span);
    if (!reply) {
      dropped.malformed++;
    } else if (reply.type === "A" || reply.type === "E") {
      groups.push({ head: reply, records: [] });
    } else {
      const group = groups.at(-1);
      if (group?.head.transaction === reply.transaction) {
        group.records.push(reply);
      } else dropped.unmatched++;
    }
  }
  return groups;
}

function decode(pdus: PduBuffer, span: Span): Reply | undefined {
  try {
    return decodeReply(pdus, span);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
