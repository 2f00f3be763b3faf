/**
 * What a response offers, each part of it checked: the answer may be anybody's.
 *
 * @module
 */

import {
  type Address,
  isIpv4,
  isLoopback,
  isPort,
  isUnspecified,
  type Port,
  sameAddress,
} from "../protocol/address.ts";
import { isPrintable } from "../protocol/name.ts";
import type { DnsMessage } from "./dns_message.ts";
import { beforeEnding, type DnsName, sameName } from "./dns_name.ts";
import type { DnsRecord, SrvRecord, TxtRecord } from "./dns_record.ts";
import { isKnownOnLink, type LinkInterface } from "./link.ts";
import { SERVICE_TYPE } from "./service.ts";

/** An index that a response names. */
export interface ServiceOffer {
  /** What people see. */
  readonly instance: string;
  readonly port: Port;
  readonly txt: ReadonlyMap<string, string>;
  /** Where it is: addresses of the network that the answer came from. */
  readonly addresses: readonly Address[];
}

/** The most offers that are taken from one response. */
export const MAX_OFFERS = 8;

/**
 * Reads the offers in a response. Only a complete one counts: a pointer from
 * the service type, a port for what it points at, and an address.
 *
 * An address counts where it is the answer's own source, or known to be on the
 * same network: whoever answers can draw traffic to itself, but not send it to
 * another network. Where the response names none, it is the source.
 */
export function offersIn(
  response: DnsMessage,
  { on, source }: { on: LinkInterface; source: Address },
): ServiceOffer[] {
  const records = [...response.answers, ...response.additionals];
  const offers = new Map<string, ServiceOffer>();
  for (const record of records) {
    if (offers.size === MAX_OFFERS) break;
    const instance = instanceOf(record);
    if (instance === undefined || offers.has(instance)) continue;
    const name = [instance, ...SERVICE_TYPE];
    const srv = records.find((other): other is SrvRecord =>
      other.type === "SRV" && sameName(other.name, name)
    );
    if (!srv || srv.ttl === 0 || !isPort(srv.port)) continue;
    const addresses = addressesOf(srv.target, { records, on, source });
    if (addresses.length === 0) continue;
    const txt = records.find((other): other is TxtRecord =>
      other.type === "TXT" && sameName(other.name, name)
    )?.entries ?? new Map();
    offers.set(instance, { instance, port: srv.port, txt, addresses });
  }
  return [...offers.values()];
}

/** The most addresses of one offer. */
const MAX_ADDRESSES = 8;

/** The instance that a record points at, where it is one of ours. */
function instanceOf(record: DnsRecord): string | undefined {
  if (record.type !== "PTR" || record.ttl === 0) return undefined;
  if (!sameName(record.name, SERVICE_TYPE)) return undefined;
  const [instance, ...rest] = beforeEnding(record.target, SERVICE_TYPE) ?? [];
  if (instance === undefined || rest.length > 0) return undefined;
  return isPrintable(instance) ? instance : undefined;
}

function addressesOf(
  host: DnsName,
  { records, on, source }: {
    records: readonly DnsRecord[];
    on: LinkInterface;
    source: Address;
  },
): Address[] {
  const named = records.flatMap((record) =>
    (record.type === "A" || record.type === "AAAA") &&
      sameName(record.name, host)
      ? [record.address]
      : []
  );
  if (named.length === 0) return [source];
  const taken: Address[] = [];
  for (const address of named) {
    if (taken.length === MAX_ADDRESSES) break;
    if (taken.some((other) => sameAddress(other, address))) continue;
    if (isUsable(address, { on, source })) taken.push(address);
  }
  return taken;
}

function isUsable(
  address: Address,
  { on, source }: { on: LinkInterface; source: Address },
): boolean {
  if (sameAddress(address, source)) return true;
  if (isUnspecified(address) || isGroup(address) || isLoopback(address)) {
    return false;
  }
  return isKnownOnLink(on, address);
}

/** Whether an address means many hosts: multicast or broadcast. */
function isGroup(address: Address): boolean {
  return isIpv4(address) ? address[12]! >= 224 : address[0] === 0xff;
}
