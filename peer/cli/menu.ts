/**
 * The interactive program: the menu of the original, over a peer that serves
 * while the menu waits.
 *
 * @module
 */

import {
  type ContentName,
  contentName,
  NameError,
  type PeerName,
  peerName,
  quote,
} from "../../protocol/name.ts";
import { formatBytes, formatDuration, formatRate } from "./display.ts";
import type { Conversation } from "./terminal.ts";

/** One registration that is on line. */
export interface MenuListing {
  readonly peer: PeerName;
  readonly name: ContentName;
  /** In bytes. */
  readonly size: number;
}

/** One file of the shared folder. */
export interface MenuFile {
  readonly name: ContentName;
  /** In bytes. */
  readonly size: number;
}

/** One registration of this peer's own. */
export interface MenuRegistration {
  readonly name: ContentName;
  /** The user name that it was made under. */
  readonly peer: PeerName;
}

/** What became of a download. */
export interface MenuDownload {
  readonly name: ContentName;
  /** Where the file is now. */
  readonly path: string;
  /** What it is; its size in bytes. */
  readonly metadata: { readonly size: number };
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
  /** How it came to be there: fetched, there already, or another file was left. */
  readonly outcome: "fetched" | "present" | "skipped";
  /** Why the file could not be registered afterwards, if it could not. */
  readonly notRegistered?: Error;
}

/** What to do with a file that is in the way of a download. */
export type IfExists = "fail" | "overwrite" | "rename";

/** What the menu needs of a peer. */
export interface MenuPeer {
  /** The user name that the next registration is made under. */
  readonly name: PeerName;
  /** Takes another user name from now on. */
  rename(name: PeerName): void;
  /** Everything that is on line. */
  online(options: { signal: AbortSignal }): AsyncIterable<MenuListing>;
  /** The files of the shared folder. */
  files(): Promise<readonly MenuFile[]>;
  /** What this peer has registered. */
  registrations(): readonly MenuRegistration[];
  /** Registers a file of the shared folder. */
  register(name: ContentName, options: { signal: AbortSignal }): Promise<void>;
  /** De-registers what was registered, under the name that it was made under. */
  deregister(
    name: ContentName,
    options: { signal: AbortSignal },
  ): Promise<void>;
  /** Downloads a content into the shared folder and registers it. */
  download(
    name: ContentName,
    options: { signal: AbortSignal; ifExists: IfExists },
  ): Promise<MenuDownload>;
}

/** How the menu tells errors apart that it has an answer to. */
export interface MenuErrors {
  /** Another peer holds this registration: a different user name is needed. */
  isNameTaken(error: unknown): boolean;
  /** A file is in the way. */
  isFileExists(error: unknown): boolean;
  /** Writes an error as one paragraph. */
  describe(error: unknown): string;
}

/** Runs the menu until Q, the end of input, or the signal. */
export async function runMenu(
  peer: MenuPeer,
  options: {
    conversation: Conversation;
    errors: MenuErrors;
    signal: AbortSignal;
  },
): Promise<void> {
  const menu = new Menu(peer, options);
  while (await menu.turn());
}

const CHOICES = [
  "[O] Get online list",
  "[L] List local files",
  "[R] Register a file",
  "[T] De-register a file",
  "[Q] Quit the program",
];

class Menu {
  readonly #peer: MenuPeer;
  readonly #talk: Conversation;
  readonly #errors: MenuErrors;
  readonly #signal: AbortSignal;

  constructor(
    peer: MenuPeer,
    { conversation, errors, signal }: {
      conversation: Conversation;
      errors: MenuErrors;
      signal: AbortSignal;
    },
  ) {
    this.#peer = peer;
    this.#talk = conversation;
    this.#errors = errors;
    this.#signal = signal;
  }

  /** Offers the choices once. Returns whether to go on. */
  async turn(): Promise<boolean> {
    this.#talk.say("");
    for (const choice of CHOICES) this.#talk.say(choice);
    const answer = await this.#ask("Please choose: ");
    if (answer === null) return false;
    const letter = answer.toUpperCase();
    try {
      switch (letter) {
        case "O":
          await this.#online();
          break;
        case "L":
          await this.#local();
          break;
        case "R":
          await this.#register();
          break;
        case "T":
          await this.#deregister();
          break;
        case "Q":
          return false;
        case "":
          break;
        default:
          this.#talk.say(
            `There is no choice ${quote(answer)}: type O, L, R, T or Q`,
          );
      }
    } catch (error) {
      if (this.#signal.aborted) throw error;
      this.#talk.say(this.#errors.describe(error));
    }
    return true;
  }

  async #online(): Promise<void> {
    const listings: MenuListing[] = [];
    for await (const listing of this.#peer.online({ signal: this.#signal })) {
      listings.push(listing);
      this.#talk.say(
        `${listings.length}) User: ${listing.peer} file: ${listing.name} ` +
          `(${formatBytes(listing.size)})`,
      );
    }
    if (listings.length === 0) {
      this.#talk.say("List Empty");
      return;
    }
    const name = await this.#askName(
      "What file do you want to download? ",
      listings,
    );
    if (name) await this.#download(name);
  }

  async #download(name: ContentName): Promise<void> {
    let ifExists: IfExists = "fail";
    for (;;) {
      try {
        this.#talk.say(`Downloading ${name} ...`);
        const signal = this.#signal;
        this.#sayDownloaded(
          await this.#peer.download(name, { signal, ifExists }),
        );
        return;
      } catch (error) {
        if (ifExists !== "fail" || !this.#errors.isFileExists(error)) {
          throw error;
        }
        this.#talk.say(this.#errors.describe(error));
        const answer = await this.#ask(
          "[O] Overwrite it, [K] Keep both, or nothing to go back: ",
        );
        const letter = answer?.toUpperCase();
        if (letter !== "O" && letter !== "K") return;
        ifExists = letter === "O" ? "overwrite" : "rename";
      }
    }
  }

  #sayDownloaded(done: MenuDownload): void {
    const { size } = done.metadata;
    if (done.outcome !== "fetched") {
      this.#talk.say(`${done.path} is that file already`);
    } else {
      const rate = formatRate(size / Math.max(done.elapsedMs, 1) * 1000);
      this.#talk.say(
        `Downloaded ${done.name}: ${formatBytes(size)} in ` +
          `${formatDuration(done.elapsedMs)} (${rate}), every byte verified, ` +
          `saved as ${done.path}`,
      );
    }
    if (done.notRegistered) {
      this.#talk.say(this.#errors.describe(done.notRegistered));
    } else {
      this.#talk.say(`Registered ${done.name} as ${this.#peer.name}`);
    }
  }

  async #local(): Promise<void> {
    const files = await this.#peer.files();
    const registered = new Map(
      this.#peer.registrations().map(({ name, peer }) => [name, peer]),
    );
    if (files.length === 0) this.#talk.say("There are no local files");
    for (const [i, file] of files.entries()) {
      const peer = registered.get(file.name);
      const note = peer === undefined ? "" : `, registered as ${peer}`;
      this.#talk.say(
        `${i + 1}) ${file.name} (${formatBytes(file.size)}${note})`,
      );
    }
  }

  async #register(): Promise<void> {
    const files = await this.#peer.files();
    const name = await this.#askName(
      "What file do you want to register? ",
      files,
    );
    if (!name) return;
    for (;;) {
      try {
        await this.#peer.register(name, { signal: this.#signal });
        this.#talk.say(`Registered ${name} as ${this.#peer.name}`);
        return;
      } catch (error) {
        if (!this.#errors.isNameTaken(error)) throw error;
        this.#talk.say(this.#errors.describe(error));
        const other = await askPeerName(this.#talk, this.#signal);
        if (other === undefined) return;
        this.#peer.rename(other);
      }
    }
  }

  async #deregister(): Promise<void> {
    const registrations = this.#peer.registrations();
    for (const [i, { name, peer }] of registrations.entries()) {
      this.#talk.say(`${i + 1}) ${name}, registered as ${peer}`);
    }
    const name = await this.#askName(
      "What file do you want to de-register? ",
      registrations,
    );
    if (!name) return;
    await this.#peer.deregister(name, { signal: this.#signal });
    this.#talk.say(`De-registered ${name}`);
  }

  /** Asks for one of several names, by itself or by its number. */
  async #askName(
    question: string,
    choices: readonly { readonly name: ContentName }[],
  ): Promise<ContentName | undefined> {
    const answer = await this.#ask(question);
    if (!answer) return undefined;
    const exact = choices.find(({ name }) => name === answer.normalize("NFC"));
    if (exact) return exact.name;
    const number = /^\d+$/.test(answer) ? Number(answer) : NaN;
    return choices[number - 1]?.name ?? contentName(answer);
  }

  async #ask(question: string): Promise<string | null> {
    return await this.#talk.ask(question, this.#signal);
  }
}

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
