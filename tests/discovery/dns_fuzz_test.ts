import { assertEquals } from "@std/assert";
import fc from "../fast_check.ts";
import {
  decodeMessage,
  type DnsMessage,
  encodeMessage,
} from "../../discovery/dns_message.ts";
import type { DnsRecord } from "../../discovery/dns_record.ts";
import type { Address } from "../../protocol/address.ts";
import { ProtocolError } from "../../protocol/pdu.ts";
import { DNS_VECTORS } from "./vectors.ts";

/** Reads bytes: any fault but a protocol error comes through. */
function tryDecode(bytes: Uint8Array): DnsMessage | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

Deno.test("decodeMessage() gives a message or a ProtocolError for any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      tryDecode(bytes);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("decodeMessage() survives any few changed bytes of a message", () => {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    to: fc.integer({ min: 0, max: 255 }),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...DNS_VECTORS),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      ({ bytes }, changes) => {
        const changed = bytes.slice();
        for (const { at, to } of changes) {
          changed[Math.floor(at * changed.length)] = to;
        }
        tryDecode(changed);
      },
    ),
    { numRuns: 20_000 },
  );
});

const label = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => new TextEncoder().encode(text).length <= 48);
const name = fc.array(label, { minLength: 1, maxLength: 4 });
const head = {
  name,
  ttl: fc.nat({ max: 2 ** 32 - 1 }),
  flush: fc.boolean(),
};
const value = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
const key = fc.stringMatching(/^[a-z]{1,8}$/);

function addressStarting(start: readonly number[]): fc.Arbitrary<Address> {
  const length = 16 - start.length;
  return fc.uint8Array({ minLength: length, maxLength: length })
    .map((rest) => new Uint8Array([...start, ...rest]) as Address);
}

const record: fc.Arbitrary<DnsRecord> = fc.oneof(
  fc.record({ type: fc.constant("PTR" as const), ...head, target: name }),
  fc.record({
    type: fc.constant("SRV" as const),
    ...head,
    port: fc.nat({ max: 65_535 }),
    target: name,
  }),
  fc.record({
    type: fc.constant("TXT" as const),
    ...head,
    entries: fc.dictionary(key, value, { maxKeys: 4 })
      .map((entries) => new Map(Object.entries(entries))),
  }),
  fc.record({
    type: fc.constant("A" as const),
    ...head,
    address: addressStarting([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]),
  }),
  fc.record({
    type: fc.constant("AAAA" as const),
    ...head,
    address: addressStarting([0xfe]),
  }),
);

Deno.test("decodeMessage() gives back what encodeMessage() wrote", () => {
  const message: fc.Arbitrary<DnsMessage> = fc.record({
    id: fc.nat({ max: 65_535 }),
    response: fc.boolean(),
    questions: fc.array(
      fc.record({
        name,
        type: fc.constantFrom("A", "PTR", "TXT", "AAAA", "SRV", "ANY"),
        unicast: fc.boolean(),
      }),
      { maxLength: 1 },
    ),
    answers: fc.array(record, { maxLength: 1 }),
    additionals: fc.array(record, { maxLength: 1 }),
  });
  fc.assert(
    fc.property(message, (message) => {
      assertEquals(decodeMessage(encodeMessage(message)), message);
    }),
    { numRuns: 2_000 },
  );
});
