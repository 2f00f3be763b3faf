import { assertEquals } from "@std/assert";
import type { Store } from "../../index/store.ts";
import { encodeHello } from "../../protocol/hello.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { encodeRegister, encodeSearch } from "../../protocol/request.ts";
import { TestIndex } from "./test_index.ts";
import { acknowledged, headOf, metadataOf, TestPeer } from "./test_peer.ts";

/** An index, and the names that its store was told of, datagram by datagram. */
function watched(): { index: TestIndex; told: string[][] } {
  const told: string[][] = [];
  const watch = (store: Store) => {
    const touch = store.touch!.bind(store);
    store.touch = (names, count) => {
      told.push(names.slice(0, count).map(String));
      touch(names, count);
    };
    return store;
  };
  return { index: new TestIndex({ watch }), told };
}

const LONG = "n".repeat(60);

Deno.test("Directory tells its store of all short names of a datagram at once", () => {
  const { index, told } = watched();
  const peer = new TestPeer(index);
  peer.search("first");
  const replies = peer.send(peer.datagram((pdus, head) => {
    let end = 0;
    for (const text of ["a/one", LONG, "two"]) {
      end = encodeRegister(pdus, end, {
        ...head,
        ...{ peer: peerName("Bob"), port: 6_000, name: contentName(text) },
        metadata: metadataOf(),
      });
    }
    end = encodeSearch(pdus, end, { ...head, name: contentName("two") });
    return encodeHello(pdus, end, { ...head, peer: peerName("Bob") });
  }));
  assertEquals(told, [["a/one", "two", "two"]]);
  assertEquals(replies.filter(({ type }) => type === "A").length, 5);
  for (const name of ["a/one", LONG, "two"]) {
    assertEquals(acknowledged(peer.search(name).head).count, 1);
  }
});

Deno.test("Directory looks at nothing more of who has shown no token", () => {
  const { index, told } = watched();
  const peer = new TestPeer(index);
  const search = peer.datagram((pdus, head) => {
    let end = 0;
    for (let n = 0; n < 12; n++) {
      end = encodeSearch(pdus, end, { ...head, name: contentName("x") });
    }
    return end;
  });
  assertEquals(headOf(peer.send(search)).type, "E");
  assertEquals(told, []);
});
