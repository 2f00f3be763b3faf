/**
 * Child processes of the bench.
 *
 * @module
 */

import { TextLineStream } from "../../tests/text_line_stream.ts";
import { peakMib } from "./usage.ts";

/** A process that runs in the background and tells what it does, line by line. */
export class Background implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  /** Starts a program. */
  constructor(program: string, args: readonly string[]) {
    this.#process = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = this.#process.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.read();
    if (done) throw new Error("A process of the bench has ended too early");
    return value;
  }

  /** Sends it a line, the only one. */
  async tell(line: string): Promise<void> {
    const writer = this.#process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`${line}\n`));
    await writer.close();
  }

  /** The most memory that it had so far, in MiB. */
  get peakMib(): number {
    return peakMib(this.#process.pid);
  }

  /** Kills it at once, as a power cut would. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await this.#lines.cancel();
    await this.#process.stdin.close().catch(() => {});
    await this.#process.status;
  }
}

/**
 * Runs a program to its end.
 *
 * @returns How long it took in seconds, and what it printed.
 */
export async function run(
  program: string,
  args: readonly string[],
): Promise<{ seconds: number; output: string }> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
  }).output();
  const seconds = (performance.now() - start) / 1_000;
  if (!success) {
    throw new Error(
      `${program} failed: ${new TextDecoder().decode(stderr).trim()}`,
    );
  }
  return { seconds, output: new TextDecoder().decode(stdout) };
}

/** Whether a program is installed. */
export async function isInstalled(program: string): Promise<boolean> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if ((await Deno.stat(`${folder}/${program}`)).isFile) return true;
    } catch {
      continue;
    }
  }
  return false;
}
