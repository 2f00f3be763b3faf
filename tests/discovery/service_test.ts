import { assertEquals } from "@std/assert";
import type { DnsMessage } from "../../discovery/dns_message.ts";
import { decodeMessage, encodeMessage } from "../../discovery/dns_message.ts";
import type { DnsName } from "../../discovery/dns_name.ts";
import type { DnsRecord, DnsType } from "../../discovery/dns_record.ts";
import {
  announcementOf,
  answerOf,
  askedOf,
  goodbyeOf,
  instanceName,
  legacyOf,
  type Service,
  SERVICE_TYPE,
  SERVICE_TYPES,
  type ServiceRecord,
} from "../../discovery/service.ts";
import type { Port } from "../../protocol/address.ts";
import { address, DNS_VECTORS } from "./vectors.ts";

const SERVICE: Service = {
  instance: "Lab 2.1",
  host: "lab",
  port: 60000 as Port,
  txt: new Map([["v", "1"], ["a", "b="]]),
};
const ADDRESSES = [address("192.0.2.7"), address("fe80::1:2")];
const INSTANCE = instanceName(SERVICE);

function query(
  questions: readonly [DnsName, DnsType][],
  answers: readonly DnsRecord[] = [],
): DnsMessage {
  return {
    id: 0x1234,
    response: false,
    questions: questions.map(([name, type]) => ({ name, type, unicast: true })),
    answers,
    additionals: [],
  };
}

function kinds(records: readonly DnsRecord[]): string[] {
  return records.map(({ type }) => type);
}

Deno.test("askedOf() tells what each question asks of the service", () => {
  const upper = SERVICE_TYPE.map((label) => label.toUpperCase());
  const cases: [DnsName, DnsType, ServiceRecord[]][] = [
    [SERVICE_TYPE, "PTR", ["PTR"]],
    [upper, "PTR", ["PTR"]],
    [SERVICE_TYPE, "ANY", ["PTR"]],
    [SERVICE_TYPE, "SRV", []],
    [SERVICE_TYPES, "PTR", ["types"]],
    [INSTANCE, "SRV", ["SRV"]],
    [INSTANCE, "TXT", ["TXT"]],
    [INSTANCE, "ANY", ["SRV", "TXT"]],
    [INSTANCE, "A", []],
    [["lab", "local"], "A", ["A"]],
    [["lab", "local"], "ANY", ["A", "AAAA"]],
    [["other", "local"], "ANY", []],
    [["_http", "_tcp", "local"], "PTR", []],
    [["Lab 2", "1", ...SERVICE_TYPE], "SRV", []],
    [[], "ANY", []],
  ];
  for (const [name, type, asked] of cases) {
    const got = askedOf(query([[name, type]]), SERVICE);
    assertEquals([...got], asked, `${name.join("/")} ${type}`);
  }
});

Deno.test("askedOf() leaves out the pointer that the asker knows for long yet", () => {
  const known = (ttl: number, target: DnsName = INSTANCE): DnsRecord => ({
    type: "PTR",
    name: SERVICE_TYPE,
    flush: false,
    ttl,
    target,
  });
  const asked = (
    record: DnsRecord,
  ) => [...askedOf(query([[SERVICE_TYPE, "PTR"]], [record]), SERVICE)];
  assertEquals(asked(known(2250)), []);
  assertEquals(asked(known(2249)), ["PTR"]);
  assertEquals(asked(known(4500, ["Other", ...SERVICE_TYPE])), ["PTR"]);
});

Deno.test("answerOf() a pointer is the vector with all that is asked next", () => {
  const answer = answerOf(SERVICE, new Set(["PTR"]), { addresses: ADDRESSES });
  assertEquals(encodeMessage(answer), DNS_VECTORS[2]!.bytes);
});

Deno.test("answerOf() adds what follows, and nothing twice", () => {
  const answer = (...asked: ServiceRecord[]) => {
    const { answers, additionals } = answerOf(SERVICE, new Set(asked), {
      addresses: ADDRESSES,
    });
    return [kinds(answers), kinds(additionals)];
  };
  assertEquals(answer("SRV"), [["SRV"], ["A", "AAAA"]]);
  assertEquals(answer("TXT"), [["TXT"], []]);
  assertEquals(answer("A"), [["A"], ["AAAA"]]);
  assertEquals(answer("types"), [["PTR"], []]);
  assertEquals(answer("PTR", "SRV"), [["PTR", "SRV"], ["TXT", "A", "AAAA"]]);
});

Deno.test("answerOf() leaves addresses out where none is known", () => {
  const { additionals } = answerOf(SERVICE, new Set(["PTR"]), {
    addresses: [],
  });
  assertEquals(kinds(additionals), ["SRV", "TXT"]);
});

Deno.test("announcementOf() and goodbyeOf() are about the same pointer", () => {
  const { answers } = announcementOf(SERVICE, { addresses: ADDRESSES });
  assertEquals(kinds(answers), ["PTR", "SRV", "TXT", "A", "AAAA"]);
  const goodbye = goodbyeOf(SERVICE);
  assertEquals(goodbye.answers, [{ ...answers[0]!, ttl: 0 }]);
  assertEquals(goodbye.additionals, []);
});

Deno.test("legacyOf() is what plain DNS expects: id, question, seconds", () => {
  const asked = query([
    [["other", "local"], "A"],
    [SERVICE_TYPE, "PTR"],
    ...Array<[DnsName, DnsType]>(20).fill([SERVICE_TYPE, "ANY"]),
  ]);
  const response = answerOf(SERVICE, new Set(["PTR"]), {
    addresses: ADDRESSES,
  });
  const legacy = legacyOf(response, { query: asked, service: SERVICE });
  assertEquals(legacy.id, 0x1234);
  assertEquals(legacy.questions.length, 4);
  assertEquals(legacy.questions[0], {
    name: SERVICE_TYPE,
    type: "PTR",
    unicast: false,
  });
  for (const record of [...legacy.answers, ...legacy.additionals]) {
    assertEquals([record.ttl, record.flush], [10, false]);
  }
  assertEquals(decodeMessage(encodeMessage(legacy)), legacy);
});
