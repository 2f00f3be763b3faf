/**
 * An index and peers as real processes on this machine, for tests that look at
 * the programs from outside.
 *
 * @module
 */

import { Child } from "../child.ts";

/** What a test of real processes needs to be allowed. */
export const PROCESSES = {
  net: true,
  read: true,
  write: true,
  run: true,
  env: true,
} as const;

/** An index, a folder a peer, and the peers that were started. */
export class Site implements AsyncDisposable {
  readonly #folder: string;
  readonly #children: Child[] = [];
  #index: Child;
  readonly #indexArgs: readonly string[];
  /** The port that the index listens on. */
  readonly port: number;

  private constructor(
    folder: string,
    index: Child,
    port: number,
    indexArgs: readonly string[],
  ) {
    this.#folder = folder;
    this.#index = index;
    this.#indexArgs = indexArgs;
    this.port = port;
  }

  /** Starts an index on a free port. */
  static async start(...indexArgs: string[]): Promise<Site> {
    const folder = await Deno.makeTempDir({ prefix: "peerdex-test-" });
    const { index, port } = await startIndex(0, indexArgs);
    return new Site(folder, index, port, indexArgs);
  }

  /** The index's process. */
  get index(): Child {
    return this.#index;
  }

  /** Kills the index as a power cut would, and starts another on its port. */
  async replaceIndex(): Promise<void> {
    this.#index.kill("SIGKILL");
    await this.#index.end();
    await this.#index[Symbol.asyncDispose]();
    const { index } = await startIndex(this.port, this.#indexArgs);
    this.#index = index;
  }

  /** The folder of a peer, made when it is first asked for. */
  async dir(peer: string): Promise<string> {
    const dir = `${this.#folder}/${peer}`;
    await Deno.mkdir(dir, { recursive: true });
    return dir;
  }

  /** Puts a file into the folder of a peer. */
  async put(
    peer: string,
    name: string,
    content: Uint8Array | string,
  ): Promise<string> {
    const path = `${await this.dir(peer)}/${name}`;
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, bytes);
    return path;
  }

  /** Runs `peer.ts` for a peer, in its own folder and allowed nothing else. */
  async peer(name: string, ...args: string[]): Promise<Child> {
    return this.#keep(
      Child.start("peer.ts", [
        ...args,
        ...["--index", `127.0.0.1:${this.port}`],
        ...["--name", name],
        ...["--dir", await this.dir(name)],
      ], { allow: await this.#allow(name) }),
    );
  }

  /** Starts a peer that shares its folder, and waits until it serves. */
  async sharer(name: string): Promise<Child> {
    const peer = await this.peer(
      name,
      ...["share", await this.dir(name), "--json"],
    );
    await peer.event("serving");
    return peer;
  }

  /** Starts the interactive program without a name or a port. */
  async menu(peer: string): Promise<Child> {
    return this.#keep(
      Child.start("peer.ts", [
        ...["--index", `127.0.0.1:${this.port}`],
        ...["--dir", await this.dir(peer)],
      ], { allow: await this.#allow(peer) }),
    );
  }

  /** What is on line, as `user/file` in order. */
  async online(): Promise<string[]> {
    await using list = await this.peer("observer", "list", "--json");
    const { code, stdout, stderr } = await list.end();
    if (code !== 0) throw new Error(`Cannot list what is on line: ${stderr}`);
    return stdout.split("\n").filter((line) => line !== "")
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === "registration")
      .map(({ peer, name }) => `${peer}/${name}`)
      .sort();
  }

  /** Looks at what is on line until it is this and nothing else. */
  async untilOnline(wanted: readonly string[]): Promise<void> {
    const late = AbortSignal.timeout(180_000);
    for (;;) {
      const online = await this.online();
      if (online.join("\n") === wanted.join("\n")) return;
      if (late.aborted) throw new Error(`Still on line: ${online.join(", ")}`);
    }
  }

  /** Stops everything and removes the folders. */
  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#children, this.#index];
    await Promise.all(all.map((child) => child[Symbol.asyncDispose]()));
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #allow(peer: string): Promise<string[]> {
    const dir = await this.dir(peer);
    return ["--allow-net", `--allow-read=${dir}`, `--allow-write=${dir}`];
  }

  #keep(child: Child): Child {
    this.#children.push(child);
    return child;
  }
}

async function startIndex(
  port: number,
  args: readonly string[],
): Promise<{ index: Child; port: number }> {
  const index = Child.start("index_server.ts", [
    ...["--host", "127.0.0.1", "--port", String(port), "--json"],
    ...args,
  ], { allow: ["--allow-net"] });
  const ready = await index.event<{ port: number }>("listening");
  return { index, port: ready.port };
}
