import { assertEquals, assertThrows } from "@std/assert";
import { formatAddress, parseAddress } from "../../protocol/address.ts";
import type { Address } from "../../protocol/address.ts";
import { isDatagramLength, messagesOf } from "../../protocol/datagram.ts";
import { followingPdus } from "../../protocol/download.ts";
import { ERROR_CODES } from "../../protocol/error_code.ts";
import { type LayoutName, LAYOUTS } from "../../protocol/layout.ts";
import { contentNameFault, peerNameFault } from "../../protocol/name.ts";
import { PDU_BYTES, PDU_TYPE, ProtocolError } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { decode, encode, type Message, type Reader } from "./codec.ts";
import {
  bytesOf,
  fromJson,
  toJson,
  type Vector,
  type VectorPdu,
  type VectorReader,
  VECTORS,
} from "./vector.ts";

const CODED = VECTORS.messages.filter(isCoded);

Deno.test("vectors.json is well-formed", () => {
  assertEquals(VECTORS.version, PROTOCOL_VERSION);
  assertEquals(VECTORS.pduBytes, PDU_BYTES);
  const titles = VECTORS.messages.map((vector) => vector.title);
  assertEquals(new Set(titles).size, titles.length, "two vectors of one title");
  for (const vector of [...VECTORS.messages, ...VECTORS.refused]) {
    for (const pdu of vector.pdus) checkPdu(pdu, vector.read, vector.title);
  }
});

Deno.test("vectors.json covers every type and every error code", () => {
  const types = new Set(
    VECTORS.messages.flatMap((vector) => vector.pdus.map((pdu) => pdu.type)),
  );
  for (const [name, type] of Object.entries(PDU_TYPE)) {
    assertEquals(types.has(String.fromCharCode(type)), true, name);
  }
  const errors = new Set(VECTORS.messages.map((each) => each.message.error));
  for (const name of Object.keys(ERROR_CODES)) {
    assertEquals(errors.has(name), true, name);
  }
});

Deno.test("every vector decodes to its message", async (context) => {
  for (const vector of CODED) {
    await context.step(vector.title, () => {
      const message = decode(vector.read, bytesOf(vector.pdus));
      assertEquals(toJson(message), vector.message);
    });
  }
});

Deno.test("every vector's message encodes to its bytes", async (context) => {
  for (const vector of CODED.filter((each) => each.written !== false)) {
    await context.step(vector.title, () => {
      const message = fromJson(vector.message) as unknown as Message;
      assertEquals(
        encode(vector.read, message).toHex(),
        bytesOf(vector.pdus).toHex(),
      );
    });
  }
});

Deno.test("every refused vector is a ProtocolError", async (context) => {
  for (const vector of VECTORS.refused) {
    await context.step(vector.title, () => {
      const { message } = assertThrows(
        () => decode(vector.read as Reader, bytesOf(vector.pdus)),
        ProtocolError,
        "Cannot read",
        vector.why,
      );
      // It is what an E says.
      assertEquals(/^[ -~]{1,84}$/.test(message), true, message);
    });
  }
});

Deno.test("every datagram vector divides into its messages", () => {
  for (const { title, before, messages } of VECTORS.datagrams) {
    const parts = messages.map((each) => bytesOf(titled(each).pdus));
    const bytes = concat([bytesOf(before ?? []), ...parts]);
    assertEquals(isDatagramLength(bytes.length), true, title);
    const spans = [...messagesOf(new PduBuffer(bytes), bytes.length)];
    const found = spans.map(({ start, end }) => bytes.subarray(start, end));
    assertEquals(found, parts, title);
    spans.forEach((span, i) => {
      const vector = titled(messages[i]!);
      assertEquals(toJson(decode(vector.read, bytes, span)), vector.message);
    });
  }
});

Deno.test("isDatagramLength() agrees with the vectors", () => {
  for (const bytes of VECTORS.datagramBytes.accepted) {
    assertEquals(isDatagramLength(bytes), true, `${bytes}`);
  }
  for (const bytes of VECTORS.datagramBytes.dropped) {
    assertEquals(isDatagramLength(bytes), false, `${bytes}`);
  }
});

Deno.test("followingPdus() counts what follows every D", () => {
  for (const vector of CODED.filter((each) => each.read === "download")) {
    if (vector.written === false) continue;
    const pdus = new PduBuffer(bytesOf(vector.pdus));
    assertEquals(followingPdus(pdus, 0), vector.pdus.length - 1, vector.title);
  }
});

Deno.test("every signature of the vectors fits its key", async () => {
  let signatures = 0;
  for (const { pdus, message } of VECTORS.messages) {
    const signed = message.signed as Record<string, string> | undefined;
    if (!signed) continue;
    const key = await crypto.subtle.importKey(
      "raw",
      Uint8Array.fromHex(signed.key!),
      "Ed25519",
      false,
      ["verify"],
    );
    const signature = Uint8Array.fromHex(signed.signature!);
    const hello = bytesOf(pdus.slice(0, 1)).slice();
    assertEquals(
      await crypto.subtle.verify("Ed25519", key, signature, hello),
      true,
    );
    signatures++;
  }
  assertEquals(signatures > 0, true);
});

Deno.test("contentNameFault() and peerNameFault() agree with the vectors", () => {
  const { content, peer } = VECTORS.names;
  for (
    const [{ accepted, refused }, fault] of [
      [content, contentNameFault],
      [peer, peerNameFault],
    ] as const
  ) {
    for (const name of accepted) {
      assertEquals(fault(name), undefined, JSON.stringify(name));
    }
    for (const [name, why] of refused) {
      assertEquals(typeof fault(name), "string", JSON.stringify([name, why]));
    }
  }
});

Deno.test("formatAddress() and parseAddress() agree with the vectors", () => {
  const { written, read, refused } = VECTORS.addresses;
  for (const [hex, text] of written) {
    assertEquals(formatAddress(Uint8Array.fromHex(hex) as Address), text);
    assertEquals(parseAddress(text)?.toHex(), hex, text);
  }
  for (const [text, hex] of read) {
    assertEquals(parseAddress(text)?.toHex(), hex, text);
  }
  for (const text of refused) assertEquals(parseAddress(text), undefined, text);
});

type CodedVector = Vector & { readonly read: Reader };

function isCoded(vector: Vector): vector is CodedVector {
  return vector.read !== "content";
}

function titled(title: string): CodedVector {
  const vector = CODED.find((each) => each.title === title);
  if (!vector) throw new Error(`There is no vector "${title}"`);
  return vector;
}

function concat(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Checks that a PDU has the fields of its layout, in order, each within its width. */
function checkPdu(pdu: VectorPdu, read: VectorReader, title: string): void {
  const known = layoutOf(pdu.type, read);
  if (known) {
    const fields = pdu.fields.map(([name, bytes]) => [name, bytes]);
    const expected = Object.entries(LAYOUTS[known])
      .map(([name, { bytes }]) => [name, bytes]);
    assertEquals(fields, expected, title);
  }
  let total = 0;
  for (const [name, bytes, hex] of pdu.fields) {
    assertEquals(/^([\da-f]{2})*$/.test(hex), true, `${title}: ${name}`);
    assertEquals(hex.length <= 2 * bytes, true, `${title}: ${name}`);
    total += bytes;
  }
  assertEquals(1 + total, PDU_BYTES, title);
}

function layoutOf(
  type: string,
  read: VectorReader,
): LayoutName | undefined {
  switch (type) {
    case "H":
      return "HELLO";
    case "R":
    case "T":
      return "REQUEST";
    case "S":
      return read === "request" ? "REQUEST" : "RECORD";
    case "O":
      return read === "request" ? "LIST" : "RECORD";
    case "A":
      return read === "grant" ? "GRANT" : "ACK";
    case "E":
      return "ERROR";
    case "D":
      return "DOWNLOAD";
    case "C":
      return "CONTENT";
    case "m":
      return "METADATA";
    case "n":
      return "NAME";
    case "k":
      return "KEY";
    default:
      return undefined;
  }
}
