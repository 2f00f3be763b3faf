import { assertEquals } from "@std/assert";
import { type Field, LAYOUTS } from "../../protocol/layout.ts";
import { PAYLOAD_BYTES } from "../../protocol/pdu.ts";

for (const [name, layout] of Object.entries(LAYOUTS)) {
  Deno.test(`LAYOUTS.${name} tiles its payload`, () => {
    const fields = Object.entries<Field>(layout)
      .sort(([, a], [, b]) => a.offset - b.offset);
    let end = 0;
    for (const [field, { offset, bytes }] of fields) {
      assertEquals(offset, end, `${field} starts where the one before it ends`);
      assertEquals(bytes > 0, true, `${field} has a width`);
      end = offset + bytes;
    }
    assertEquals(end, PAYLOAD_BYTES);
  });
}

Deno.test("LAYOUTS: fields stand in the order of their bytes", () => {
  for (const layout of Object.values(LAYOUTS)) {
    const offsets = Object.values<Field>(layout).map((field) => field.offset);
    assertEquals(offsets, offsets.toSorted((a, b) => a - b));
  }
});

Deno.test("LAYOUTS: the transaction is the same everywhere but in C", () => {
  const { CONTENT: _, ...numbered } = LAYOUTS;
  for (const { transaction } of Object.values(numbered)) {
    assertEquals(transaction, { offset: 0, bytes: 4 });
  }
});
