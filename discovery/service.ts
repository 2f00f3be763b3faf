/**
 * An index as DNS-SD announces it (RFC 6763): the records, and what to say to a
 * query. Bytes, sockets and time are elsewhere.
 *
 * @module
 */

import { type Address, isIpv4, type Port } from "../protocol/address.ts";
import type { DnsMessage, DnsQuestion } from "./dns_message.ts";
import { type DnsName, sameName } from "./dns_name.ts";
import type { DnsRecord } from "./dns_record.ts";

/** The service type under which every index is found. */
export const SERVICE_TYPE: DnsName = ["_peerdex", "_udp", "local"];

/** The name under which all service types are found (RFC 6763, section 9). */
export const SERVICE_TYPES: DnsName = ["_services", "_dns-sd", "_udp", "local"];

/** An index that is announced. */
export interface Service {
  /** What people see, and what makes it the only one of its name: one label. */
  readonly instance: string;
  /** Its host's name: one label, under `local`. */
  readonly host: string;
  readonly port: Port;
  readonly txt: ReadonlyMap<string, string>;
}

/** A kind of record of a service. */
export type ServiceRecord = "types" | "PTR" | "SRV" | "TXT" | "A" | "AAAA";

/**
 * What a query asks of a service.
 *
 * @returns Empty where it asks for something else, or knows the answer already
 * (RFC 6762, section 7.1).
 */
export function askedOf(
  query: DnsMessage,
  service: Service,
): Set<ServiceRecord> {
  const asked = new Set<ServiceRecord>();
  for (const question of query.questions) {
    for (const kind of kindsAsked(question, service)) asked.add(kind);
  }
  if (
    asked.has("PTR") && query.answers.some((known) => isOwn(known, service))
  ) {
    asked.delete("PTR");
  }
  return asked;
}

/**
 * The response that says what was asked, and what will be asked for next.
 *
 * @param service What it is about.
 * @param asked What was asked.
 * @param options `addresses`: those of the interface that it is sent on.
 */
export function answerOf(
  service: Service,
  asked: ReadonlySet<ServiceRecord>,
  { addresses }: { readonly addresses: readonly Address[] },
): DnsMessage {
  const next = new Set<ServiceRecord>();
  if (asked.has("PTR")) next.add("SRV").add("TXT");
  if (asked.has("PTR") || asked.has("SRV")) next.add("A").add("AAAA");
  if (asked.has("A")) next.add("AAAA");
  if (asked.has("AAAA")) next.add("A");
  return {
    id: 0,
    response: true,
    questions: [],
    answers: recordsOf(service, { kinds: asked, addresses }),
    additionals: recordsOf(service, {
      kinds: next.difference(asked),
      addresses,
    }),
  };
}

/** The response that says unasked that a service is there. */
export function announcementOf(
  service: Service,
  { addresses }: { readonly addresses: readonly Address[] },
): DnsMessage {
  const kinds = new Set<ServiceRecord>(["PTR", "SRV", "TXT", "A", "AAAA"]);
  return answerOf(service, kinds, { addresses });
}

/** The response that takes a service back (RFC 6762, section 10.1). */
export function goodbyeOf(service: Service): DnsMessage {
  const { answers, ...rest } = answerOf(service, new Set(["PTR"]), {
    addresses: [],
  });
  return {
    ...rest,
    answers: answers.map((record) => ({ ...record, ttl: 0 })),
    additionals: [],
  };
}

/**
 * A response for a program that speaks plain DNS and may know nothing of
 * multicast DNS (RFC 6762, section 6.7): with its question, kept for seconds,
 * and without what plain DNS has no word for.
 */
export function legacyOf(
  response: DnsMessage,
  { query, service }: { query: DnsMessage; service: Service },
): DnsMessage {
  const plain = (record: DnsRecord): DnsRecord => ({
    ...record,
    flush: false,
    ttl: Math.min(record.ttl, LEGACY_TTL_S),
  });
  return {
    id: query.id,
    response: true,
    questions: query.questions
      .filter((question) => kindsAsked(question, service).length > 0)
      .slice(0, LEGACY_QUESTIONS)
      .map((question) => ({ ...question, unicast: false })),
    answers: response.answers.map(plain),
    additionals: response.additionals.map(plain),
  };
}

/** The full name of a service's instance. */
export function instanceName({ instance }: Service): DnsName {
  return [instance, ...SERVICE_TYPE];
}

// How long records may be kept (RFC 6762, section 10): those with a host's
// name or address two minutes, others 75.
const TTL_S = 4500;
const HOST_TTL_S = 120;
const LEGACY_TTL_S = 10;

/** How many questions are repeated: whoever asks the same again gets less. */
const LEGACY_QUESTIONS = 4;

function kindsAsked(
  { name, type }: DnsQuestion,
  service: Service,
): ServiceRecord[] {
  const wants = (kind: ServiceRecord) => type === "ANY" || type === kind;
  if (sameName(name, SERVICE_TYPE)) return wants("PTR") ? ["PTR"] : [];
  if (sameName(name, SERVICE_TYPES)) return wants("PTR") ? ["types"] : [];
  if (sameName(name, instanceName(service))) {
    return (["SRV", "TXT"] as const).filter(wants);
  }
  if (sameName(name, hostName(service))) {
    return (["A", "AAAA"] as const).filter(wants);
  }
  return [];
}

/** Whether the asker has the pointer, and for long enough yet. */
function isOwn(known: DnsRecord, service: Service): boolean {
  return known.type === "PTR" && known.ttl >= TTL_S / 2 &&
    sameName(known.name, SERVICE_TYPE) &&
    sameName(known.target, instanceName(service));
}

function hostName({ host }: Service): DnsName {
  return [host, "local"];
}

function recordsOf(
  service: Service,
  { kinds, addresses }: {
    kinds: ReadonlySet<ServiceRecord>;
    addresses: readonly Address[];
  },
): DnsRecord[] {
  return [...kinds].flatMap((kind) => recordOf(service, { kind, addresses }));
}

function recordOf(
  service: Service,
  { kind, addresses }: {
    kind: ServiceRecord;
    addresses: readonly Address[];
  },
): DnsRecord[] {
  const shared = { flush: false, ttl: TTL_S } as const;
  const unique = { flush: true, ttl: HOST_TTL_S } as const;
  const instance = instanceName(service);
  const host = hostName(service);
  switch (kind) {
    case "types":
      return [
        { ...shared, type: "PTR", name: SERVICE_TYPES, target: SERVICE_TYPE },
      ];
    case "PTR":
      return [
        { ...shared, type: "PTR", name: SERVICE_TYPE, target: instance },
      ];
    case "SRV": {
      const { port } = service;
      return [{ ...unique, type: "SRV", name: instance, port, target: host }];
    }
    case "TXT": {
      const entries = service.txt;
      return [{ ...unique, ttl: TTL_S, type: "TXT", name: instance, entries }];
    }
    case "A":
    case "AAAA":
      return addresses
        .filter((address) => isIpv4(address) === (kind === "A"))
        .map((address) => ({ ...unique, type: kind, name: host, address }));
  }
}
