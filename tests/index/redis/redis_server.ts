/**
 * A Redis of its own for a test: `redis-server` or `valkey-server` on a free
 * port, with nothing of any other in it.
 *
 * @module
 */

import { TextLineStream } from "../../text_line_stream.ts";
import { isPermitted, tempDir } from "../../permission.ts";

/** What these tests need. */
export const REDIS_NEEDS = {
  net: true,
  run: true,
  read: true,
  write: true,
} as const;

/** The program, or `undefined` where there is none. */
export const REDIS_PROGRAM: string | undefined = isPermitted(REDIS_NEEDS)
  ? findProgram()
  : undefined;

if (isPermitted(REDIS_NEEDS) && !REDIS_PROGRAM) {
  console.warn(
    "SKIPPED: every test against Redis, for want of redis-server. " +
      "On Debian and Ubuntu: apt-get install redis-server",
  );
}

/**
 * Registers a test that is ignored where there is no Redis, which was then said
 * loudly, or no permission.
 */
export function withRedis(
  name: string,
  fn: (context: Deno.TestContext) => Promise<void>,
): void {
  Deno.test({ name, fn, ignore: !REDIS_PROGRAM });
}

/** How a server is to be. */
export interface RedisServerOptions {
  /** Whether what is acknowledged lasts, under this folder. */
  readonly dir?: string;
  /** Without, a free one. */
  readonly port?: number;
  /** Whether it is a node of a cluster. */
  readonly cluster?: boolean;
}

/** A server that runs. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  /** Where the other nodes of a cluster reach it. */
  readonly clusterPort: number;
  readonly #process: Deno.ChildProcess;
  readonly #output: Promise<void>;
  readonly #dir: AsyncDisposable | undefined;
  #stopped = false;

  private constructor(
    port: number,
    process: Deno.ChildProcess,
    { output, dir, clusterPort }: {
      output: Promise<void>;
      dir?: AsyncDisposable;
      clusterPort: number;
    },
  ) {
    this.port = port;
    this.clusterPort = clusterPort;
    this.#process = process;
    this.#output = output;
    this.#dir = dir;
  }

  /** Starts a server. When the promise resolves it answers. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const made = options.dir === undefined ? await tempDir() : undefined;
    const dir = options.dir ?? made!.path;
    for (let attempt = 1;; attempt++) {
      const port = options.port ?? freePort();
      const clusterPort = freePort();
      const process = new Deno.Command(REDIS_PROGRAM!, {
        args: [
          ...["--port", String(port), "--bind", "127.0.0.1"],
          ...["--dir", dir, "--save", ""],
          ...["--appendonly", options.dir === undefined ? "no" : "yes"],
          ...["--appendfsync", "always"],
          ...(options.cluster
            ? ["--cluster-enabled", "yes", "--cluster-port", `${clusterPort}`]
            : []),
        ],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const ready = Promise.withResolvers<boolean>();
      const output = watch(process.stdout, ready);
      if (await ready.promise) {
        return new RedisServer(port, process, {
          output,
          clusterPort,
          ...(made && { dir: made }),
        });
      }
      await output;
      await process.status;
      if (attempt === 5) throw new Error("Cannot start Redis on a free port");
    }
  }

  /** Its URL. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#output;
  }

  /** Makes it stand still, or go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process.kill(signal);
  }

  /** Asks it something by its own command-line client's protocol. */
  async command(...words: string[]): Promise<string> {
    using connection = await Deno.connect({
      hostname: "127.0.0.1",
      port: this.port,
    });
    const line = words.map((word) => `$${word.length}\r\n${word}\r\n`).join("");
    await connection.write(
      new TextEncoder().encode(`*${words.length}\r\n${line}`),
    );
    const reply = new Uint8Array(65_536);
    const length = await connection.read(reply);
    return new TextDecoder().decode(reply.subarray(0, length ?? 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#dir?.[Symbol.asyncDispose]();
  }
}

async function watch(
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>,
  ready: PromiseWithResolvers<boolean>,
): Promise<void> {
  const lines = stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    if (line.includes("Ready to accept connections")) ready.resolve(true);
  }
  ready.resolve(false);
}

function freePort(): number {
  // Redis' own port for clusters lies 10,000 above.
  for (;;) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    if (port < 55_000) return port;
  }
}

function findProgram(): string | undefined {
  for (const program of ["redis-server", "valkey-server"]) {
    try {
      const { success } = new Deno.Command(program, {
        args: ["--version"],
        stdout: "null",
        stderr: "null",
      }).outputSync();
      if (success) return program;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}
