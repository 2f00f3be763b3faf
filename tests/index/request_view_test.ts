import { assert, assertEquals } from "@std/assert";
import { RequestView } from "../../index/request_view.ts";
import { isDatagramLength, messagesOf } from "../../protocol/datagram.ts";
import type { Span } from "../../protocol/message.ts";
import { contentName } from "../../protocol/name.ts";
import { PDU_BYTES, ProtocolError } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";
import { decodeRequest } from "../../protocol/request.ts";
import { seeded } from "../peer/client_fixture.ts";
import { Fuzzer } from "./fuzz.ts";
import { deregisterOf, registerOf } from "./test_peer.ts";

/** What both ways of reading make of a message, as text. */
function readings(pdus: PduBuffer, span: Span): [string, string] {
  const view = new RequestView();
  const read = (work: () => unknown) => {
    try {
      return JSON.stringify(work());
    } catch (error) {
      assert(error instanceof ProtocolError);
      return error.message;
    }
  };
  return [
    read(() => {
      view.read(pdus, span);
      const { transaction, hasDigest } = view;
      const name = view.name.toString();
      const digest = hasDigest ? view.digest.subarray().toHex() : "";
      const type = String.fromCharCode(pdus.type(span.start));
      if (type === "S") return { transaction, name, digest };
      const peer = view.peer.toString();
      if (type === "T") return { transaction, name, peer };
      const { port, size, exponent, modified, partial } = view;
      return {
        ...{ transaction, name, digest, peer },
        ...{ port, size, exponent, modified, partial },
      };
    }),
    read(() => {
      const request = decodeRequest(pdus, span);
      assert(request && request.type !== "H" && request.type !== "O");
      const { transaction, name = "" } = request;
      if (request.type === "S") {
        return { transaction, name, digest: request.digest?.toHex() ?? "" };
      }
      const { peer } = request;
      if (request.type === "T") return { transaction, name, peer };
      const { size, digest, exponent, modified, partial } = request.metadata;
      return {
        ...{ transaction, name, digest: digest.toHex(), peer },
        ...{ port: request.port, size, exponent, modified, partial },
      };
    }),
  ];
}

Deno.test("RequestView.read() and decodeRequest() read the same from whatever comes", () => {
  const fuzzer = new Fuzzer(seeded(5));
  const seen = { messages: 0, long: 0, refused: 0 };
  for (let n = 0; n < 20_000; n++) {
    const bytes = fuzzer.next({ transaction: n * 16, token: 1n });
    if (!isDatagramLength(bytes.length)) continue;
    const pdus = new PduBuffer(bytes.slice());
    for (const span of messagesOf(pdus, bytes.length)) {
      const type = String.fromCharCode(pdus.type(span.start));
      if (!"RTS".includes(type)) continue;
      const [view, decoded] = readings(pdus, span);
      assertEquals(view, decoded);
      seen.messages++;
      if (!decoded.startsWith("{")) seen.refused++;
      else if (span.end - span.start > 2 * PDU_BYTES) seen.long++;
    }
  }
  for (const count of Object.values(seen)) assert(count > 300, `${count}`);
});

Deno.test("RequestView.read() reads names of every length", () => {
  for (let length = 1; length <= 822; length++) {
    const parts = "a".repeat(length).replace(/a{150}a/g, `${"b".repeat(150)}/`);
    const name = contentName(parts.replace(/\/$/, "c"));
    for (const encode of [registerOf(name), deregisterOf(name)]) {
      const pdus = new PduBuffer(new Uint8Array(12 * PDU_BYTES));
      const end = encode(pdus, { transaction: length, token: 1n });
      const view = new RequestView();
      view.read(pdus, { start: 0, end });
      assertEquals(view.name.toString(), name as string);
    }
  }
});
