import { assertEquals, assertNotEquals } from "@std/assert";
import { Members } from "../../index/members.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { TestIndex } from "./test_index.ts";
import {
  acknowledged,
  headOf,
  helloOf,
  refusal,
  registerOf,
  signerOf,
  TestPeer,
} from "./test_peer.ts";

const MEMBER = signerOf(1);
const OTHER = signerOf(2);
const STRANGER = signerOf(9);

/** An index for two members. */
function stage({ isPrivate = false, seed = 1 } = {}) {
  const members = new Members([MEMBER.key, OTHER.key], { isPrivate });
  const index = new TestIndex({ members, seed });
  return { members, index };
}

Deno.test("who is listed registers, and renews as long as it is on line", () => {
  const { index } = stage();
  const peer = new TestPeer(index);
  acknowledged(peer.hello({}, MEMBER));
  acknowledged(peer.register("a.txt"));
  for (let minute = 0; minute < 10; minute++) {
    // No hello in between: what is asked with a member's token renews that.
    index.pass(59_000);
    acknowledged(peer.register("a.txt"));
  }
  acknowledged(peer.deregister("a.txt"));
});

Deno.test("who is not listed, or shows no key, registers nothing", () => {
  const { index } = stage();
  const peer = new TestPeer(index);
  assertEquals(refusal(peer.register("a.txt")), "FORBIDDEN");
  assertEquals(refusal(peer.deregister("a.txt")), "FORBIDDEN");
  assertEquals(refusal(peer.hello()), "FORBIDDEN");
  assertEquals(refusal(peer.hello({}, STRANGER)), "FORBIDDEN");
  assertEquals(refusal(peer.hello({ visit: true }, STRANGER)), "FORBIDDEN");
  assertEquals(refusal(peer.register("a.txt")), "FORBIDDEN");
  const { registrations, owners } = index.store.counts();
  assertEquals([registrations, owners], [0, 0], "nothing is kept of them");
});

Deno.test("who is not listed searches and lists, unless the index is private", () => {
  for (const isPrivate of [false, true]) {
    const { index } = stage({ isPrivate });
    const member = new TestPeer(index);
    acknowledged(member.hello({}, MEMBER));
    acknowledged(member.register("a.txt"));
    assertEquals(member.search("a.txt").sources.length, 1);
    assertEquals(member.list().entries.length, 1);
    const stranger = new TestPeer(index, "192.0.2.9");
    const heads = [stranger.search("a.txt").head, stranger.page().head];
    for (const head of heads) {
      if (isPrivate) assertEquals(refusal(head), "FORBIDDEN");
      else acknowledged(head);
    }
  }
});

Deno.test("a visit makes a member known and leaves every session as it is", () => {
  const { index } = stage({ isPrivate: true });
  const home = new TestPeer(index, "192.0.2.1");
  acknowledged(home.hello({}, MEMBER));
  acknowledged(home.register("a.txt"));
  const away = new TestPeer(index, "192.0.2.2");
  const visit = acknowledged(away.hello({ visit: true }, MEMBER));
  assertEquals([visit.lease, visit.count], [0, 0]);
  assertEquals(away.search("a.txt").sources.length, 1);
  assertEquals(away.list().entries.length, 1);
  assertEquals(index.store.counts().owners, 1);
  assertEquals(refusal(away.deregister("a.txt")), "NOT_FOUND");
  acknowledged(home.deregister("a.txt"));
});

Deno.test("a visit opens no session at an index without members either", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  acknowledged(peer.hello({ visit: true }));
  acknowledged(peer.hello({ visit: true }, MEMBER));
  assertEquals(index.store.counts().owners, 0);
});

Deno.test("a key that somebody else signs for is refused", () => {
  const { index } = stage();
  const thief = new TestPeer(index);
  const forged = { key: MEMBER.key, sign: STRANGER.sign };
  assertEquals(refusal(thief.hello({}, forged)), "SIGNATURE");
  assertEquals(refusal(thief.register("a.txt")), "FORBIDDEN");
});

Deno.test("a member's hello that is replayed makes nobody else a member", () => {
  const { index } = stage({ isPrivate: true });
  const member = new TestPeer(index, "192.0.2.1");
  assertEquals(refusal(member.page().head), "FORBIDDEN");
  const hello = member.datagram(helloOf({}, MEMBER));
  acknowledged(headOf(member.send(hello)));
  acknowledged(member.register("a.txt"));
  for (
    const [host, port] of [["192.0.2.2", 5_000], ["192.0.2.1", 5_001]] as const
  ) {
    const thief = new TestPeer(index, host, port);
    const [reply] = thief.send(hello);
    assertEquals(
      refusal(headOf([reply!])),
      "TOKEN",
      "not its endpoint's token",
    );
    assertEquals(refusal(thief.register("b.txt")), "FORBIDDEN");
    assertEquals(refusal(thief.search("a.txt").head), "FORBIDDEN");
  }
  // Where the source is forged as well, the answer goes to the member.
  index.pass(121_000);
  const late = index.deliver(hello, member);
  assertEquals(late.map(({ length }) => length), [PDU_BYTES]);
  assertEquals(refusal(headOf(member.send(hello))), "TOKEN", "too old");
});

Deno.test("a member's token is good at its own endpoint only", () => {
  const { index } = stage({ isPrivate: true });
  const member = new TestPeer(index, "192.0.2.1");
  acknowledged(member.hello({}, MEMBER));
  for (
    const [host, port] of [["192.0.2.2", 5_000], ["192.0.2.1", 5_001]] as const
  ) {
    const thief = new TestPeer(index, host, port);
    thief.token = member.token;
    const datagram = thief.datagram(registerOf("a.txt"));
    assertEquals(refusal(headOf(thief.send(datagram))), "TOKEN");
  }
  assertEquals(index.store.counts().registrations, 0);
});

Deno.test("a token that anybody gets is none of a member's", () => {
  const { index } = stage({ isPrivate: true });
  const peer = new TestPeer(index);
  peer.page();
  const plain = peer.token;
  acknowledged(peer.hello({}, MEMBER));
  assertNotEquals(peer.token, plain);
  const { token } = peer;
  assertEquals(peer.search("a.txt").head.type, "E");
  assertEquals(peer.token, token, "a member's stays one");
  peer.token = plain;
  assertEquals(refusal(peer.page().head), "FORBIDDEN");
  // Neither of two indexes with other secrets takes the other's.
  const other = new TestPeer(stage({ seed: 7 }).index);
  other.token = token;
  const datagram = other.datagram(registerOf("a.txt"));
  assertEquals(refusal(headOf(other.send(datagram))), "TOKEN");
});

Deno.test("what a member registers belongs to its key, or to nobody", () => {
  const { index } = stage();
  const peer = new TestPeer(index);
  acknowledged(peer.hello({ lease: 10 }, MEMBER));
  // The token outlives the session, and a visit opens none.
  index.pass(10_001);
  for (const visit of [false, true]) {
    if (visit) acknowledged(peer.hello({ visit }, MEMBER));
    const datagram = peer.datagram(registerOf("a.txt"));
    assertEquals(refusal(headOf(peer.send(datagram))), "FORBIDDEN");
    assertEquals(refusal(peer.deregister("a.txt")), "NOT_FOUND");
  }
  const { registrations, owners } = index.store.counts();
  assertEquals([registrations, owners], [0, 0]);
  // The same request is done once there is a session.
  const datagram = peer.datagram(registerOf("a.txt"));
  assertEquals(refusal(headOf(peer.send(datagram))), "FORBIDDEN");
  acknowledged(peer.hello({}, MEMBER));
  acknowledged(headOf(peer.send(datagram)));
  const moved = new TestPeer(index, "192.0.2.2");
  assertEquals(acknowledged(moved.hello({}, MEMBER)).count, 1);
});

Deno.test("who is taken off the list is a stranger at once", () => {
  const { index, members } = stage({ isPrivate: true });
  const kept = new TestPeer(index, "192.0.2.1");
  const gone = new TestPeer(index, "192.0.2.2");
  acknowledged(kept.hello({}, MEMBER));
  acknowledged(gone.hello({}, OTHER));
  acknowledged(gone.register("a.txt", { peer: "Eve" }));
  members.replace([MEMBER.key]);
  assertEquals(refusal(gone.page().head), "FORBIDDEN");
  assertEquals(refusal(gone.register("b.txt")), "FORBIDDEN");
  assertEquals(refusal(gone.hello({}, OTHER)), "FORBIDDEN");
  // Who stayed shows its key again, and goes on.
  assertEquals(refusal(kept.page().head), "FORBIDDEN");
  acknowledged(kept.hello({}, MEMBER));
  assertEquals(kept.list().entries.length, 1);
  // Nothing renews what the other one had.
  index.pass(60_001);
  acknowledged(kept.hello({ visit: true }, MEMBER));
  assertEquals(kept.list().entries.length, 0);
});

Deno.test("who was taken off the list may still say goodbye", () => {
  const { index, members } = stage();
  const peer = new TestPeer(index);
  acknowledged(peer.hello({}, OTHER));
  acknowledged(peer.register("a.txt"));
  members.replace([]);
  acknowledged(peer.hello({ goodbye: true }, OTHER));
  assertEquals(index.store.counts().registrations, 0);
});

Deno.test("a stranger is never answered with more than it sent", () => {
  const { index } = stage({ isPrivate: true });
  const peer = new TestPeer(index);
  for (const encode of [helloOf(), helloOf({}, STRANGER), registerOf("a")]) {
    peer.ask(encode);
    const datagram = peer.datagram(encode);
    const replies = index.deliver(datagram, peer);
    assertEquals(replies.map(({ length }) => length), [PDU_BYTES]);
  }
});
