/**
 * DNS messages as multicast DNS sends them (RFC 6762, section 18), encode
 * beside decode. Only what announces a service is read; the rest is skipped.
 *
 * The npm package `dns-packet` was tried first. It throws a whole message away
 * for one record that it cannot read, does not tell whether a question wants an
 * answer to its sender alone, and has no way to say a dot inside a label.
 *
 * @module
 */

import { ProtocolError } from "../protocol/pdu.ts";
import type { DnsName } from "./dns_name.ts";
import { DnsReader } from "./dns_reader.ts";
import {
  CLASS_IN,
  decodeRecord,
  DNS_TYPE,
  type DnsRecord,
  type DnsType,
  dnsType,
  encodeRecord,
} from "./dns_record.ts";
import { DnsWriter } from "./dns_writer.ts";

/** What is asked. */
export interface DnsQuestion {
  readonly name: DnsName;
  readonly type: DnsType;
  /** Whether the answer may go to the sender alone (RFC 6762, section 5.4). */
  readonly unicast: boolean;
}

/** A query or a response. */
export interface DnsMessage {
  /** Matches a response to its query where both go to one host; else zero. */
  readonly id: number;
  readonly response: boolean;
  readonly questions: readonly DnsQuestion[];
  /** In a response what was asked for; in a query what is known already. */
  readonly answers: readonly DnsRecord[];
  /** What will be asked for next. */
  readonly additionals: readonly DnsRecord[];
}

/** The longest message that is read (RFC 6762, section 17). */
export const MESSAGE_BYTES_READ = 9000;

/** The longest message that is written: it passes every path unbroken. */
export const MESSAGE_BYTES_WRITTEN = 1232;

/** The most questions, and the most records, of a message that is read. */
export const MESSAGE_RECORDS = 256;

/**
 * Writes a message.
 *
 * @throws {RangeError} Where it does not fit into 1,232 bytes, or a name into a
 * name.
 */
export function encodeMessage(message: DnsMessage): Uint8Array {
  const { id, response, questions, answers, additionals } = message;
  const writer = new DnsWriter(MESSAGE_BYTES_WRITTEN);
  writer.u16(id);
  writer.u16(response ? RESPONSE | AUTHORITATIVE : 0);
  writer.u16(questions.length);
  writer.u16(answers.length);
  writer.u16(0); // authorities
  writer.u16(additionals.length);
  for (const { name, type, unicast } of questions) {
    writer.name(name);
    writer.u16(DNS_TYPE[type]);
    writer.u16(unicast ? CLASS_IN | UNICAST_BIT : CLASS_IN);
  }
  for (const record of answers) encodeRecord(writer, record);
  for (const record of additionals) encodeRecord(writer, record);
  return writer.finish();
}

/**
 * Reads a message. Questions and records of other kinds, and authorities, are
 * left out.
 *
 * @throws {ProtocolError} Where it is too long, cut off, holds too much, or is
 * no query and no answer (RFC 6762, sections 18.3 and 18.11).
 */
export function decodeMessage(bytes: Uint8Array): DnsMessage {
  if (bytes.length > MESSAGE_BYTES_READ) {
    throw new ProtocolError(
      `Cannot read a DNS message: it has ${bytes.length} bytes, ` +
        `at most ${MESSAGE_BYTES_READ} are allowed`,
    );
  }
  const reader = new DnsReader(bytes);
  const id = reader.u16();
  const flags = reader.u16();
  if ((flags & OPCODE_AND_RCODE) !== 0) {
    throw new ProtocolError("Cannot read a DNS message: no query, no answer");
  }
  const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  const [asked, answered, authorities, added] = counts;
  if (asked! + answered! + authorities! + added! > MESSAGE_RECORDS) {
    throw new ProtocolError(
      `Cannot read a DNS message: it counts ${counts.join(" + ")} records, ` +
        `at most ${MESSAGE_RECORDS} are read`,
    );
  }
  const questions = decodeQuestions(reader, asked!);
  const answers = decodeRecords(reader, answered!);
  decodeRecords(reader, authorities!);
  const additionals = decodeRecords(reader, added!);
  const response = (flags & RESPONSE) !== 0;
  return { id, response, questions, answers, additionals };
}

const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const OPCODE_AND_RCODE = 0x780f;

/** In a question's class: the answer may go to the sender alone. */
const UNICAST_BIT = 0x8000;

/** In a question's class: of whatever class. */
const CLASS_ANY = 255;

function decodeQuestions(reader: DnsReader, count: number): DnsQuestion[] {
  const questions: DnsQuestion[] = [];
  for (let i = 0; i < count; i++) {
    const name = reader.name();
    const type = dnsType(reader.u16());
    const bits = reader.u16();
    const dnsClass = bits & ~UNICAST_BIT;
    if (type === undefined) continue;
    if (dnsClass !== CLASS_IN && dnsClass !== CLASS_ANY) continue;
    questions.push({ name, type, unicast: (bits & UNICAST_BIT) !== 0 });
  }
  return questions;
}

function decodeRecords(reader: DnsReader, count: number): DnsRecord[] {
  const records: DnsRecord[] = [];
  for (let i = 0; i < count; i++) {
    const record = decodeRecord(reader);
    if (record) records.push(record);
  }
  return records;
}
