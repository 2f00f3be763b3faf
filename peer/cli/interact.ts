/**
 * `peer` without a command: asks who the user is, then shows the menu.
 *
 * @module
 */

import { describeError, isAddressInUse } from "./describe_error.ts";
import { FileExistsError } from "../errors.ts";
import { IndexError } from "../index_error.ts";
import { runMenu } from "./menu.ts";
import { askPeerName, askPort } from "./menu_questions.ts";
import { openPeer } from "./open_peer.ts";
import type { Peer } from "../peer.ts";
import { Progress } from "./progress.ts";
import type { Settings } from "./settings.ts";
import { type Conversation, Terminal } from "./terminal.ts";

/** Runs the interactive program. */
export async function interact(
  settings: Settings,
  { askPort }: { askPort: boolean },
): Promise<void> {
  const { output } = settings;
  const terminal = new Terminal(Deno.stdin.readable, (text) => {
    output.clear();
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  });
  const peer = await openFor(settings, terminal, askPort);
  if (!peer) {
    terminal.say("Nothing was started");
    return;
  }
  try {
    await runMenu(peer, {
      conversation: terminal,
      signal: settings.signal,
      progressOf: (name) => {
        const progress = new Progress(name, output);
        return (state) => progress.update(state);
      },
      errors: {
        isNameTaken: (error) =>
          error instanceof IndexError && error.error === "NAME_TAKEN",
        isFileExists: (error) => error instanceof FileExistsError,
        describe: describeError,
      },
    });
  } finally {
    await peer[Symbol.asyncDispose]();
    terminal.say("Client Session Terminated");
  }
}

async function openFor(
  settings: Settings,
  conversation: Conversation,
  ask: boolean,
): Promise<Peer | undefined> {
  const { signal } = settings;
  const name = settings.name ?? await askPeerName(conversation, signal);
  if (name === undefined) return undefined;
  for (;;) {
    const port = ask ? await askPort(conversation, signal) : settings.port;
    if (port === undefined) return undefined;
    try {
      return await openPeer({ ...settings, name, port });
    } catch (error) {
      if (!ask || !isAddressInUse(error)) throw error;
      conversation.say(describeError(error));
    }
  }
}
