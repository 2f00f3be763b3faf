/**
 * What can be said of this host by itself: the program, its clock, its network.
 *
 * @module
 */

import { isLoopback, parseAddress } from "../../../protocol/address.ts";
import {
  PEERDEX_VERSION,
  PROTOCOL_VERSION,
} from "../../../protocol/version.ts";
import type { Finding } from "./finding.ts";

/** When this was written: no clock that is right shows an earlier time. */
const WRITTEN = Date.UTC(2026, 0, 1);

/** When somebody has surely written it anew. */
const OUTDATED = Date.UTC(2076, 0, 1);

/** The versions of this side. */
export function checkProgram(): Finding {
  const deno = Deno.version.deno;
  const { os, arch } = Deno.build;
  return {
    check: "program",
    health: "ok",
    text: `peerdex ${PEERDEX_VERSION}, protocol ${PROTOCOL_VERSION}, on Deno ` +
      `${deno} (${os}, ${arch})`,
    facts: { version: PEERDEX_VERSION, protocol: PROTOCOL_VERSION, deno, os },
  };
}

/**
 * Whether the clock can be right. Times of files are told with it; nothing in
 * the protocol depends on it.
 *
 * @param now Milliseconds since 1970.
 */
export function checkClock(now: number): Finding {
  const time = new Date(now).toISOString();
  const facts = { time };
  if (now >= WRITTEN && now < OUTDATED) {
    return {
      check: "clock",
      health: "ok",
      text: `it is ${time.slice(0, 19).replace("T", " ")} UTC`,
      facts,
    };
  }
  return {
    check: "clock",
    health: "wrong",
    text: `it shows ${time}, which cannot be`,
    advice: "set it, or others see your files with wrong times",
    facts,
  };
}

/** An address of an interface. */
export type InterfaceAddress = Pick<
  Deno.NetworkInterfaceInfo,
  "name" | "address"
>;

/** The interfaces, or `undefined` where they may not be listed. */
export function listInterfaces(): InterfaceAddress[] | undefined {
  const { state } = Deno.permissions.querySync({
    name: "sys",
    kind: "networkInterfaces",
  });
  return state === "granted" ? Deno.networkInterfaces() : undefined;
}

/** Which interfaces and addresses there are. */
export function checkNetwork(
  listed: readonly InterfaceAddress[] | undefined,
): Finding {
  const check = "network";
  if (!listed) {
    return {
      check,
      health: "note",
      text: "the interfaces are not known",
      advice: "run with --allow-sys=networkInterfaces to see them",
    };
  }
  const outside = listed.filter(({ address }) => {
    const parsed = parseAddress(address);
    return parsed !== undefined && !isLoopback(parsed);
  });
  const byName = Map.groupBy(outside, ({ name }) => name);
  const interfaces = [...byName].map(([name, entries]) => ({
    name,
    addresses: entries.map(({ address }) => address),
  }));
  if (interfaces.length === 0) {
    return {
      check,
      health: "wrong",
      text: "this host has no network",
      advice: "connect it; until then only programs on it can be reached",
      facts: { interfaces },
    };
  }
  return {
    check,
    health: "ok",
    text: interfaces.map(({ name, addresses }) =>
      `${name} ${addresses.join(", ")}`
    ).join("; "),
    facts: { interfaces },
  };
}
