/**
 * What the index can tell: that it is there, how fast, whom it sees, and whether
 * it reaches this peer's port.
 *
 * @module
 */

import {
  isLoopback,
  parseAddress,
  sameAddress,
} from "../../../protocol/address.ts";
import type { ProbeResult } from "../../../protocol/probe.ts";
import { PROTOCOL_VERSION } from "../../../protocol/version.ts";
import type { HelloOptions, HelloReply } from "../../index_client.ts";
import type { Finding } from "./finding.ts";
import type { InterfaceAddress } from "./check_host.ts";

/** The part of an index client that is used. */
export interface Greeter {
  hello(options: HelloOptions): Promise<HelloReply>;
}

/** Hellos that are timed. */
const ROUNDS = 5;

/** How long a probe's result is waited for, in milliseconds. */
const PROBE_MS = 10_000;

/** What talking to an index needs. */
export interface IndexChecks {
  /** The index's address, as it can be typed. */
  readonly index: string;
  /** This peer's TCP port. */
  readonly port: number;
  /** This host's addresses, where they are known. */
  readonly interfaces: readonly InterfaceAddress[] | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Waits, in milliseconds. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Asks an index about itself and about this peer.
 *
 * @throws {IndexUnreachableError} Where it does not answer.
 */
export async function checkIndex(
  greeter: Greeter,
  checks: IndexChecks,
): Promise<Finding[]> {
  const { index, port, signal, now } = checks;
  const first = await greeter.hello({ visit: true, signal });
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = now();
    await greeter.hello({ visit: true, signal });
    times.push(now() - before);
  }
  const roundTripMs = times.sort((a, b) => a - b)[ROUNDS >> 1]!;
  const found: Finding[] = [{
    check: "index",
    health: "ok",
    text: `${index} answers in ${roundTripMs.toFixed(1)} ms` +
      (first.text ? `; it is ${first.text}` : "") +
      `, protocol ${PROTOCOL_VERSION}`,
    facts: { index, roundTripMs, product: first.text },
  }];
  found.push(addressFinding(first.hostname, checks));
  if (port > 0) {
    found.push(portFinding(await probe(greeter, checks), first, port));
  }
  return found;
}

function addressFinding(
  seen: string,
  { interfaces }: IndexChecks,
): Finding {
  const check = "address";
  const facts = { seen };
  const address = parseAddress(seen);
  if (isLocal(seen)) {
    return {
      check,
      health: "ok",
      text: "the index is on this host; to others it gives its own address " +
        "for yours",
      facts,
    };
  }
  const text = `the index sees you at ${seen}`;
  const own = interfaces?.some((entry) => {
    const parsed = parseAddress(entry.address);
    return parsed && address && sameAddress(parsed, address);
  });
  if (own !== false) return { check, health: "ok", text, facts };
  return {
    check,
    health: "note",
    text: `${text}, which is no address of this host`,
    advice: "a router changes it on the way: peers behind it reach you only " +
      "where it forwards your port (fix it with --port)",
    facts,
  };
}

function isLocal(hostname: string): boolean {
  const address = parseAddress(hostname);
  return address !== undefined && isLoopback(address);
}

/** Asks until the index knows, or has had its time. */
async function probe(
  greeter: Greeter,
  { port, signal, now, pause }: IndexChecks,
): Promise<ProbeResult> {
  const until = now() + PROBE_MS;
  for (let wait = 50;; wait = Math.min(wait * 2, 1_000)) {
    const { probe } = await greeter.hello({
      port,
      probe: true,
      visit: true,
      signal,
    });
    const waits = probe === "pending" || probe === "later";
    if (!waits || now() + wait > until) return probe;
    await pause(wait, signal);
  }
}

function portFinding(
  result: ProbeResult,
  { hostname }: HelloReply,
  port: number,
): Finding {
  const check = "port";
  const facts = { port, result };
  const to = `${hostname} port ${port}`;
  switch (result) {
    case "open":
      return {
        ...{ check, facts },
        health: "ok",
        text: isLocal(hostname)
          ? `port ${port} answers on this host; only an index on another ` +
            "host can tell whether others reach it"
          : `the index can connect to ${to}, so others most likely can`,
      };
    case "refused":
    case "silent":
    case "unreachable":
      return {
        ...{ check, facts },
        health: "wrong",
        text: `the index cannot connect to ${to}: ${REASON[result]}`,
        advice:
          "let TCP to it in at this host's firewall (and the router's); " +
          "until then you can get files, and nobody can get yours",
      };
    case "none":
      return {
        ...{ check, facts },
        health: "note",
        text: "this index does not try ports, so whether others reach yours " +
          "is not known",
        advice: "ask somebody to get a file from you",
      };
    case "pending":
    case "later":
      return {
        ...{ check, facts },
        health: "note",
        text: "the index has no time to try your port",
        advice: "run doctor again in a minute",
      };
  }
}

const REASON = {
  refused: "the connection is refused",
  silent: "nobody answers",
  unreachable: "there is no way to it",
} as const;
