import { assert, assertEquals } from "@std/assert";
import { Crowd } from "../../peer/crowd.ts";

const NAMES = ["anna", "ben", "carl", "dora", "emil"];
const PIECES = 1_000;

/** What each of a crowd knows, when all know all. */
function crowdOf(names: readonly string[]): Crowd[] {
  return names.map((self) => {
    const crowd = new Crowd(self, PIECES);
    for (const name of names) if (name !== self) crowd.add(name);
    return crowd;
  });
}

Deno.test("Crowd shares out every piece to exactly one, and evenly", () => {
  const crowds = crowdOf(NAMES);
  const shares = NAMES.map(() => 0);
  for (let piece = 0; piece < PIECES; piece++) {
    const owners = crowds.flatMap((it, i) => it.isOurs(piece) ? [i] : []);
    assertEquals(owners.length, 1);
    shares[owners[0]!]!++;
  }
  for (const share of shares) assert(share > 150 && share < 250, `${shares}`);
});

Deno.test("Crowd comes to others' pieces last, where their owners do", () => {
  const [us, ...others] = crowdOf(NAMES);
  const inTurn = (crowd: Crowd) =>
    Array.from({ length: PIECES }, (_, piece) => piece)
      .sort((a, b) => crowd.turnOf(a) - crowd.turnOf(b));
  const order = inTurn(us!);
  const ours = order.filter((piece) => us!.isOurs(piece)).length;
  assert(order.slice(0, ours).every((piece) => us!.isOurs(piece)));
  const next = order[ours]!;
  const owner = others.find((other) => other.isOurs(next))!;
  // In the last quarter of what is its own.
  const theirs = inTurn(owner).filter((piece) => owner.isOurs(piece));
  assert(theirs.indexOf(next) > theirs.length * 0.75);
});

Deno.test("Crowd knows who comes and who goes", () => {
  const crowd = new Crowd("anna", PIECES);
  assertEquals([crowd.isAlone, crowd.turnOf(7)], [true, 0]);
  crowd.add("ben");
  crowd.add("ben");
  assertEquals(crowd.isAlone, false);
  const ours = () =>
    Array.from({ length: PIECES }, (_, piece) => piece)
      .filter((piece) => crowd.isOurs(piece)).length;
  assert(Math.abs(ours() - PIECES / 2) < 100);
  crowd.remove("ben");
  assertEquals(crowd.isAlone, false);
  crowd.remove("ben");
  crowd.remove("carl");
  assertEquals([crowd.isAlone, ours()], [true, PIECES]);
});

Deno.test("Crowd shares with so many at most", () => {
  const crowd = new Crowd("anna", PIECES);
  for (let i = 0; i < 1_000; i++) crowd.add(`peer ${i}`);
  const turns = Array.from({ length: PIECES }, (_, piece) => piece)
    .map((piece) => crowd.turnOf(piece));
  // In steps of one in 65: nobody else was looked at.
  const ours = turns.filter((turn) => turn < 1 / 65);
  assert(ours.length > 3 && ours.length < 40, `${ours.length}`);
  assertEquals(ours.length, turns.filter((_, i) => crowd.isOurs(i)).length);
});
