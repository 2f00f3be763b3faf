import { assertEquals, assertThrows } from "@std/assert";
import {
  decodeMessage,
  type DnsMessage,
  encodeMessage,
  MESSAGE_BYTES_READ,
} from "../../discovery/dns_message.ts";
import { MESSAGE_LABELS } from "../../discovery/dns_reader.ts";
import { TXT_ENTRIES } from "../../discovery/dns_record.ts";
import { ProtocolError } from "../../protocol/pdu.ts";
import { bytesOf } from "./hex.ts";
import { DNS_VECTORS } from "./vectors.ts";

for (const { name, bytes, message } of DNS_VECTORS) {
  Deno.test(`decodeMessage() reads ${name}`, () => {
    assertEquals(decodeMessage(bytes), message);
  });

  Deno.test(`encodeMessage() writes ${name}`, () => {
    assertEquals(encodeMessage(message), bytes);
  });

  Deno.test(`decodeMessage() refuses every beginning of ${name}`, () => {
    for (let length = 0; length < bytes.length; length++) {
      assertThrows(() => decodeMessage(bytes.slice(0, length)), ProtocolError);
    }
  });
}

/** A response with one record, as typed. */
function response(record: string): DnsMessage {
  return decodeMessage(bytesOf(`
    00 00 84 00             #  0 a response
    00 00 00 01 00 00 00 00 #  4 one answer
    ${record}
  `));
}

Deno.test("decodeMessage() skips records of other types and classes", () => {
  const { answers } = decodeMessage(bytesOf(`
    00 00 84 00             #  0 a response
    00 00 00 03 00 00 00 00 #  4 three answers
    01 "a" 00               # 12
    00 2f 80 01             # NSEC
    00 00 00 78 00 03 c0 0c 00
    01 "b" 00
    00 01 00 03             # A of the class CHAOS
    00 00 00 78 00 04 c0 00 02 07
    01 "c" 00
    00 01 00 01             # A
    00 00 00 78 00 04 c0 00 02 07
  `));
  assertEquals(answers.map(({ name }) => name), [["c"]]);
});

Deno.test("decodeMessage() skips authorities, as a probe has them", () => {
  const message = decodeMessage(bytesOf(`
    00 00 00 00             #  0 a query
    00 00 00 00 00 01 00 00 #  4 one authority
    01 "c" 00
    00 01 00 01             # A
    00 00 00 78 00 04 c0 00 02 07
  `));
  assertEquals([message.answers, message.additionals], [[], []]);
});

Deno.test("decodeMessage() leaves out a record that its type does not fit", () => {
  for (
    const record of [
      '01 "c" 00 00 01 00 01 00 00 00 78 00 03 c0 00 02 # A of 3 bytes',
      '01 "c" 00 00 01 00 01 00 00 00 78 00 05 c0 00 02 07 00 # A of 5 bytes',
      '01 "c" 00 00 1c 00 01 00 00 00 78 00 04 c0 00 02 07 # AAAA of 4 bytes',
      '01 "c" 00 00 0c 00 01 00 00 00 78 00 00 # PTR to nothing',
      '01 "c" 00 00 21 00 01 00 00 00 78 00 06 00 00 00 00 00 01 # SRV, no host',
      '01 "c" 00 00 10 00 01 00 00 00 78 00 02 05 "a" # TXT past its end',
      '01 "c" 00 00 ff 00 01 00 00 00 78 00 00 # ANY',
    ]
  ) {
    assertEquals(response(record).answers, [], record);
  }
});

Deno.test("decodeMessage() does not take IPv4 in an AAAA record", () => {
  const { answers } = response(`
    01 "c" 00 00 1c 00 01 00 00 00 78 00 10
    00 00 00 00 00 00 00 00 00 00 ff ff c0 00 02 07
  `);
  assertEquals(answers, []);
});

Deno.test("decodeMessage() reads the first of a key, and printable values only", () => {
  const { answers: [record] } = response(`
    01 "c" 00 00 10 00 01 00 00 00 78 00 18
    03 "V=1" 03 "v=2"       # the case of a key makes no difference
    01 "b"                  # a key alone
    02 "=x"                 # no key
    04 "c=" 1b 41           # what a terminal obeys
    05 "d=" c3 a9 3d
  `);
  assertEquals(
    record?.type === "TXT" && [...record.entries],
    [["v", "1"], ["b", ""], ["d", "é="]],
  );
});

Deno.test("decodeMessage() reads at most so many keys", () => {
  const keys = Array.from({ length: TXT_ENTRIES + 1 }, (_, i) => 0x61 + i);
  const { answers: [record] } = response(`
    01 "c" 00 00 10 00 01 00 00 00 78
    00 ${(keys.length * 2).toString(16).padStart(2, "0")}
    ${keys.map((key) => `01 ${key.toString(16)}`).join(" ")}
  `);
  assertEquals(record?.type === "TXT" && record.entries.size, TXT_ENTRIES);
});

const REFUSED: Readonly<Record<string, string>> = {
  "a name that points at itself": "c0 0c 00 0c 00 01",
  "a name that points forward": "c0 0e 00 00 0c 00 01",
  "a name that points into itself": '01 "a" c0 0c 00 0c 00 01',
  "two pointers that point at each other, by way of a label":
    "04 c0 0f c0 0d 00 00 0c 00 01 c0 0d 00 0c 00 01",
  "an unknown kind of label": '41 "a" 00 00 0c 00 01',
  "a label past the end": '3f "a" 00 00 0c 00 01',
};

for (const [what, question] of Object.entries(REFUSED)) {
  Deno.test(`decodeMessage() refuses ${what}`, () => {
    const bytes = bytesOf(`00 00 00 00 00 02 00 00 00 00 00 00 ${question}`);
    assertThrows(() => decodeMessage(bytes), ProtocolError);
  });
}

Deno.test("decodeMessage() refuses a name of 256 bytes, takes one of 255", () => {
  const query = (last: number) => {
    const labels = [63, 63, 63, last].map((length) =>
      `${length.toString(16)} ${"61 ".repeat(length)}`
    );
    return bytesOf(
      `00 00 00 00 00 01 00 00 00 00 00 00 ${labels.join(" ")} 00 00 0c 00 01`,
    );
  };
  assertEquals(decodeMessage(query(61)).questions.length, 1);
  assertThrows(() => decodeMessage(query(62)), ProtocolError, "255 bytes");
});

Deno.test("decodeMessage() refuses a message that makes much of few bytes", () => {
  const long = `${'01 "a" '.repeat(120)} 00`;
  const records = Math.ceil(MESSAGE_LABELS / 120) + 1;
  const bytes = bytesOf(`
    00 00 84 00 00 00
    00 ${records.toString(16).padStart(2, "0")} 00 00 00 00
    ${long} 00 01 00 01 00 00 00 00 00 04 01 02 03 04
    ${"c0 0c 00 01 00 01 00 00 00 00 00 04 01 02 03 04 ".repeat(records - 1)}
  `);
  assertThrows(() => decodeMessage(bytes), ProtocolError, "labels");
});

Deno.test("decodeMessage() refuses what is too long or counts too much", () => {
  const header = bytesOf("00 00 00 00 00 00 00 00 00 00 00 00");
  const padded = new Uint8Array(MESSAGE_BYTES_READ + 1);
  padded.set(header);
  assertThrows(() => decodeMessage(padded), ProtocolError, "bytes");
  assertEquals(decodeMessage(padded.subarray(1)).questions, []);
  const many = bytesOf("00 00 00 00 00 00 01 01 00 00 00 00");
  assertThrows(() => decodeMessage(many), ProtocolError, "257");
});

Deno.test("decodeMessage() refuses what is no query and no answer", () => {
  for (const flags of ["28 00", "84 03", "00 05"]) {
    const bytes = bytesOf(`00 00 ${flags} 00 00 00 00 00 00 00 00`);
    assertThrows(() => decodeMessage(bytes), ProtocolError);
  }
});

Deno.test("encodeMessage() refuses labels and names that do not fit", () => {
  const ask = (...name: string[]) => () =>
    encodeMessage({
      id: 0,
      response: false,
      questions: [{ name, type: "PTR", unicast: false }],
      answers: [],
      additionals: [],
    });
  assertThrows(ask(""), RangeError);
  assertThrows(ask("a".repeat(64)), RangeError);
  assertThrows(ask("ä".repeat(32)), RangeError, "64 bytes");
  assertThrows(ask(...Array<string>(5).fill("a".repeat(60))), RangeError);
});
