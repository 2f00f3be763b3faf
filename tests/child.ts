/**
 * A program of this project as a child process, with its lines to wait for.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";

/** Where the project's entry points are. */
export const ROOT = fromFileUrl(new URL("../", import.meta.url));

/** How a child is started. */
export interface ChildOptions {
  /** Permission flags for `deno run`. */
  readonly allow: readonly string[];
  /** Where it runs; the project's folder by default. */
  readonly cwd?: string;
  /** Environment variables besides its parent's. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a child ended. */
export interface ChildEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long a child is waited for before a test gives up, in milliseconds. */
const PATIENCE_MS = 180_000;

/** A running child process. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #stdout: LineLog;
  readonly #stderr: LineLog;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#stdout = new LineLog(process.stdout);
    this.#stderr = new LineLog(process.stderr);
  }

  /** Starts an entry point of the project, such as `peer.ts`. */
  static start(
    entry: string,
    args: readonly string[],
    { allow, ...place }: ChildOptions,
  ): Child {
    const run = ["run", "--no-prompt", ...allow, `${ROOT}${entry}`, ...args];
    return Child.spawn(Deno.execPath(), run, place);
  }

  /** Starts any other program. */
  static spawn(
    program: string,
    args: readonly string[],
    { cwd = ROOT, env = {} }: Omit<ChildOptions, "allow"> = {},
  ): Child {
    return new Child(
      new Deno.Command(program, {
        args: [...args],
        cwd,
        env: { ...env, NO_COLOR: "1" },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
  }

  /** Its process number. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Everything that it wrote to standard output so far. */
  get stdout(): string {
    return this.#stdout.text;
  }

  /** Everything that it wrote to standard error so far. */
  get stderr(): string {
    return this.#stderr.text;
  }

  /**
   * Waits until standard output holds the text, or what the pattern matches,
   * past what earlier calls found.
   *
   * @returns What was found.
   * @throws {Error} Where output ends without it, or it does not come within
   * three minutes; the message holds all output.
   */
  async until(wanted: RegExp | string): Promise<string> {
    const found = await this.#stdout.find(wanted);
    if (found !== null) return found;
    throw new Error(
      `Cannot find ${wanted} in the output of a child:\n` +
        `${this.stdout}\n${this.stderr}`,
    );
  }

  /** Waits for a JSON event by its name and what else it must hold. */
  async event<T = Record<string, unknown>>(
    event: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): Promise<T> {
    for (;;) {
      const line = await this.until(/^\{.*\}(?=\n)/m);
      const found = JSON.parse(line);
      const same = Object.entries(fields).every(([key, value]) =>
        found[key] === value
      );
      if (found.event === event && same) return found;
    }
  }

  /** Types a line. */
  async type(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Ends its standard input. */
  async endInput(): Promise<void> {
    await this.#input.close();
  }

  /** Sends it a signal. */
  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits for its end. */
  async end(): Promise<ChildEnd> {
    const { code } = await this.#process.status;
    await Promise.all([this.#stdout.ended, this.#stderr.ended]);
    return { code, stdout: this.stdout, stderr: this.stderr };
  }

  /** Kills it where it still runs, and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#input.abort().catch(() => {});
    await this.end();
  }
}

class LineLog {
  text = "";
  readonly ended: Promise<void>;
  #done = false;
  #from = 0;
  #wake: () => void = () => {};

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  async find(wanted: RegExp | string): Promise<string | null> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, PATIENCE_MS);
    try {
      for (;;) {
        const rest = this.text.slice(this.#from);
        const found = typeof wanted === "string"
          ? { at: rest.indexOf(wanted), text: wanted }
          : { at: rest.search(wanted), text: rest.match(wanted)?.[0] ?? "" };
        if (found.at >= 0) {
          this.#from += found.at + found.text.length;
          return found.text;
        }
        if (this.#done || late) return null;
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.text += text;
      this.#wake();
    }
    this.#done = true;
    this.#wake();
  }
}
