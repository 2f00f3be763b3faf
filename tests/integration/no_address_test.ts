/**
 * A newcomer's first minutes: one machine shares, another gets, and nobody has
 * typed where the index is.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { tempDir } from "../permission.ts";
import { canMakeNamespaces, Lans } from "./network_namespaces.ts";
import { EndError, untilHeard } from "./until_heard.ts";

const LIST = "--allow-sys=networkInterfaces";

/** A program on a host, with its lines to wait for. */
class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  text = "";

  constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#lines = process.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  /** Waits until it has written this. */
  async until(wanted: string): Promise<void> {
    while (!this.text.includes(wanted)) {
      const { value, done } = await this.#lines.read();
      if (done) throw new EndError(await this.end(), this.text);
      this.text += value;
    }
  }

  /** Waits for its end. */
  async end(): Promise<number> {
    for (;;) {
      const { value, done } = await this.#lines.read();
      if (done) break;
      this.text += value;
    }
    return (await this.#process.status).code;
  }

  /** Waits for its end, with this exit code. */
  async ends(code: number): Promise<void> {
    const ended = await this.end();
    if (ended !== code) throw new EndError(ended, this.text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await this.#process.stdin.close().catch(() => {});
    await this.end();
  }
}

async function shareAndGet(
  lans: Lans,
  { indexAllow, peerAllow }: { indexAllow: string[]; peerAllow: string[] },
): Promise<void> {
  await using dir = await tempDir();
  const content = new Uint8Array(300_007).map((_, at) => at * at >> 5);
  for (const name of ["near", "far"]) await Deno.mkdir(`${dir.path}/${name}`);
  await Deno.writeFile(`${dir.path}/near/render.bin`, content);
  const peer = (host: string, ...args: string[]) =>
    new Program(lans.run(host, {
      program: "peer.ts",
      args: [...args, "--dir", `${dir.path}/${host}`],
      allow: [
        "--allow-net",
        `--allow-read=${dir.path}/${host}`,
        `--allow-write=${dir.path}/${host}`,
        ...peerAllow,
      ],
    }));

  await using index = new Program(lans.run("index", {
    program: "index_server.ts",
    args: [],
    allow: ["--allow-net", ...indexAllow],
  }));
  await index.until("Peers on the local network find it as Peerdex");
  await using _sharer = await untilHeard(async () => {
    await using stack = new AsyncDisposableStack();
    const path = `${dir.path}/near/render.bin`;
    const sharer = stack.use(peer("near", "share", path));
    await sharer.until("Sharing 1 file");
    stack.move();
    return sharer;
  });
  await untilHeard(async () => {
    await using getter = peer("far", "get", "render.bin");
    await getter.ends(0);
  });
  assertEquals(await Deno.readFile(`${dir.path}/far/render.bin`), content);

  // The next command asks the same index at once.
  const last = await Deno.readTextFile(`${dir.path}/far/.peerdex/index`);
  assertMatch(last, /^192\.0\.2\.1:60000\n$/);
  await untilHeard(async () => {
    await using list = peer("far", "list");
    await list.ends(0);
    assert(list.text.includes("render.bin"), list.text);
  });
}

Deno.test({
  name: "share on one machine, get on another, no address (root and iproute2)",
  ignore: !canMakeNamespaces(),
  async fn(t) {
    await using lans = await Lans.make({
      index: [{ lan: "x", ipv4: "192.0.2.1/24", isDefault: true }],
      near: [{ lan: "x", ipv4: "192.0.2.2/24", isDefault: true }],
      far: [{ lan: "x", ipv4: "192.0.2.3/24", isDefault: true }],
      apart: [{ lan: "y", ipv4: "198.51.100.2/24", isDefault: true }],
    });
    await t.step("as the tasks and the first lines allow it", async () => {
      await shareAndGet(lans, { indexAllow: [LIST], peerAllow: [LIST] });
    });
    await t.step("with network and folder alone", async () => {
      await shareAndGet(lans, { indexAllow: [], peerAllow: [] });
    });
    await t.step(
      "doctor says that it works, and where it does not",
      async () => {
        await using index = new Program(lans.run("index", {
          program: "index_server.ts",
          args: [],
          allow: ["--allow-net", LIST],
        }));
        await index.until("Peers on the local network find it as Peerdex");
        const doctor = (host: string) =>
          new Program(lans.run(host, {
            program: "peer.ts",
            args: ["doctor", "--json"],
            allow: ["--allow-net", LIST],
          }));
        await untilHeard(async () => {
          await using near = doctor("near");
          // Without leave to read a folder: that is what is wrong here.
          await near.ends(1);
          assertMatch(near.text, /"check":"port","health":"ok"/);
          assertMatch(near.text, /"seen":"192\.0\.2\.2"/);
        });
        await using apart = doctor("apart");
        assertEquals(await apart.end(), 4, apart.text);
        assertMatch(apart.text, /"check":"index","health":"wrong"/);
      },
    );
    await t.step("where there is none, it says what to type", async () => {
      await using list = new Program(lans.run("apart", {
        program: "peer.ts",
        args: ["list", "--json"],
        allow: ["--allow-net", LIST],
      }));
      assertEquals(await list.end(), 4);
      assertMatch(list.text, /asked from 198\.51\.100\.2 \(eth0\)/);
      assertMatch(list.text, /type --index HOST:PORT to name one/);
    });
  },
});
