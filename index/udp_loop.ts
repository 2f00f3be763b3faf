/**
 * Datagrams from a socket to the directory and its replies back: nothing that
 * arrives ends this loop.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { isDatagramLength } from "../protocol/datagram.ts";
import type { Counters } from "./counters.ts";
import type { Directory } from "./directory.ts";
import { Exchange } from "./exchange.ts";
import { HeldReplies } from "./held_replies.ts";
import { PendingReplies } from "./pending_replies.ts";
import { SenderTable } from "./sender.ts";

/** What the loop needs. */
export interface UdpLoopOptions {
  readonly socket: Deno.DatagramConn;
  readonly directory: Directory;
  readonly counters: Counters;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /**
   * Makes lasting what the directory did since the last call, before it is
   * acknowledged; without, replies go out at once.
   *
   * @returns Whether it could. If not, nothing of it was done.
   */
  readonly commit?: (() => boolean) | undefined;
  /** Told of every datagram that was answered, before its replies go out. */
  readonly trace?: ((exchange: Exchange) => void) | undefined;
  /** Told of a fault in the index itself, after which it goes on. */
  readonly fault: (error: unknown) => void;
}

/** What no datagram starts with, since no PDU has such a type. */
const NOTHING = 0;

/** Serves until the socket is closed. */
export async function serveUdp(options: UdpLoopOptions): Promise<void> {
  const { socket, directory, counters, clock, commit } = options;
  const senders = new SenderTable();
  const makeExchange = () => new Exchange(counters);
  const held = commit && new HeldReplies({
    makeExchange,
    commit,
    redo: (exchange) => {
      try {
        directory.receive(exchange, clock());
      } catch (error) {
        options.fault(error);
      }
    },
    send: (exchange) => sendReplies(exchange, options),
  });
  const waiting = new PendingReplies({
    makeExchange,
    send: (exchange) => sendReplies(exchange, options),
    fault: options.fault,
  });
  let exchange = makeExchange();
  for (;;) {
    const { replies, request: { bytes } } = exchange;
    bytes[0] = NOTHING;
    const receiving = socket.receive(bytes);
    // What had arrived already is in the buffer by now. Then the replies wait for
    // the next, which may go to the same sender: a datagram that takes them all
    // costs little more than one of them. For what is still to come, none waits.
    const hasMore = bytes[0] as number !== NOTHING;
    const sending = replies.datagrams > 0 && !(hasMore && replies.hasRoom)
      ? sendReplies(exchange, options)
      : undefined;
    let from: Deno.NetAddr;
    let length: number;
    try {
      const received = await receiving;
      length = received[0].length;
      from = received[1] as Deno.NetAddr;
    } catch (error) {
      if (isClosed(error)) return held ? held.end() : waiting.end();
      // Windows tells of an unreachable receiver of an earlier reply here. Where
      // it fails again and again, everything else still has its turn.
      counters.receiveFailures++;
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    } finally {
      if (sending) await sending;
    }
    counters.datagrams++;
    const isOurs = isDatagramLength(length);
    const sender = isOurs
      ? senders.sender(from.hostname, from.port)
      : undefined;
    if (replies.datagrams > 0 && sender !== exchange.sender) {
      await sendReplies(exchange, options);
    }
    if (!sender) {
      counters.dropped[isOurs ? "source" : "length"]++;
      continue;
    }
    exchange.begin(sender, length);
    try {
      const pending = directory.receive(exchange, clock());
      if (pending) {
        const next = waiting.hold(exchange, pending);
        exchange = next instanceof Promise ? await next : next;
        continue;
      }
    } catch (error) {
      // What it had answered by then is kept and sent as ever.
      options.fault(error);
    }
    if (held) {
      const next = held.hold(exchange);
      exchange = next instanceof Promise ? await next : next;
    } else if (options.trace) await sendReplies(exchange, options);
  }
}

async function sendReplies(
  exchange: Exchange,
  { socket, counters, trace, fault }: UdpLoopOptions,
): Promise<void> {
  try {
    trace?.(exchange);
  } catch (error) {
    fault(error);
  }
  const { replies, sender } = exchange;
  for (let n = 0; n < replies.datagrams; n++) {
    try {
      await socket.send(replies.datagram(n), sender.to);
      counters.sent++;
    } catch (error) {
      // Where it is closed, the loop sees that for itself.
      if (!isClosed(error)) counters.sendFailures++;
    }
  }
  replies.clear();
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}
