import { assertEquals } from "@std/assert";
import type { ListPage, OwnerView, Registration } from "../../index/store.ts";
import { isLastPage } from "../../protocol/reply.ts";
import { NO_CURSOR } from "../../protocol/request.ts";
import { START, TestIndex } from "./test_index.ts";
import { signerOf, TestPeer } from "./test_peer.ts";

Deno.test("owners() shows every living owner once, page by page", () => {
  const index = new TestIndex();
  for (let n = 1; n <= 7; n++) {
    const peer = new TestPeer(index, `192.0.2.${n}`);
    for (let file = 0; file < n; file++) {
      peer.register(`${n}/${file}`, { peer: `peer ${n}` });
    }
  }
  const seen = ownersOf(index, 3);
  assertEquals(
    seen.map(({ peer, registrations }) => `${peer}: ${registrations}`),
    [1, 2, 3, 4, 5, 6, 7].map((n) => `peer ${n}: ${n}`),
  );
});

Deno.test("owners() tells port, key and lease, and forgets who is gone", () => {
  const index = new TestIndex();
  const signer = signerOf(1);
  const keyed = new TestPeer(index, "192.0.2.1");
  keyed.hello({ port: 7_000, lease: 30 }, signer);
  new TestPeer(index, "192.0.2.2").hello({ lease: 10 });
  const [first, second] = ownersOf(index);
  assertEquals(first?.key, signer.key);
  assertEquals([first?.port, first?.peer], [7_000, undefined]);
  assertEquals(first?.leaseEnd, START + 30_000);
  assertEquals(second?.key, undefined);
  index.pass(10_001);
  assertEquals(ownersOf(index).length, 1);
});

Deno.test("owners() shows an owner that a key took over as that key's", () => {
  const index = new TestIndex();
  const signer = signerOf(2);
  const old = new TestPeer(index, "192.0.2.1");
  old.hello({}, signer);
  const moved = new TestPeer(index, "192.0.2.2");
  moved.register("a.txt");
  moved.hello({}, signer);
  const owners = ownersOf(index);
  assertEquals(owners.map((owner) => owner.registrations), [1]);
});

Deno.test("owners() refuses a cursor of another start", () => {
  const index = new TestIndex();
  const cursor = new Uint8Array(16).fill(9);
  const page = index.store.owners({ cursor, take: () => true }, index.now);
  assertEquals(page.status, "BAD_CURSOR");
});

Deno.test("list() and search() tell when a lease runs out", () => {
  const index = new TestIndex();
  const peer = new TestPeer(index);
  peer.hello({ lease: 45 });
  peer.register("a.txt");
  const seen: Registration[] = [];
  index.store.list({
    cursor: NO_CURSOR,
    filter: undefined,
    take: (registration) => seen.push(registration) > 0,
  }, index.now);
  assertEquals(seen.map(({ leaseEnd }) => leaseEnd), [START + 45_000]);
});

/** All owners, so many to a page. */
function ownersOf(index: TestIndex, room = 100): OwnerView[] {
  const owners: OwnerView[] = [];
  let cursor = NO_CURSOR;
  do {
    let left = room;
    const page: ListPage = index.store.owners({
      cursor,
      take: (owner) => left-- > 0 && owners.push(owner) > 0,
    }, index.now);
    cursor = page.cursor;
  } while (!isLastPage(cursor));
  return owners;
}
