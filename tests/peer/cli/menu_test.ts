import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { runMenu } from "../../../peer/cli/menu.ts";
import type { MenuPeer } from "../../../peer/cli/menu_peer.ts";
import { askPeerName, askPort } from "../../../peer/cli/menu_questions.ts";
import type { Conversation } from "../../../peer/cli/terminal.ts";
import { contentName, peerName } from "../../../protocol/name.ts";

class NameTaken extends Error {}
class FileExists extends Error {}

/** Gives the answers in turn, then says that there are no more. */
class Script implements Conversation {
  readonly said: string[] = [];
  readonly #answers: string[];

  constructor(...answers: string[]) {
    this.#answers = answers;
  }

  say(line: string): void {
    this.said.push(line);
  }

  ask(question: string, signal?: AbortSignal): Promise<string | null> {
    signal?.throwIfAborted();
    this.said.push(question);
    return Promise.resolve(this.#answers.shift() ?? null);
  }
}

/** A peer that only takes note of what it is asked to do. */
class NotedPeer implements MenuPeer {
  name = peerName("alice");
  readonly done: string[] = [];
  refuse: ((call: string) => Error | undefined) | undefined;
  readonly #registrations = new Map([
    ["kept.txt", peerName("alice")],
  ]);

  rename(name: typeof this.name): void {
    this.name = name;
  }

  async *online() {
    yield* [
      {
        peer: peerName("bob"),
        name: contentName("7"),
        size: 5,
        hostname: "192.0.2.7",
        port: 1,
      },
      {
        peer: peerName("eve"),
        name: contentName("b.txt"),
        size: 2_048,
        hostname: "192.0.2.8",
        port: 1,
      },
    ];
  }

  files() {
    return Promise.resolve([
      { name: contentName("kept.txt"), size: 1 },
      { name: contentName("new.txt"), size: 2 },
    ]);
  }

  registrations() {
    return [...this.#registrations].map(([name, peer]) => ({
      name: contentName(name),
      peer,
    }));
  }

  register(name: string): Promise<void> {
    return this.#note(`register ${name} as ${this.name}`);
  }

  deregister(name: string): Promise<void> {
    return this.#note(`deregister ${name}`);
  }

  async download(
    name: ReturnType<typeof contentName>,
    { ifExists }: { ifExists: string },
  ) {
    await this.#note(`download ${name} ${ifExists}`);
    return {
      name,
      path: `/shared/${name}`,
      metadata: { size: 1_048_576 },
      elapsedMs: 500,
      outcome: "fetched" as const,
    };
  }

  #note(call: string): Promise<void> {
    this.done.push(call);
    const error = this.refuse?.(call);
    return error ? Promise.reject(error) : Promise.resolve();
  }
}

async function run(
  peer: NotedPeer,
  ...answers: string[]
): Promise<{ said: string; calls: string[] }> {
  const script = new Script(...answers);
  await runMenu(peer, {
    conversation: script,
    signal: new AbortController().signal,
    errors: {
      isNameTaken: (error) => error instanceof NameTaken,
      isFileExists: (error) => error instanceof FileExists,
      describe: (error) => error instanceof Error ? error.message : "",
    },
  });
  return { said: script.said.join("\n"), calls: peer.done };
}

Deno.test("runMenu() takes letters in either case, and end of input for Q", async () => {
  const { said } = await run(new NotedPeer(), "l", "Q", "never asked");
  assertEquals(
    said.match(/^\[Q\] Quit the program$/gm)?.length,
    2,
  );
  await run(new NotedPeer());
});

Deno.test("runMenu() takes a name, or a number where no file is called that", async () => {
  const { calls, said } = await run(new NotedPeer(), "O", "7", "O", "2");
  assertEquals(calls, ["download 7 fail", "download b.txt fail"]);
  assertEquals(said.includes("2) User: eve file: b.txt (2.0 KiB)"), true);
  assertEquals(
    said.includes(
      "Downloaded b.txt: 1.0 MiB in 0.5 s (2.0 MiB/s), every byte verified",
    ),
    true,
  );
});

Deno.test("runMenu() says that a number is not in the list", async () => {
  const { said, calls } = await run(
    new NotedPeer(),
    "o",
    "9",
    "t",
    "2",
    "r",
    "0",
  );
  assertEquals(calls, []);
  for (const [number, last] of [[9, 2], [2, 1], [0, 2]]) {
    assertStringIncludes(
      said,
      `There is no number ${number} in the list: type a name, or a number ` +
        `from 1 to ${last}`,
    );
  }
});

Deno.test("runMenu() goes back at an empty answer", async () => {
  const { calls } = await run(new NotedPeer(), "O", "", "R", "", "T", "", "");
  assertEquals(calls, []);
});

Deno.test("runMenu() asks for another user name, and it sticks", async () => {
  const peer = new NotedPeer();
  peer.refuse = (call) =>
    call.endsWith("as alice") ? new NameTaken("Pick another") : undefined;
  const { calls } = await run(peer, "R", "new.txt", "Dante", "R", "1");
  assertEquals(calls, [
    "register new.txt as alice",
    "register new.txt as Dante",
    "register kept.txt as Dante",
  ]);
});

Deno.test("runMenu() asks before anything is overwritten", async () => {
  const refuse = (call: string) =>
    call.endsWith("fail") ? new FileExists("in the way") : undefined;
  for (
    const [answer, outcome] of [["o", "overwrite"], ["K", "rename"], ["", ""]]
  ) {
    const peer = new NotedPeer();
    peer.refuse = refuse;
    const { calls } = await run(peer, "O", "b.txt", answer!);
    assertEquals(calls.slice(1), outcome ? [`download b.txt ${outcome}`] : []);
  }
});

Deno.test("runMenu() goes on after an error, and says it", async () => {
  const peer = new NotedPeer();
  peer.refuse = () => new Error("File does not exist");
  const { said, calls } = await run(peer, "T", "x.txt", "T", "1", "R", "../x");
  assertEquals(calls, ["deregister x.txt", "deregister kept.txt"]);
  assertEquals(said.match(/File does not exist/g)?.length, 2);
  assertEquals(said.includes('Cannot use "../x" as a file name'), true);
});

Deno.test("runMenu() ends when it is stopped", async () => {
  const stop = new AbortController();
  stop.abort(new Error("stopped"));
  await assertRejects(
    () =>
      runMenu(new NotedPeer(), {
        conversation: new Script("L"),
        signal: stop.signal,
        errors: {
          isNameTaken: () => false,
          isFileExists: () => false,
          describe: String,
        },
      }),
    Error,
    "stopped",
  );
});

Deno.test("askPeerName() and askPort() ask until they can use the answer", async () => {
  const script = new Script("seventeen letters", "a\u0007b", "alice");
  assertEquals(await askPeerName(script), "alice");
  assertEquals(await askPeerName(new Script("")), undefined);
  const ports = new Script("-1", "65536", "6e3", "6010");
  assertEquals(await askPort(ports), 6010);
  assertEquals(await askPort(new Script("")), 0);
  assertEquals(await askPort(new Script()), undefined);
});
