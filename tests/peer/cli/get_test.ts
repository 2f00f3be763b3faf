import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { IndexServer } from "../../../index/server.ts";
import { get } from "../../../peer/cli/get.ts";
import { NothingFoundError } from "../../../peer/cli/describe_error.ts";
import { Output } from "../../../peer/cli/output.ts";
import type { Settings } from "../../../peer/cli/settings.ts";
import type { Wanted } from "../../../peer/cli/wanted.ts";
import { FileExistsError } from "../../../peer/errors.ts";
import { Peer } from "../../../peer/peer.ts";
import { digestOf } from "../../../protocol/digest.ts";
import { peerName } from "../../../protocol/name.ts";
import { permitted, tempDir } from "../../permission.ts";

const GET = { net: true, read: true, write: true } as const;

/** An index, peers that share files, and what `get` writes. */
class Stage implements AsyncDisposable {
  readonly #owned = new AsyncDisposableStack();
  readonly index: IndexServer;
  readonly path: string;

  private constructor(index: IndexServer, path: string) {
    this.index = index;
    this.path = path;
  }

  static async open(): Promise<Stage> {
    const dir = await tempDir();
    const index = await IndexServer.start({ hostname: "127.0.0.1", port: 0 });
    const stage = new Stage(index, dir.path);
    stage.#owned.use(dir);
    stage.#owned.use(index);
    return stage;
  }

  /** A peer that shares files of these names and contents. */
  async share(name: string, files: Record<string, string>): Promise<Peer> {
    const dir = join(this.path, name);
    for (const [file, text] of Object.entries(files)) {
      const path = join(dir, file);
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeTextFile(path, text);
      await Deno.utime(path, 1_500_000_000, 1_500_000_000);
    }
    const peer = this.#owned.use(
      await Peer.open({
        index: this.index.addr,
        name: peerName(name),
        hostname: "127.0.0.1",
        dir,
      }),
    );
    await peer.share([dir]);
    return peer;
  }

  /** Runs `get --json`. */
  async get(
    wanted: Partial<Wanted>,
    settings: Partial<Settings> = {},
  ): Promise<Record<string, unknown>[]> {
    let text = "";
    const sink = {
      writeSync: (bytes: Uint8Array) => {
        text += new TextDecoder().decode(bytes);
        return bytes.length;
      },
      isTerminal: () => false,
    };
    const silent = { ...sink, writeSync: ({ length }: Uint8Array) => length };
    await get({
      index: this.index.addr,
      host: "127.0.0.1",
      port: 0,
      dir: join(this.path, "out"),
      maxUploads: 4,
      maxConnections: 16,
      output: new Output({ json: true, out: sink, err: silent }),
      signal: new AbortController().signal,
      ...settings,
    }, { names: [], sources: 4, share: false, ...wanted });
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line));
  }

  text(name: string): string {
    return Deno.readTextFileSync(join(this.path, "out", name));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

permitted(GET, "get fetches by pattern, and nothing again", async () => {
  await using stage = await Stage.open();
  const long = `${"deep folder/".repeat(12)}file of a long name.txt`;
  const files = {
    "photos/a.txt": "a",
    "photos/empty": "",
    "photos/cafe\u0301.txt": "decomposed",
    [`photos/${long}`]: "long",
    "other/b.txt": "b",
  };
  await stage.share("alice", files);
  const events = await stage.get({ names: ["photos/**"] });
  const total = events.at(-1)!;
  assertEquals(total["event"], "total");
  assertEquals([total["files"], total["of"], total["fetched"]], [4, 4, 15]);
  const [from] = total["from"] as { peer: string; bytes: number }[];
  assertEquals([from!.peer, from!.bytes], ["alice", 15]);
  assertEquals(stage.text("photos/caf\u00e9.txt"), "decomposed");
  assertEquals(stage.text(`photos/${long}`), "long");
  const { mtime } = Deno.statSync(join(stage.path, "out/photos/empty"));
  assertEquals(mtime!.getTime(), 1_500_000_000_000);
  const again = await stage.get({ names: ["photos/**"] });
  assertEquals(again.at(-1)!["fetched"], 0);
  assertEquals(
    again.filter(({ outcome }) => outcome === "present").length,
    4,
  );
});

permitted(GET, "get takes a pattern with spaces as one", async () => {
  await using stage = await Stage.open();
  await stage.share("alice", {
    "my file 1.txt": "1",
    "My file (2).txt": "2",
    "file my.txt": "x",
    "my other file.txt": "x",
    "my file/deep.txt": "x",
    "caf\u00e9 1.txt": "c",
  });
  const names = async (wanted: Partial<Wanted>) =>
    (await stage.get(wanted))
      .filter(({ event }) => event === "done").map(({ name }) => name).sort();
  assertEquals(
    await names({ names: ["my file*"] }),
    ["My file (2).txt", "my file 1.txt"],
  );
  assertEquals(
    await names({ names: ["my file**.txt"], allFrom: peerName("alice") }),
    ["My file (2).txt", "my file 1.txt", "my file/deep.txt"],
  );
  assertEquals(await names({ names: ["cafe\u0301 *"] }), ["caf\u00e9 1.txt"]);
  await assertRejects(
    () => stage.get({ names: ["file other*"] }),
    NothingFoundError,
  );
});

permitted(
  GET,
  "get --all-from takes the content of that user, whatever the newest is",
  async () => {
    await using stage = await Stage.open();
    await stage.share("alice", { "a.txt": "Alice's", "b.txt": "hers" });
    await stage.share("mallory", { "a.txt": "Mallory's", "c.txt": "his" });
    const alice = peerName("alice");
    const events = await stage.get({ allFrom: alice });
    assertEquals(events.at(-1)!["files"], 2);
    assertEquals(stage.text("a.txt"), "Alice's");
    assertEquals(stage.text("b.txt"), "hers");
    await assertRejects(
      () => stage.get({ allFrom: alice, names: ["c.txt"] }),
      NothingFoundError,
    );
    await assertRejects(
      () => stage.get({ allFrom: peerName("nobody") }),
      NothingFoundError,
    );
  },
);

permitted(GET, "get --digest pins what a name means", async () => {
  await using stage = await Stage.open();
  await stage.share("alice", { "a.txt": "old" });
  await stage.share("bob", { "a.txt": "new" });
  const pin = (text: string) => ({
    names: ["a.txt"],
    digest: digestOf(new TextEncoder().encode(text)),
  });
  await stage.get(pin("old"));
  assertEquals(stage.text("a.txt"), "old");
  await assertRejects(() => stage.get(pin("new")), FileExistsError);
  await stage.get({ ...pin("new"), ifExists: "rename" });
  assertEquals(stage.text("a (1).txt"), "new");
});

permitted(GET, "get --share registers and serves what it fetched", async () => {
  await using stage = await Stage.open();
  const large = "0123456789abcdef".repeat(2 ** 16);
  await stage.share("alice", { "a.txt": "a", "b.txt": "b", "c.bin": large });
  const stop = new AbortController();
  const getting = stage.get({ names: ["*"], share: true }, {
    signal: stop.signal,
    name: peerName("bob"),
    output: new Output({
      json: true,
      out: {
        isTerminal: () => false,
        writeSync: (bytes) => {
          // It serves now.
          if (new TextDecoder().decode(bytes).includes('"serving"')) {
            stop.abort();
          }
          return bytes.length;
        },
      },
    }),
  });
  const seen = new Promise<number>((resolve, reject) => {
    stop.signal.addEventListener("abort", () => {
      resolve(stage.index.stats().registrations);
    });
    getting.catch(reject);
  });
  assertEquals(await seen, 6);
  await getting;
  assertEquals(stage.text("c.bin"), large);
});
