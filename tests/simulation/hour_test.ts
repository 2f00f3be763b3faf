import { assert, assertEquals } from "@std/assert";
import { formatEndpoint } from "../../protocol/address.ts";
import type { ErrorReply } from "../../protocol/error_reply.ts";
import type { Signer } from "../../protocol/hello.ts";
import type { Ack } from "../../protocol/reply.ts";
import { Model } from "../index/model.ts";
import { START, TestIndex } from "../index/test_index.ts";
import {
  deregisterOf,
  digestOf,
  type Encode,
  headOf,
  helloOf,
  registerOf,
  signerOf,
  TestPeer,
} from "../index/test_peer.ts";
import { seeded } from "../peer/client_fixture.ts";
import { FakeClock } from "../peer/fake_clock.ts";

const PEERS = 5_000;
const HOUR_MS = 3_600_000;
const SWEEP_MS = 1_000;
const COMPARE_MS = 1_200_000;

/** Host addresses, fewer than peers: some share one. */
const HOSTS = 3_000;
/** User names and contents, so few that peers take them from each other. */
const USERS = 2_000;
const CONTENTS = 3_000;

/** How long things take on the average, in milliseconds. */
const MEAN = { away: 120_000, stay: 600_000, change: 400_000 };

Deno.test("5,000 peers come, go, crash and move for an hour: all is as in the model", async () => {
  const hour = new Hour(1);
  for (let n = 0; n < PEERS; n++) hour.add(n);
  for (let ms = 0; ms < HOUR_MS; ms += COMPARE_MS) {
    await hour.clock.advance(COMPARE_MS);
    hour.compare();
  }
  // It was no quiet hour.
  const { done } = hour;
  for (const what of ["come", "goodbye", "crash", "move", "expired"] as const) {
    assert(done[what] > PEERS / 2, `${what}: ${done[what]}`);
  }
});

/** Everybody, and the index and the model that they talk to. */
class Hour {
  readonly clock = new FakeClock();
  readonly index = new TestIndex();
  readonly model = new Model();
  readonly random: () => number;
  readonly done = { come: 0, goodbye: 0, crash: 0, move: 0, expired: 0 };
  readonly #watcher = new TestPeer(this.index, "198.51.100.1");

  constructor(seed: number) {
    this.random = seeded(seed);
    this.#sweep();
  }

  add(n: number): void {
    // A third of them have a key.
    const signer = n % 3 === 0 ? signerOf(n) : undefined;
    const actor = new Actor(this, signer && { name: `key ${n}`, signer });
    this.later(MEAN.away, () => actor.come());
  }

  /** Does something after a while, `mean` milliseconds on the average. */
  later(mean: number, action: () => void): () => void {
    return this.clock.after(-Math.log(1 - this.random()) * mean, () => {
      this.keepTime();
      action();
    });
  }

  pick(below: number): number {
    return Math.floor(this.random() * below);
  }

  keepTime(): void {
    this.index.now = START + this.clock.now();
  }

  /** Everything that can be seen of the index is what the model says. */
  compare(): void {
    this.keepTime();
    this.index.sweep();
    const { now, store } = this.index;
    const expected = this.model.registrations(now);
    const { entries, count } = this.#watcher.list();
    assertEquals(count, expected.length);
    const listed = entries.map(({ peer, name, address, port }) =>
      `${peer} ${name} at ${formatEndpoint(address, port)}`
    );
    const all = expected.map(({ key, at }) => `${key} at ${at}`);
    assertEquals(difference(listed, all), []);
    assertEquals(store.counts().registrations, expected.length);
    assertEquals(store.counts().owners, this.model.owners(now));
    this.done.expired = store.counts().expired;
    for (let n = 0; n < 50; n++) {
      const name = `${this.pick(CONTENTS)}`;
      const wanted = this.model.search(name, now);
      const { head, sources } = this.#watcher.search(name);
      assertEquals(head.type === "A" ? head.count : 0, wanted.length);
      for (const { peer } of sources) {
        assert(wanted.includes(`${peer} ${name}`), `${peer} for ${name}`);
      }
    }
  }

  #sweep(): void {
    this.clock.after(SWEEP_MS, () => {
      this.keepTime();
      this.index.store.sweep(this.index.now);
      this.#sweep();
    });
  }
}

function outcomeOf(reply: Ack | ErrorReply): string {
  return reply.type === "A" ? `A ${reply.count}` : `${reply.error}`;
}

/** What one of them has and the other has not. */
function difference(left: string[], right: string[]): string[] {
  return [...new Set(left).symmetricDifference(new Set(right))];
}

/** A peer that lives its life. */
class Actor {
  readonly #hour: Hour;
  readonly #key: { readonly name: string; readonly signer: Signer } | undefined;
  readonly #user: string;
  #peer: TestPeer;
  #port = 0;
  #lease = 0;
  #names: string[] = [];
  #cancel: (() => void)[] = [];

  constructor(hour: Hour, key: { name: string; signer: Signer } | undefined) {
    this.#hour = hour;
    this.#key = key;
    this.#user = `${hour.pick(USERS)}`;
    this.#peer = this.#settle();
  }

  come(): void {
    const { done, pick } = { done: this.#hour.done, pick: this.#pick };
    done.come++;
    if (pick(2) === 0) this.#peer = this.#settle();
    this.#port = 1_024 + pick(60_000);
    this.#lease = pick(40) === 0 ? 0 : [600, 1_800][pick(2)]!;
    this.#hello();
    this.#beat();
    for (let n = pick(4); n >= 0; n--) this.#register();
    this.#change();
    this.#cancel.push(this.#hour.later(MEAN.stay, () => this.#leave()));
  }

  #leave(): void {
    const { done } = this.#hour;
    const how = this.#pick(4);
    if (how === 0) {
      done.move++;
      this.#peer = this.#settle();
      this.#hello();
      this.#cancel.push(this.#hour.later(MEAN.stay, () => this.#leave()));
      return;
    }
    for (const cancel of this.#cancel) cancel();
    this.#cancel = [];
    this.#names = [];
    if (how === 1) {
      done.goodbye++;
      const { now } = this.#hour.index;
      this.#ask(
        helloOf({ goodbye: true }, this.#key?.signer),
        this.#hour.model.goodbye(this.#from, this.#key?.name, now),
        true,
      );
    } else done.crash++;
    this.#hour.later(MEAN.away, () => this.come());
  }

  #hello(): void {
    const { now } = this.#hour.index;
    const hello = { port: this.#port, lease: this.#lease };
    this.#ask(
      helloOf(hello, this.#key?.signer),
      this.#hour.model.hello(this.#from, this.#key?.name, { ...hello, now }),
    );
  }

  #beat(): void {
    const third = (this.#lease || 60) * 1_000 / 3;
    const beats = this.#cancel.length;
    const beat = () => {
      this.#hour.keepTime();
      this.#hello();
      this.#cancel[beats] = this.#hour.clock.after(third, beat);
    };
    this.#cancel.push(this.#hour.clock.after(third, beat));
  }

  #change(): void {
    const changes = this.#cancel.length;
    const change = () => {
      if (this.#pick(3) === 0) this.#deregister();
      else this.#register();
      this.#cancel[changes] = this.#hour.later(MEAN.change, change);
    };
    this.#cancel.push(this.#hour.later(MEAN.change, change));
  }

  #register(): void {
    const { index: { now }, model } = this.#hour;
    const name = `${this.#pick(CONTENTS)}`;
    const digest = this.#pick(3);
    const port = this.#port;
    this.#names.push(name);
    this.#ask(
      registerOf(name, {
        peer: this.#user,
        port,
        metadata: { digest: digestOf(digest) },
      }),
      model.register(this.#from, {
        key: `${this.#user} ${name}`,
        port,
        digest,
        now,
      }),
      true,
    );
  }

  #deregister(): void {
    const { index: { now }, model } = this.#hour;
    const name = this.#names[this.#pick(this.#names.length)] ?? "nothing";
    const key = `${this.#user} ${name}`;
    this.#ask(
      deregisterOf(name, this.#user),
      model.deregister(this.#from, key, now),
      true,
    );
  }

  /** Asks, now and then twice, and gets what the model says. */
  #ask(encode: Encode, expected: string, mayRepeat = false): void {
    let datagram = this.#peer.datagram(encode);
    let reply = headOf(this.#peer.send(datagram));
    if (reply.type === "E" && reply.error === "TOKEN") {
      datagram = this.#peer.datagram(encode);
      reply = headOf(this.#peer.send(datagram));
    }
    assertEquals(outcomeOf(reply), expected);
    if (!mayRepeat || this.#pick(20) > 0) return;
    assertEquals(outcomeOf(headOf(this.#peer.send(datagram))), expected);
  }

  #settle(): TestPeer {
    const host = this.#pick(HOSTS);
    const hostname = host % 4 === 0
      ? `2001:db8:${(host + 1).toString(16)}::1`
      : `192.0.${host >> 8}.${host & 0xff}`;
    return new TestPeer(this.#hour.index, hostname, 1_024 + this.#pick(60_000));
  }

  get #from(): string {
    const { hostname, port } = this.#peer;
    return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  }

  #pick = (below: number): number => this.#hour.pick(below);
}
