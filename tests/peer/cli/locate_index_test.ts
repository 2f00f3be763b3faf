import { assertEquals, assertRejects } from "@std/assert";
import type { FoundIndex } from "../../../discovery/mod.ts";
import {
  formatIndexAddress,
  type IndexAddress,
} from "../../../peer/cli/index_address.ts";
import {
  type IndexSearch,
  locateIndex,
} from "../../../peer/cli/locate_index.ts";
import { NoIndexError } from "../../../peer/cli/no_index_error.ts";
import { Output } from "../../../peer/cli/output.ts";
import {
  recallIndex,
  rememberIndex,
} from "../../../peer/cli/remembered_index.ts";
import { isPermitted, permitted, tempDir } from "../../permission.ts";

const FILES = { read: true, write: true } as const;
const TRIED = [{
  interface: "eth0",
  family: "IPv4",
  from: "192.0.2.7",
}] as const;

/** A network on which these indexes answer, and these are found. */
class Network implements IndexSearch {
  readonly asked: string[] = [];
  looked = 0;
  allowed = true;
  readonly #answering: readonly string[];
  readonly #found: readonly FoundIndex[];

  constructor(answering: readonly string[], found: readonly FoundIndex[] = []) {
    this.#answering = answering;
    this.#found = found;
  }

  isAnswering(index: IndexAddress): Promise<boolean> {
    this.asked.push(formatIndexAddress(index));
    return Promise.resolve(this.#answering.includes(formatIndexAddress(index)));
  }

  find() {
    this.looked++;
    return Promise.resolve({ found: this.#found, tried: TRIED });
  }

  mayAskAll(): boolean {
    return this.allowed;
  }
}

function foundAt(instance: string, ...hostnames: string[]): FoundIndex {
  return {
    ...{ instance, hostnames, port: 60_001, txt: {}, interface: "eth0" },
    hostname: hostnames[0]!,
  };
}

function locate(
  network: Network,
  { dir = "none", signal = new AbortController().signal } = {},
): Promise<{ at: string; notes: string }> {
  let notes = "";
  const page = {
    writeSync: (bytes: Uint8Array) => {
      notes += new TextDecoder().decode(bytes);
      return bytes.length;
    },
    isTerminal: () => false,
  };
  const output = new Output({ out: page, err: page });
  return locateIndex({ dir, output, signal }, network)
    .then((index) => ({ at: formatIndexAddress(index), notes }));
}

Deno.test("locateIndex() takes the index of this host without a word", async () => {
  const network = new Network(["localhost:60000"], [foundAt("A", "192.0.2.1")]);
  assertEquals(await locate(network), { at: "localhost:60000", notes: "" });
});

Deno.test("locateIndex() takes what is found, and says so", async () => {
  const network = new Network(["192.0.2.1:60001"], [foundAt("A", "192.0.2.1")]);
  assertEquals(await locate(network), {
    at: "192.0.2.1:60001",
    notes: "Found the index A at 192.0.2.1:60001\n",
  });
});

Deno.test("locateIndex() says that there are several", async () => {
  const network = new Network(["192.0.2.1:60001", "192.0.2.2:60001"], [
    foundAt("A", "192.0.2.1"),
    foundAt("B", "192.0.2.2"),
  ]);
  const { at, notes } = await locate(network);
  assertEquals(at, "192.0.2.1:60001");
  assertEquals(
    notes.split("\n")[1],
    "There are 2 indexes on the local network: A at 192.0.2.1:60001, " +
      "B at 192.0.2.2:60001; --index HOST:PORT names one",
  );
});

Deno.test("locateIndex() takes an address that answers, the best of all first", async () => {
  const network = new Network(["[fe80::1%2]:60001"], [
    foundAt("A", "192.0.2.1", "fe80::1%2"),
    foundAt("B", "192.0.2.2"),
  ]);
  assertEquals((await locate(network)).at, "[fe80::1%2]:60001");
  assertEquals(network.asked.slice(1, 4), [
    "192.0.2.1:60001",
    "192.0.2.2:60001",
    "[fe80::1%2]:60001",
  ]);
});

Deno.test("locateIndex() says what was tried and what to type", async () => {
  await assertRejects(
    () => locate(new Network([])),
    NoIndexError,
    "Cannot find an index on the local network: nobody answered at " +
      "224.0.0.251:5353, asked from 192.0.2.7 (eth0); no index answers at " +
      "localhost:60000; start one, or type --index HOST:PORT to name one",
  );
  await assertRejects(
    () => locate(new Network([], [foundAt("A", "192.0.2.1")])),
    NoIndexError,
    "A announces itself at 192.0.2.1:60001 and does not answer there",
  );
});

Deno.test("locateIndex() asks only this host where it may not ask all", async () => {
  const network = new Network([]);
  network.allowed = false;
  assertEquals((await locate(network)).at, "localhost:60000");
  assertEquals([network.asked, network.looked], [[], 0]);
});

permitted(
  FILES,
  "locateIndex() asks the index of last time first",
  async () => {
    await using dir = await tempDir();
    const last = { hostname: "192.0.2.9", port: 60_000 };
    await rememberIndex(dir.path, last);
    const there = new Network(["192.0.2.9:60000", "localhost:60000"]);
    assertEquals(
      (await locate(there, { dir: dir.path })).at,
      "192.0.2.9:60000",
    );
    assertEquals(there.looked, 0);

    const gone = new Network(["192.0.2.1:60001"], [foundAt("A", "192.0.2.1")]);
    const { at, notes } = await locate(gone, { dir: dir.path });
    assertEquals(at, "192.0.2.1:60001");
    assertEquals(
      notes.split("\n")[0],
      "The index of last time, 192.0.2.9:60000, does not answer; looking for " +
        "another",
    );
    assertEquals(await recallIndex(dir.path), {
      hostname: "192.0.2.1",
      port: 60_001,
    });
  },
);

Deno.test({
  name: "locateIndex() stops when it is told to",
  ignore: !isPermitted({ net: true }),
  async fn() {
    const stop = new AbortController();
    stop.abort(new Error("stopped"));
    const network = new Network([]);
    network.isAnswering = (_, options?: { signal: AbortSignal }) => {
      options!.signal.throwIfAborted();
      return Promise.resolve(false);
    };
    await assertRejects(
      () => locate(network, { signal: stop.signal }),
      Error,
      "stopped",
    );
  },
});
