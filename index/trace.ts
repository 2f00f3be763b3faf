/**
 * What an index says of the PDUs that come and go, for who watches it.
 *
 * @module
 */

import { formatEndpoint } from "../protocol/address.ts";
import { messagesOf } from "../protocol/datagram.ts";
import type { Span } from "../protocol/message.ts";
import { quote } from "../protocol/name.ts";
import { ProtocolError } from "../protocol/pdu.ts";
import { PduBuffer } from "../protocol/pdu_buffer.ts";
import { decodeReply, type Reply } from "../protocol/reply.ts";
import { decodeRequest, type Request } from "../protocol/request.ts";
import type { Exchange } from "./exchange.ts";

/** One message that came or went. */
export interface TraceEvent {
  /** Whether it came or went. */
  readonly direction: "in" | "out";
  /** The other side, `192.0.2.1:5000`. */
  readonly endpoint: string;
  /** The letter of its type, or `?` where it could not be read. */
  readonly type: string;
  /** The number that ties a reply to its request, where it could be read. */
  readonly transaction?: number;
  /** The user name in it. */
  readonly peer?: string;
  /** The content name, or the filter, in it. */
  readonly name?: string;
  /** The error that was answered. */
  readonly error?: string;
  /** The count that was answered. */
  readonly count?: number;
}

/** The messages of an exchange, in their order: what came, then what went. */
export function traceExchange(exchange: Exchange): TraceEvent[] {
  const { address, port } = exchange.sender;
  const endpoint = formatEndpoint(address, port);
  const events: TraceEvent[] = [];
  for (const span of messagesOf(exchange.request, exchange.length)) {
    events.push({ direction: "in", endpoint, ...request(exchange, span) });
  }
  for (let n = 0; n < exchange.replies.datagrams; n++) {
    const pdus = new PduBuffer(exchange.replies.datagram(n));
    for (const span of messagesOf(pdus, pdus.bytes.length)) {
      const event = reply(decodeReply(pdus, span));
      events.push({ direction: "out", endpoint, ...event });
    }
  }
  return events;
}

/** One line for people; what came from strangers is quoted. */
export function formatTrace(event: TraceEvent): string {
  const { direction, type, endpoint, peer, name, error, count } = event;
  const parts = [direction === "in" ? "<" : ">", type, endpoint];
  if (peer !== undefined) parts.push(`peer ${quote(peer)}`);
  if (name !== undefined) parts.push(`file ${quote(name)}`);
  if (error !== undefined) parts.push(error);
  if (count !== undefined) parts.push(`count ${count}`);
  return parts.join(" ");
}

type Message = Omit<TraceEvent, "direction" | "endpoint">;

function request(exchange: Exchange, span: Span): Message {
  try {
    const message = decodeRequest(exchange.request, span);
    if (message) return described(message);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  const byte = exchange.request.type(span.start);
  const letter = byte >= 0x41 && byte <= 0x5a;
  return { type: letter ? String.fromCharCode(byte) : "?" };
}

function described(message: Request): Message {
  const { type, transaction } = message;
  switch (message.type) {
    case "H":
      return { type, transaction, peer: message.peer };
    case "R":
    case "T":
      return { type, transaction, peer: message.peer, name: message.name };
    case "S":
      return {
        type,
        transaction,
        ...(message.name !== undefined && { name: message.name }),
      };
    case "O":
      return {
        type,
        transaction,
        ...(message.filter !== "" && { name: message.filter }),
      };
  }
}

function reply(message: Reply | undefined): Message {
  if (!message) return { type: "?" };
  const { type, transaction } = message;
  switch (message.type) {
    case "A":
      return { type, transaction, count: message.count };
    case "E":
      return { type, transaction, error: message.error ?? `${message.code}` };
    case "S":
    case "O":
      return { type, transaction, peer: message.peer, name: message.name };
  }
}
