import { assertEquals } from "@std/assert";
import { decodeDownload, encodeDownload } from "../../protocol/download.ts";
import { ERROR_CODES, type ErrorName } from "../../protocol/error_code.ts";
import { encodeError } from "../../protocol/error_reply.ts";
import { encodeHello } from "../../protocol/hello.ts";
import { contentName, peerName } from "../../protocol/name.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import {
  decodeReply,
  encodeAck,
  encodeRecord,
  isLastPage,
} from "../../protocol/reply.ts";
import { NO_CURSOR } from "../../protocol/request.ts";

const PDU = { start: 0, end: PDU_BYTES };

Deno.test("encodeHello() leaves out what it is not given", () => {
  const pdus = new PduBuffer(new Uint8Array(PDU_BYTES).fill(0xaa));
  const fields = { transaction: 1, token: 0n, peer: peerName("Alice") };
  assertEquals(encodeHello(pdus, 0, fields), PDU_BYTES);
  const expected = new Uint8Array(PDU_BYTES);
  expected.set(new TextEncoder().encode("H\0\0\0\x01"));
  expected.set(new TextEncoder().encode("Alice"), 1 + 30);
  expected[1 + 46] = 1;
  assertEquals(pdus.bytes, expected);
});

Deno.test("encodeAck() leaves out what it is not given", () => {
  const pdus = new PduBuffer(new Uint8Array(PDU_BYTES).fill(0xaa));
  assertEquals(encodeAck(pdus, 0, { transaction: 2 }), PDU_BYTES);
  const expected = new Uint8Array(PDU_BYTES);
  expected.set([0x41, 0, 0, 0, 2]);
  assertEquals(pdus.bytes, expected);
});

Deno.test("encodeRecord() gives no address where it is given none", () => {
  const pdus = new PduBuffer(new Uint8Array(PDU_BYTES).fill(0xaa));
  encodeRecord(pdus, 0, {
    type: "S",
    transaction: 3,
    size: 5,
    port: 6010,
    peer: peerName("Alice"),
    name: contentName("notes.txt"),
  });
  assertEquals(pdus.bytes.subarray(1 + 12, 1 + 28), new Uint8Array(16));
});

Deno.test("encodeError() says what the table says", () => {
  for (const error of Object.keys(ERROR_CODES) as ErrorName[]) {
    const pdus = new PduBuffer(new Uint8Array(PDU_BYTES));
    encodeError(pdus, 0, { transaction: 4, error });
    assertEquals(decodeReply(pdus, PDU), {
      type: "E",
      transaction: 4,
      token: 0n,
      code: ERROR_CODES[error].code,
      error,
      retryAfter: 0,
      text: ERROR_CODES[error].text,
    });
  }
});

Deno.test("encodeDownload() asks for the whole content", () => {
  const pdus = new PduBuffer(new Uint8Array(PDU_BYTES));
  const asked = {
    transaction: 5,
    peer: peerName("Bob"),
    name: contentName("notes.txt"),
  };
  assertEquals(encodeDownload(pdus, 0, asked), PDU_BYTES);
  assertEquals(decodeDownload(pdus, PDU), {
    ...asked,
    offset: 0,
    length: Infinity,
    kind: 0,
    exponent: 0,
    version: 1,
  });
});

Deno.test("isLastPage() is true of the cursor of nothing alone", () => {
  assertEquals(isLastPage(NO_CURSOR), true);
  for (let i = 0; i < 16; i++) {
    const cursor = new Uint8Array(16);
    cursor[i] = 1;
    assertEquals(isLastPage(cursor), false);
  }
});
