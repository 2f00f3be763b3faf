/**
 * Kills an index that registers in bulk, starts it again, and looks what is
 * there: as often as is wanted.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { contentName } from "../../../protocol/name.ts";
import { encodeSearch } from "../../../protocol/request.ts";
import { Child } from "../../child.ts";
import { BulkClient, type BulkRequest } from "../bulk_client.ts";
import { deregisterOf, digestOf, registerOf } from "../test_peer.ts";

/** What came of it. */
export interface KillReport {
  /** How often it was killed. */
  readonly kills: number;
  /** Registrations that were acknowledged. */
  readonly registered: number;
  /** De-registrations that were acknowledged. */
  readonly deregistered: number;
  /** Asked for but not acknowledged, and there all the same. */
  readonly unacknowledged: number;
}

/** Registrations of earlier rounds that are looked for after each. */
const SAMPLE = 3_000;

/** Registrations that a round tries at most. */
const ROUND = 6_000;
const LEASE_S = 3_600;

/**
 * Registrations from which on as many are taken out as are made: what a start
 * has to read would else make each round longer than the last.
 */
const MANY = 20_000;

/** What is known of a name: unknown is one whose request was not answered. */
type Known = "THERE" | "GONE" | "UNKNOWN";

/**
 * Kills an index again and again.
 *
 * @param file Where its database is to be.
 * @param random From 0 up to 1: when to kill.
 * @throws {AssertionError} Where something was lost, or is there by half.
 */
export async function killRounds(
  file: string,
  kills: number,
  random: () => number = Math.random,
): Promise<KillReport> {
  const known = new Map<number, Known>();
  const report = { kills, registered: 0, deregistered: 0, unacknowledged: 0 };
  using client = new BulkClient();
  const touched = new Set<number>();
  let next = 0;
  for (let round = 0; round <= kills; round++) {
    await using index = startIndex(file);
    const { port } = await index.event<{ port: number }>("listening");
    client.connect(port);
    // All of the last round and a sample of those before; at the end, everything.
    const sample = round === kills ? known.size : SAMPLE;
    const others = [...known.keys()].slice(0, -ROUND);
    const start = Math.floor(random() * Math.max(0, others.length - sample));
    const looked = new Set([
      ...touched,
      ...[...known.keys()].slice(-ROUND),
      ...others.slice(start, start + sample),
    ]);
    await look(client, looked, { known, report });
    touched.clear();
    if (round === kills) break;
    await client.hello(LEASE_S);
    const old = [...known].filter(([, state]) => state === "THERE");
    const every = old.length > MANY ? 1 : 5;
    let acknowledged = 0;
    const last = 1 + Math.floor(random() * ROUND * 0.9);
    const done = () => {
      if (++acknowledged !== last) return;
      index.kill("SIGKILL");
      client.stop();
    };
    const requests: BulkRequest[] = [];
    for (let n = 0; n < ROUND; n++) {
      requests.push(register(next++, { known, report, done }));
      const [taken] = n % every === 0 ? old[n / every] ?? [] : [];
      if (taken === undefined) continue;
      touched.add(taken);
      requests.push(deregister(taken, { known, report, done }));
    }
    await client.ask(requests);
    assert(acknowledged >= last, "nothing was killed");
    await index.end();
  }
  return report;
}

/** Starts an index in a process of its own. */
export function startIndex(file: string): Child {
  return Child.start("index_server.ts", [
    "--no-announce",
    "--host=127.0.0.1",
    "--port=0",
    "--max-rate=0",
    "--max-per-owner=5000000",
    "--max-per-address=5000000",
    "--max-registrations=5000000",
    `--database=${file}`,
    "--json",
  ], {
    allow: ["--allow-net", `--allow-read=${file}`, `--allow-write=${file}`],
  });
}

interface Notes {
  readonly known: Map<number, Known>;
  readonly report: { registered: number; deregistered: number };
  readonly done: () => void;
}

function register(n: number, { known, report, done }: Notes): BulkRequest {
  const metadata = { size: sizeOf(n), digest: digestOf(n) };
  const encode = registerOf(nameOf(n), { metadata });
  return {
    pdus: 2,
    encode: (pdus, head) => {
      // From now on it may be there.
      if (!known.has(n)) known.set(n, "UNKNOWN");
      return encode(pdus, head);
    },
    answered(reply) {
      assertEquals(reply.type, "A");
      known.set(n, "THERE");
      report.registered++;
      done();
    },
  };
}

function deregister(n: number, { known, report, done }: Notes): BulkRequest {
  const encode = deregisterOf(nameOf(n));
  return {
    pdus: 1,
    encode: (pdus, head) => {
      known.set(n, "UNKNOWN");
      return encode(pdus, head);
    },
    answered(reply) {
      assertEquals(reply.type, "A");
      known.set(n, "GONE");
      report.deregistered++;
      done();
    },
  };
}

/** Searches for names, each with its digest. */
async function look(
  client: BulkClient,
  names: Iterable<number>,
  { known, report }: {
    known: Map<number, Known>;
    report: { unacknowledged: number };
  },
): Promise<void> {
  const requests: BulkRequest[] = [];
  for (const n of names) {
    const state = known.get(n)!;
    requests.push({
      pdus: 2,
      encode: (pdus, head) =>
        encodeSearch(pdus, 0, {
          ...head,
          name: contentName(nameOf(n)),
          digest: digestOf(n),
        }),
      answered(reply) {
        const isThere = reply.type === "A";
        if (!isThere) assertEquals(reply.error, "NOT_FOUND");
        if (state === "UNKNOWN") {
          if (isThere) report.unacknowledged++;
          known.set(n, isThere ? "THERE" : "GONE");
        } else assertEquals(isThere, state === "THERE", `lost: ${nameOf(n)}`);
      },
    });
  }
  await client.ask(requests);
}

function nameOf(n: number): string {
  return `bulk/${n}.bin`;
}

function sizeOf(n: number): number {
  return 1_000 + n;
}
