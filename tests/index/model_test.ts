import { assert, assertEquals } from "@std/assert";
import fc from "../fast_check.ts";
import type { Signer } from "../../protocol/hello.ts";
import { formatEndpoint } from "../../protocol/address.ts";
import { START, TestIndex } from "./test_index.ts";
import {
  acknowledged,
  deregisterOf,
  digestOf,
  headOf,
  helloOf,
  registerOf,
  signerOf,
  TestPeer,
} from "./test_peer.ts";
import { Model } from "./model.ts";

const HOSTS = 3;
const KEYS = 3;

/** One thing that one of a few hosts does. */
type Step =
  | { do: "hello"; host: number; key: number; port: number; lease: number }
  | { do: "goodbye"; host: number; key: number }
  | {
    do: "register";
    host: number;
    peer: number;
    name: number;
    digest: number;
    port: number;
  }
  | { do: "deregister"; host: number; peer: number; name: number }
  | { do: "repeat"; back: number }
  | { do: "pass"; ms: number }
  | { do: "sweep" };

const host = fc.nat({ max: HOSTS - 1 });
const key = fc.nat({ max: KEYS });
const peer = fc.nat({ max: 2 });
const name = fc.nat({ max: 4 });
const port = fc.constantFrom(0, 6_000, 7_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("hello"),
      host,
      key,
      port,
      lease: fc.constantFrom(0, 10, 30, 200),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("goodbye"), host, key }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("register"),
      host,
      peer,
      name,
      digest: fc.nat({ max: 2 }),
      port: fc.constantFrom(5_001, 6_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("deregister"), host, peer, name }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("repeat"),
      back: fc.nat({ max: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("pass"),
      ms: fc.constantFrom(1, 4_999, 10_000, 25_000, 300_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("sweep") }) },
) as fc.Arbitrary<Step>;

Deno.test("the index does what a model of a few lines does", () => {
  const signers = Array.from({ length: KEYS }, (_, i) => signerOf(i + 1));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const stage = new Stage(signers);
      for (const each of steps) {
        stage.take(each);
        stage.compare();
      }
    }),
    { numRuns: 1_000 },
  );
});

class Stage {
  readonly #index = new TestIndex({ limits: { maxRate: 0 } });
  readonly #model = new Model();
  readonly #signers: Signer[];
  readonly #peers = Array.from(
    { length: HOSTS },
    (_, i) => new TestPeer(this.#index, `192.0.2.${i + 1}`, 5_000),
  );
  readonly #watcher = new TestPeer(this.#index, "198.51.100.1");
  readonly #sent: { host: number; datagram: Uint8Array; reply: string }[] = [];

  constructor(signers: Signer[]) {
    this.#signers = signers;
  }

  take(step: Step): void {
    const { now } = this.#index;
    switch (step.do) {
      case "pass":
        this.#index.pass(step.ms);
        return;
      case "sweep":
        this.#index.sweep();
        return;
      case "repeat":
        return this.#repeat(step.back);
      case "hello":
      case "goodbye": {
        const signer = this.#signers[step.key];
        const from = endpointOf(step.host);
        const owner = signer && `key ${step.key}`;
        const goodbye = step.do === "goodbye";
        const fields = goodbye
          ? { goodbye }
          : { port: step.port, lease: step.lease };
        const expected = goodbye
          ? this.#model.goodbye(from, owner, now)
          : this.#model.hello(from, owner, { ...step, now });
        const encode = helloOf(fields, signer);
        return this.#send(step.host, encode, { expected, goodbye });
      }
      case "register": {
        const expected = this.#model.register(endpointOf(step.host), {
          ...step,
          key: `${step.peer} ${step.name}`,
          now,
        });
        const encode = registerOf(`${step.name}`, {
          peer: `${step.peer}`,
          port: step.port,
          metadata: { digest: digestOf(step.digest) },
        });
        return this.#send(step.host, encode, { expected, goodbye: true });
      }
      case "deregister": {
        const key = `${step.peer} ${step.name}`;
        const from = endpointOf(step.host);
        const expected = this.#model.deregister(from, key, now);
        const encode = deregisterOf(`${step.name}`, `${step.peer}`);
        return this.#send(step.host, encode, { expected, goodbye: true });
      }
    }
  }

  /** Everything that can be seen from outside is what the model says. */
  compare(): void {
    const { now } = this.#index;
    const expected = this.#model.registrations(now);
    const { entries, count } = this.#watcher.list();
    assertEquals(
      entries.map((entry) =>
        `${entry.peer} ${entry.name} at ` +
        formatEndpoint(entry.address, entry.port)
      ).sort(),
      expected.map(({ key, at }) => `${key} at ${at}`).sort(),
    );
    // Without a filter the count is that of what is known to live.
    assert(count >= expected.length);
    for (let name = 0; name < 5; name++) {
      const { head, sources } = this.#watcher.search(`${name}`);
      const wanted = this.#model.search(`${name}`, now);
      assertEquals(
        sources.map((source) => `${source.peer} ${source.name}`).sort(),
        wanted.sort(),
        `search for ${name}`,
      );
      if (wanted.length > 0) {
        assertEquals(acknowledged(head).count, wanted.length);
      }
    }
  }

  #send(
    host: number,
    encode: ReturnType<typeof helloOf>,
    { expected, goodbye }: { expected: string; goodbye: boolean },
  ): void {
    const peer = this.#peers[host]!;
    // The token is fetched apart, so that every request is sent once.
    peer.search("nothing");
    const datagram = peer.datagram(encode);
    const reply = headOf(peer.send(datagram));
    const told = reply.type === "A" ? `A ${reply.count}` : `${reply.error}`;
    assertEquals(told, expected);
    if (goodbye) this.#sent.push({ host, datagram, reply: told });
  }

  /** What was answered is answered alike, and not done again. */
  #repeat(back: number): void {
    const sent = this.#sent.at(-1 - back);
    if (!sent) return;
    const reply = headOf(this.#peers[sent.host]!.send(sent.datagram));
    if (reply.type === "E" && reply.error === "TOKEN") {
      assert(this.#index.now - START > 60_000);
      return;
    }
    const told = reply.type === "A" ? `A ${reply.count}` : `${reply.error}`;
    assertEquals(told, sent.reply);
  }
}

function endpointOf(host: number): string {
  return `192.0.2.${host + 1}`;
}
