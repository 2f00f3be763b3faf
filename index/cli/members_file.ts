/**
 * The file that lists the members of an index: read at the start, and again
 * whenever it changes or the index is sent SIGHUP.
 *
 * @module
 */

import { PUBLIC_KEY_BYTES, type PublicKey } from "../../protocol/key.ts";
import { quote } from "../../protocol/name.ts";
import type { Members } from "../members.ts";

/** The longest file that is read: some 100,000 members with their names. */
const MAX_BYTES = 8 * 1024 * 1024;

/** What is told of the file. */
export interface MembersFileOptions {
  /** Told when a changed list counts. */
  readonly onChange: () => void;
  /** Told when the file cannot be used; the list before goes on counting. */
  readonly onFault: (error: Error) => void;
  /** How often the file is looked at, in milliseconds: each second if not said. */
  readonly lookMs?: number;
}

/**
 * Reads a list: a key on a line, in 64 hexadecimal digits, and behind it what
 * the operator wants to know it by. What follows a `#` is for people.
 *
 * @throws {Error} Where a line is none of these, saying which.
 */
export function parseMembers(text: string): PublicKey[] {
  const keys: PublicKey[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const [digits] = line.replace(/#.*/, "").trim().split(/\s/, 1) as [string];
    if (digits === "") continue;
    if (!KEY.test(digits)) {
      throw new Error(
        `line ${i + 1} starts with ${
          quote(digits.slice(0, 80))
        }: expected a public key, the 64 hexadecimal digits that "peer key" prints`,
      );
    }
    keys.push(Uint8Array.fromHex(digits) as Uint8Array as PublicKey);
  }
  return keys;
}

const KEY = new RegExp(`^[0-9a-f]{${2 * PUBLIC_KEY_BYTES}}$`, "i");

/** Keeps a list of members as a file says. */
export class MembersFile implements Disposable {
  readonly #path: string;
  readonly #members: Members;
  readonly #options: MembersFileOptions;
  readonly #onHangup = () => void this.#reload();
  #timer: ReturnType<typeof setInterval> | undefined;
  #read = "";
  #seen = "";

  private constructor(
    path: string,
    members: Members,
    options: MembersFileOptions,
  ) {
    this.#path = path;
    this.#members = members;
    this.#options = options;
  }

  /**
   * Reads the file into a list, and goes on doing so.
   *
   * @throws {Error} Where it cannot be used, saying why.
   */
  static async open(
    path: string,
    members: Members,
    options: MembersFileOptions,
  ): Promise<MembersFile> {
    const file = new MembersFile(path, members, options);
    const { state } = await Deno.permissions.query({ name: "read", path });
    if (state !== "granted") {
      throw file.#fault(
        `permission to read it is not given; run with --allow-read=${path}`,
      );
    }
    file.#seen = await file.#stamp();
    await file.#load();
    file.#timer = setInterval(
      () => void file.#look(),
      options.lookMs ?? 1_000,
    );
    if (HANGUP) Deno.addSignalListener(HANGUP, file.#onHangup);
    return file;
  }

  /** Looks at the file no more. A second call does nothing more. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (HANGUP) Deno.removeSignalListener(HANGUP, this.#onHangup);
  }

  /** A file that is still being written is left until it rests. */
  async #look(): Promise<void> {
    const before = this.#seen;
    this.#seen = await this.#stamp();
    const rests = this.#seen === before;
    if (rests && this.#seen !== this.#read && this.#timer) await this.#reload();
  }

  async #reload(): Promise<void> {
    try {
      await this.#load();
      if (this.#timer) this.#options.onChange();
    } catch (error) {
      if (this.#timer) this.#options.onFault(error as Error);
    }
  }

  async #load(): Promise<void> {
    this.#read = await this.#stamp();
    try {
      const { size } = await Deno.stat(this.#path);
      if (size > MAX_BYTES) {
        throw new Error(`it is longer than ${MAX_BYTES} bytes`);
      }
      this.#members.replace(parseMembers(await Deno.readTextFile(this.#path)));
    } catch (cause) {
      throw this.#fault((cause as Error).message, cause);
    }
  }

  /** What changes with the file. */
  async #stamp(): Promise<string> {
    try {
      const { mtime, size, ino } = await Deno.stat(this.#path);
      return `${mtime?.getTime()} ${size} ${ino}`;
    } catch (error) {
      return (error as Error).name;
    }
  }

  #fault(why: string, cause?: unknown): Error {
    return new Error(
      `Cannot use the members file ${quote(this.#path)}: ${why}`,
      { cause },
    );
  }
}

/** Windows has no such signal. */
const HANGUP: Deno.Signal | undefined = Deno.build.os === "windows"
  ? undefined
  : "SIGHUP";
