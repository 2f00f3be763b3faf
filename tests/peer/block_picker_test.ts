import { assertEquals } from "@std/assert";
import { bitfieldBytes, setBit } from "../../peer/bitfield.ts";
import { BlockMap } from "../../peer/block_map.ts";
import { BlockPicker } from "../../peer/block_picker.ts";
import { Crowd } from "../../peer/crowd.ts";
import { randomOf } from "./transfer_fixture.ts";

const MIB = 2 ** 20;

/** Ten pieces of four blocks, the last with a single one. */
const MAP = new BlockMap({ size: 36 * MIB + 5, exponent: 22 });

function bits(...pieces: number[]): Uint8Array {
  const set = new Uint8Array(bitfieldBytes(MAP.pieces));
  for (const piece of pieces) setBit(set, piece);
  return set;
}

function pickerWith(
  verified = bits(),
  { start = 0, crowd = new Crowd("me", MAP.pieces) } = {},
): BlockPicker {
  const random = () => start / MAP.pieces;
  return new BlockPicker(MAP, { verified, random, crowd });
}

/** Picks until there is nothing more, a block at a time. */
function order(
  picker: BlockPicker,
  options: { have?: Uint8Array; mayAsk?: (piece: number) => boolean } = {},
): number[] {
  const blocks: number[] = [];
  for (let run; (run = picker.next({ maxBytes: 0, ...options }));) {
    blocks.push(run.first);
  }
  return blocks;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

Deno.test("BlockMap cuts pieces into blocks", () => {
  assertEquals([MAP.pieces, MAP.blocks, MAP.blocksPerPiece], [10, 37, 4]);
  assertEquals(MAP.run(36, 1), {
    first: 36,
    count: 1,
    offset: 36 * MIB,
    length: 5,
  });
  assertEquals([MAP.firstBlockOf(9), MAP.endBlockOf(9)], [36, 37]);
  assertEquals([MAP.pieceLength(8), MAP.pieceLength(9)], [4 * MIB, 5]);
  const small = new BlockMap({ size: 600_000, exponent: 18 });
  assertEquals([small.blocks, small.blockBytes], [3, 2 ** 18]);
  const empty = new BlockMap({ size: 0, exponent: 18 });
  assertEquals([empty.pieces, empty.blocks], [0, 0]);
});

Deno.test("BlockPicker gives every missing block once, in order", () => {
  assertEquals(order(pickerWith()), range(0, 37));
  assertEquals(order(pickerWith(bits(0, 3))), [
    ...range(4, 12),
    ...range(16, 37),
  ]);
  assertEquals(order(pickerWith(bits(), { start: 5 })), [
    ...range(20, 37),
    ...range(0, 20),
  ]);
  assertEquals(order(pickerWith(bits(...range(0, 10)))), []);
});

Deno.test("BlockPicker gives runs of consecutive missing blocks", () => {
  const picker = pickerWith(bits(1));
  const runs: [number, number][] = [];
  for (let run; (run = picker.next({ maxBytes: 3 * MIB + 1 }));) {
    runs.push([run.first, run.count]);
  }
  assertEquals(runs.slice(0, 4), [[0, 3], [3, 1], [8, 3], [11, 3]]);
  assertEquals(picker.missing, 0);
});

Deno.test("BlockPicker gives again what was released, and nothing that came", () => {
  const picker = pickerWith();
  const run = picker.next({ maxBytes: 4 * MIB })!;
  picker.arrive(0);
  picker.release(run);
  assertEquals(picker.next({ maxBytes: 8 * MIB })!.first, 3);
  picker.release(MAP.run(3, 8));
  assertEquals(order(picker).sort((a, b) => a - b), range(1, 37));
});

Deno.test("BlockPicker keeps a block asked for until nobody is asked", () => {
  const picker = pickerWith();
  order(picker);
  const run = MAP.run(7, 1);
  picker.ask(run);
  assertEquals(picker.askedOf(7), 2);
  picker.release(run);
  assertEquals(picker.missing, 0);
  picker.release(run);
  assertEquals([picker.missing, picker.askedOf(7)], [1, 0]);
  assertEquals(order(picker), [7]);
});

Deno.test("BlockPicker gives a rejected piece again", () => {
  const picker = pickerWith();
  order(picker);
  for (const block of range(8, 12)) {
    picker.arrive(block);
    picker.release(MAP.run(block, 1));
  }
  picker.reject(2);
  assertEquals(order(picker).sort((a, b) => a - b), range(8, 12));
  for (const block of range(8, 12)) picker.arrive(block);
  picker.verify(2);
  assertEquals([picker.isVerified(2), picker.unverified], [true, 9]);
  picker.reject(2);
  assertEquals(picker.isVerified(2), true);
});

Deno.test("BlockPicker asks a source for what it has, and may be asked for", () => {
  assertEquals(order(pickerWith(), { have: bits(1, 9) }), [
    ...range(4, 8),
    36,
  ]);
  const mayAsk = (piece: number) => piece === 2;
  assertEquals(order(pickerWith(), { mayAsk }), range(8, 12));
  assertEquals(order(pickerWith(), { mayAsk, have: bits(3) }), []);
});

Deno.test("BlockPicker gives rare pieces first", () => {
  const crowd = new Crowd("me", MAP.pieces);
  crowd.add("a");
  crowd.add("b");
  const picker = pickerWith(bits(), { crowd });
  picker.addPartial(bits(0, 1, 2, 3, 4, 5, 6));
  picker.addPartial(bits(0, 1, 2, 8));
  const pieces = order(picker).map((block) => MAP.pieceOf(block));
  const first = [7, 9].sort((a, b) => crowd.turnOf(a) - crowd.turnOf(b));
  assertEquals([...new Set(pieces)], [...first, 3, 4, 5, 6, 8, 0, 1, 2]);
  picker.removePartial(bits(0, 1, 2, 8));
});

Deno.test("BlockPicker loses no block, whatever happens", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = randomOf(seed);
    const picker = pickerWith(bits(seed % 10), { start: seed % 10 });
    const asked: ReturnType<BlockPicker["next"]>[] = [];
    for (let step = 0; picker.unverified > 0; step++) {
      if (step > 10_000) throw new Error(`Seed ${seed} never ends`);
      const run = picker.next({ maxBytes: random() * 5 * MIB });
      if (run) asked.push(run);
      if (asked.length === 0) continue;
      const [done] = asked.splice(Math.floor(random() * asked.length), 1);
      if (random() < 0.3) {
        picker.release(done!);
        continue;
      }
      for (let i = 0; i < done!.count; i++) {
        const block = done!.first + i;
        if (picker.hasCome(block)) continue;
        picker.arrive(block);
        const piece = MAP.pieceOf(block);
        const all = range(MAP.firstBlockOf(piece), MAP.endBlockOf(piece));
        if (!all.every((block) => picker.hasCome(block))) continue;
        if (random() < 0.2) picker.reject(piece);
        else picker.verify(piece);
      }
      picker.release(done!);
    }
    assertEquals(picker.missing, 0);
  }
});
