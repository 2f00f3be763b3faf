/**
 * The five kinds of record that announce a service, encode beside decode.
 *
 * @module
 */

import { type Address, ADDRESS_BYTES, isIpv4 } from "../protocol/address.ts";
import { isPrintable } from "../protocol/name.ts";
import { ProtocolError } from "../protocol/pdu.ts";
import type { DnsName } from "./dns_name.ts";
import type { DnsReader } from "./dns_reader.ts";
import type { DnsWriter } from "./dns_writer.ts";

/** The numbers of the types of record in use; `ANY` is only asked for. */
export const DNS_TYPE = {
  A: 1,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  ANY: 255,
} as const;

/** A type of record, or `ANY`. */
export type DnsType = keyof typeof DNS_TYPE;

/** The class of everything: the Internet. */
export const CLASS_IN = 1;

/** In a record's class: it replaces what is known under this name and type. */
export const FLUSH_BIT = 0x8000;

/** What every record has. */
interface RecordHead {
  readonly name: DnsName;
  /** Seconds that it may be kept; zero takes it back. */
  readonly ttl: number;
  /** Whether it replaces all others of its name and type (RFC 6762, section 10.2). */
  readonly flush: boolean;
}

/** Leads from a service type to an instance of it. */
export interface PtrRecord extends RecordHead {
  readonly type: "PTR";
  readonly target: DnsName;
}

/** The host and port of an instance. Priority and weight are zero, and ignored. */
export interface SrvRecord extends RecordHead {
  readonly type: "SRV";
  readonly port: number;
  readonly target: DnsName;
}

/** Keys and values of an instance. */
export interface TxtRecord extends RecordHead {
  readonly type: "TXT";
  readonly entries: ReadonlyMap<string, string>;
}

/** An address of a host: `A` for IPv4, `AAAA` for IPv6. */
export interface AddressRecord extends RecordHead {
  readonly type: "A" | "AAAA";
  readonly address: Address;
}

/** A record of a kind in use. */
export type DnsRecord = PtrRecord | SrvRecord | TxtRecord | AddressRecord;

/** The most keys of a `TXT` record that are read. */
export const TXT_ENTRIES = 16;

/** The type of a number, or `undefined` where it is none in use. */
export function dnsType(code: number): DnsType | undefined {
  return TYPES.get(code);
}

/**
 * Writes a record.
 *
 * @throws {RangeError} Where a name, a key or a value is too long.
 */
export function encodeRecord(writer: DnsWriter, record: DnsRecord): void {
  writer.name(record.name);
  writer.u16(DNS_TYPE[record.type]);
  writer.u16(record.flush ? CLASS_IN | FLUSH_BIT : CLASS_IN);
  writer.u32(record.ttl);
  writer.sized(() => {
    switch (record.type) {
      case "PTR":
        return writer.name(record.target);
      case "SRV":
        writer.u16(0); // priority
        writer.u16(0); // weight
        writer.u16(record.port);
        return writer.name(record.target);
      case "TXT":
        return encodeEntries(writer, record.entries);
      case "A":
        return writer.bytes(record.address.subarray(IPV4_AT));
      case "AAAA":
        return writer.bytes(record.address);
    }
  });
}

/**
 * Reads a record.
 *
 * @returns `undefined` for a record of another kind or class, or one of ours
 * whose content is not what its type says: the reader is past it, and those
 * after it count.
 * @throws {ProtocolError} Where the record itself is cut off.
 */
export function decodeRecord(reader: DnsReader): DnsRecord | undefined {
  const name = reader.name();
  const type = dnsType(reader.u16());
  const dnsClass = reader.u16();
  const ttl = reader.u32();
  const length = reader.u16();
  const end = reader.offset + length;
  if (type === undefined || (dnsClass & ~FLUSH_BIT) !== CLASS_IN) {
    reader.bytes(length);
    return undefined;
  }
  const flush = (dnsClass & FLUSH_BIT) !== 0;
  const head = { name, ttl, flush };
  const start = reader.offset;
  reader.bytes(length);
  reader.seek(start);
  try {
    const record = decodeContent(reader, { type, length, head });
    return reader.offset === end ? record : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  } finally {
    reader.seek(end);
  }
}

const TYPES = new Map<number, DnsType>(
  Object.entries(DNS_TYPE).map(([name, code]) => [code, name as DnsType]),
);

/** Where IPv4 stands inside an {@linkcode Address}. */
const IPV4_AT = 12;
const IPV4_BYTES = 4;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

function decodeContent(
  reader: DnsReader,
  { type, length, head }: { type: DnsType; length: number; head: RecordHead },
): DnsRecord | undefined {
  switch (type) {
    case "PTR":
      return { ...head, type, target: reader.name() };
    case "SRV": {
      reader.bytes(4); // priority and weight
      return { ...head, type, port: reader.u16(), target: reader.name() };
    }
    case "TXT":
      return { ...head, type, entries: decodeEntries(reader, length) };
    case "A": {
      const address = new Uint8Array(ADDRESS_BYTES);
      address.fill(0xff, IPV4_AT - 2, IPV4_AT);
      address.set(reader.bytes(IPV4_BYTES), IPV4_AT);
      return { ...head, type, address: address as Address };
    }
    case "AAAA": {
      const address = reader.bytes(ADDRESS_BYTES).slice() as Address;
      return isIpv4(address) ? undefined : { ...head, type, address };
    }
    case "ANY":
      return undefined;
  }
}

function encodeEntries(
  writer: DnsWriter,
  entries: ReadonlyMap<string, string>,
): void {
  // No entries are one empty string (RFC 6763, section 6.1).
  if (entries.size === 0) writer.u8(0);
  for (const [key, value] of entries) {
    const bytes = ENCODER.encode(`${key}=${value}`);
    if (bytes.length > 255) {
      throw new RangeError(
        `Cannot write a TXT record: ${key} has ${bytes.length} bytes, at most 255 fit`,
      );
    }
    writer.u8(bytes.length);
    writer.bytes(bytes);
  }
}

function decodeEntries(
  reader: DnsReader,
  length: number,
): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  const end = reader.offset + length;
  while (reader.offset < end) {
    const text = DECODER.decode(reader.bytes(reader.u8()));
    const equals = text.indexOf("=");
    const key = (equals < 0 ? text : text.slice(0, equals)).toLowerCase();
    // The first of a key counts, one without a name is none (RFC 6763,
    // section 6.4); what a terminal would obey has no place here.
    if (key === "" || entries.has(key) || !isPrintable(text)) continue;
    if (entries.size === TXT_ENTRIES) continue;
    entries.set(key, equals < 0 ? "" : text.slice(equals + 1));
  }
  return entries;
}
