/**
 * Tries built binaries: one peer shares a file through the index, another
 * fetches it. The last line says that it worked.
 *
 *     deno run --allow-read --allow-write --allow-run packaging/try.ts FOLDER [TARGET]
 *
 * @module
 */

import { join, resolve } from "@std/path";
import { INDEX, PEER, type Program } from "./programs.ts";
import { binaryName, chooseTargets } from "./targets.ts";

const CONTENT_BYTES = 3 * 1024 * 1024 + 7;

/** How long all of it may take, in milliseconds. */
const DEADLINE_MS = 60_000;

/**
 * Shares and fetches a file with the binaries for one target.
 *
 * @param folder Where the binaries are.
 * @param target The target; this machine by default.
 * @throws {Error} Where that does not work.
 */
export async function tryBinaries(
  folder: string,
  target = "host",
): Promise<void> {
  const [chosen] = chooseTargets([target], Deno.build.target);
  const place = await Deno.makeTempDir({ prefix: "peerdex-try-" });
  const start = ({ name }: Program, ...args: string[]) =>
    new Running(resolve(folder, binaryName(name, chosen!)), args);
  try {
    const content = new Uint8Array(CONTENT_BYTES).map((_, at) => at * at >> 7);
    for (const peer of ["alice", "bob"]) await Deno.mkdir(join(place, peer));
    await Deno.writeFile(join(place, "alice", "file.bin"), content);

    await using index = start(
      INDEX,
      ...["--host", "127.0.0.1", "--port", "0", "--json"],
    );
    const { port } = await index.event("listening");
    const peer = (name: string, ...args: string[]) =>
      start(
        PEER,
        ...args,
        ...["--index", `127.0.0.1:${port}`, "--name", name, "--json"],
        ...["--dir", join(place, name)],
      );
    await using alice = peer(
      "alice",
      "share",
      join(place, "alice", "file.bin"),
    );
    await alice.event("serving");
    await using bob = peer("bob", "get", "file.bin");
    const { code } = await bob.status;
    if (code !== 0) throw new Error(`peer get ended with exit code ${code}`);

    const fetched = await Deno.readFile(join(place, "bob", "file.bin"));
    const same = fetched.length === content.length &&
      fetched.every((byte, at) => byte === content[at]);
    if (!same) {
      throw new Error("peer get delivered other bytes than were shared");
    }
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

/** A running program that writes JSON objects, one a line. */
class Running implements AsyncDisposable {
  readonly status: Promise<Deno.CommandStatus>;
  readonly #path: string;
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterableIterator<string>;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(path: string, args: readonly string[]) {
    this.#path = path;
    this.#child = new Deno.Command(path, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.status = this.#child.status;
    this.#lines = lines(this.#child.stdout);
    this.#timer = setTimeout(() => this.#kill(), DEADLINE_MS);
  }

  /** Waits for an event. */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) {
        throw new Error(`${this.#path} ended before it said "${name}"`);
      }
      const event = JSON.parse(value);
      if (event.event === name) return event;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#kill();
    await this.status;
    for await (const _ of this.#lines) { /* What it said last. */ }
  }

  #kill(): void {
    try {
      this.#child.kill();
    } catch {
      // It has ended by itself.
    }
  }
}

async function* lines(
  stream: ReadableStream<Uint8Array>,
): AsyncIterableIterator<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (text + chunk).split("\n");
    text = parts.pop() ?? "";
    yield* parts;
  }
}

if (import.meta.main) {
  const [folder = "dist", target] = Deno.args;
  await tryBinaries(folder, target);
  console.log("The binaries share and fetch a file");
}
