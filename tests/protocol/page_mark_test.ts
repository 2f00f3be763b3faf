import { assertEquals } from "@std/assert";
import { parseAddress } from "../../protocol/address.ts";
import { markPage, readPageMark } from "../../protocol/page_mark.ts";
import { decodeReply, encodeAck } from "../../protocol/reply.ts";
import { PDU_BYTES } from "../../protocol/pdu.ts";
import { PduBuffer } from "../../protocol/pdu_buffer.ts";

const SEEN = parseAddress("192.0.2.7")!;
const FROM = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);

Deno.test("a page is marked in bytes 30 and 31 of the payload, and 12 to 27", () => {
  for (
    const [mark, bytes] of [
      [{ page: 0, more: false }, [0x00, 0x00]],
      [{ page: 0, more: true }, [0x80, 0x00]],
      [{ page: 1, more: false, from: FROM }, [0x00, 0x01]],
      [{ page: 31, more: true, from: FROM }, [0x80, 0x1f]],
      [{ page: 32_767, more: true, from: FROM }, [0xff, 0xff]],
    ] as const
  ) {
    const pdus = new PduBuffer(new Uint8Array(PDU_BYTES));
    const fields = { transaction: 1, address: SEEN, ...markPage(mark) };
    const end = encodeAck(pdus, 0, fields);
    assertEquals([...pdus.bytes.subarray(31, 33)], [...bytes]);
    assertEquals(pdus.bytes.slice(13, 29), mark.page === 0 ? SEEN : FROM);
    const ack = decodeReply(pdus, { start: 0, end });
    assertEquals(ack?.type === "A" && readPageMark(ack), mark);
  }
});

Deno.test("the first page says which address the index sees, whatever it goes on from", () => {
  assertEquals(markPage({ page: 0, more: true, from: FROM }), {
    lease: 0x8000,
  });
});
