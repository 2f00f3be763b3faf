/**
 * A terminal: a folder with the project in it, and what runs there.
 *
 * @module
 */

import { ROOT } from "../child.ts";
import { EndError, untilHeard } from "../integration/until_heard.ts";

/** How a terminal is opened. */
export interface TerminalOptions {
  /** Its folder, which does not exist yet. */
  readonly folder: string;
  /** What the folder is called in what it prints. */
  readonly shownAs: string;
  /** The words before every command, to run it on another machine. */
  readonly prefix: readonly string[];
}

/** Where Deno finds what it has downloaded, and programs. */
const PASSED_ON = ["DENO_DIR", "XDG_CACHE_HOME"] as const;

/** What nobody who types these commands needs. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "Peer_Files",
  "bench",
  "coverage",
  "dist",
  "docs",
  "node_modules",
  "tests",
]);

/** How long a command may take, in milliseconds. */
const PATIENCE_MS = 120_000;

/** A prompt that waits for a line. */
const PROMPT = /[:?] $/;

/** A terminal that commands are typed into, one after the other. */
export class Terminal implements AsyncDisposable {
  readonly #options: TerminalOptions;
  #process: Deno.ChildProcess | undefined;
  #reader: ReadableStreamDefaultReader<string> | undefined;
  /** What was printed and not taken yet. */
  #text = "";
  #hasEnded = true;

  private constructor(options: TerminalOptions) {
    this.#options = options;
  }

  /** Opens a terminal in a folder that has the project's files in it. */
  static async open(options: TerminalOptions): Promise<Terminal> {
    const { folder } = options;
    await Deno.mkdir(`${folder}/bin`, { recursive: true });
    await Deno.symlink(Deno.execPath(), `${folder}/bin/deno`);
    const names: string[] = [];
    for await (const { name } of Deno.readDir(ROOT)) {
      if (!name.startsWith(".") && !LEFT_OUT.has(name)) names.push(name);
    }
    // No links: what links lead to takes other permissions than what is there.
    const { success } = await new Deno.Command("cp", {
      args: ["-R", ...names, folder],
      cwd: ROOT,
    }).output();
    if (!success) throw new Error(`Cannot copy the project to ${folder}`);
    return new Terminal(options);
  }

  /**
   * Types a command.
   *
   * @param options `until`: what it has printed when it is left to run; without,
   * it has to end. `typed`: what is typed at its prompts.
   * @returns What it printed, with what was typed.
   */
  async run(
    command: string,
    { until, typed = [] }: {
      until?: string | undefined;
      typed?: readonly string[] | undefined;
    } = {},
  ): Promise<string> {
    return await untilHeard(() => this.#try(command, { until, typed }));
  }

  /** Types a command once. */
  async #try(
    command: string,
    { until, typed }: {
      until: string | undefined;
      typed: readonly string[];
    },
  ): Promise<string> {
    await this.#stop();
    this.#start(command);
    const input = [...typed];
    let said = "";
    while (input.length > 0) {
      await this.#read(() => PROMPT.test(this.#text));
      const line = `${input.shift()}\n`;
      said += `${this.#shown(this.#text)}${line}`;
      this.#text = "";
      await this.#type(line);
    }
    const rest = until === undefined
      ? await this.#rest()
      : await this.more(until);
    return said + rest;
  }

  /** What the running command prints from now on, up to a line with a pattern. */
  async more(until: string): Promise<string> {
    const pattern = new RegExp(`${until}[^\n]*\n`);
    await this.#read(() => pattern.test(this.#text));
    const match = this.#text.match(pattern)!;
    const end = match.index! + match[0].length;
    const taken = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return this.#shown(taken);
  }

  /** Interrupts what still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  #start(command: string): void {
    const { folder, prefix } = this.#options;
    const [program = "sh", ...args] = [...prefix, "sh", "-c"];
    const env: Record<string, string> = {
      PATH: `${folder}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      HOME: folder,
      DENO_DIR: `${Deno.env.get("HOME")}/.cache/deno`,
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
    };
    for (const name of PASSED_ON) {
      const value = Deno.env.get(name);
      if (value !== undefined) env[name] = value;
    }
    this.#process = new Deno.Command(program, {
      args: [...args, `exec 2>&1\nexec ${command}`],
      cwd: folder,
      clearEnv: true,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#text = "";
    this.#hasEnded = false;
    this.#reader = this.#process.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  async #type(line: string): Promise<void> {
    const writer = this.#process!.stdin.getWriter();
    await writer.write(new TextEncoder().encode(line));
    writer.releaseLock();
  }

  /** Reads until there is enough. */
  async #read(isEnough: () => boolean): Promise<void> {
    const timer = setTimeout(() => this.#process?.kill("SIGKILL"), PATIENCE_MS);
    try {
      while (!isEnough()) {
        const { value, done } = await this.#reader!.read();
        if (done) {
          this.#hasEnded = true;
          if (isEnough()) return;
          throw new EndError((await this.#process!.status).code, this.#text);
        }
        this.#text += value;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the command prints up to its end, which has to be a good one. */
  async #rest(): Promise<string> {
    let isOver = false;
    while (!isOver) {
      const { value, done } = await this.#reader!.read();
      isOver = done;
      this.#text += value ?? "";
    }
    this.#hasEnded = true;
    const { code } = await this.#process!.status;
    const text = this.#shown(this.#text);
    if (code !== 0) throw new EndError(code, text);
    await this.#stop();
    return text;
  }

  async #stop(): Promise<void> {
    if (!this.#process) return;
    if (!this.#hasEnded) {
      try {
        this.#process.kill("SIGINT");
      } catch {
        // It has ended by itself.
      }
    }
    await this.#process.stdin.close().catch(() => {});
    while (!(await this.#reader!.read()).done);
    await this.#process.status;
    this.#process = undefined;
  }

  #shown(text: string): string {
    return text.replaceAll(this.#options.folder, this.#options.shownAs);
  }
}
