/**
 * What is asked before the menu: who, and where.
 *
 * @module
 */

import {
  NameError,
  type PeerName,
  peerName,
  quote,
} from "../../protocol/name.ts";
import type { Conversation } from "./terminal.ts";

/**
 * Asks for a user name until it gets one that can be used.
 *
 * @returns The name, or `undefined` where the answer is empty or input ended.
 */
export async function askPeerName(
  conversation: Conversation,
  signal?: AbortSignal,
): Promise<PeerName | undefined> {
  for (;;) {
    const answer = await conversation.ask(
      "Please enter preferred username: ",
      signal,
    );
    if (!answer) return undefined;
    try {
      return peerName(answer);
    } catch (error) {
      if (!(error instanceof NameError)) throw error;
      conversation.say(error.message);
    }
  }
}

/**
 * Asks for the port of the content server until it gets one that can be used.
 *
 * @returns The port, 0 for any, or `undefined` where input ended.
 */
export async function askPort(
  conversation: Conversation,
  signal?: AbortSignal,
): Promise<number | undefined> {
  for (;;) {
    const answer = await conversation.ask(
      "Please enter listening port number for the P2P server: ",
      signal,
    );
    if (answer === null) return undefined;
    const port = answer === "" ? 0 : Number(answer);
    if (/^\d*$/.test(answer) && port <= 65_535) return port;
    conversation.say(
      `Cannot use ${quote(answer)} as a port: expected a number from 0 ` +
        "(any free one) to 65535",
    );
  }
}
