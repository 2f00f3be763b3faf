/**
 * The interactive program: the menu of the original, over a peer that serves
 * while the menu waits.
 *
 * @module
 */

import { type ContentName, contentName, quote } from "../../protocol/name.ts";
import { formatBytes, formatDuration, formatRate } from "./display.ts";
import type {
  IfExists,
  MenuDownload,
  MenuErrors,
  MenuListing,
  MenuPeer,
} from "./menu_peer.ts";
import { askPeerName } from "./menu_questions.ts";
import type { ProgressState } from "./progress.ts";
import type { Conversation } from "./terminal.ts";

/** What the menu works with. */
export interface MenuOptions {
  /** Who is asked. */
  readonly conversation: Conversation;
  readonly errors: MenuErrors;
  readonly signal: AbortSignal;
  /** Makes what is told how far a download is; nothing is told without. */
  readonly progressOf?: (name: ContentName) => (state: ProgressState) => void;
}

/** Runs the menu until Q, the end of input, or the signal. */
export async function runMenu(
  peer: MenuPeer,
  options: MenuOptions,
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
  readonly #progressOf: MenuOptions["progressOf"];

  constructor(
    peer: MenuPeer,
    { conversation, errors, signal, progressOf }: MenuOptions,
  ) {
    this.#peer = peer;
    this.#progressOf = progressOf;
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
          await this.#peer.download(name, {
            ...{ signal, ifExists },
            onProgress: this.#progressOf?.(name),
          }),
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
    const chosen = choices[number - 1];
    if (!chosen && number <= Number.MAX_SAFE_INTEGER && choices.length > 0) {
      this.#talk.say(
        `There is no number ${answer} in the list: type a name, or a number ` +
          `from 1 to ${choices.length}`,
      );
      return undefined;
    }
    return chosen?.name ?? contentName(answer);
  }

  async #ask(question: string): Promise<string | null> {
    return await this.#talk.ask(question, this.#signal);
  }
}
