/**
 * The command line of the index server: what may be typed, and what it means.
 *
 * @module
 */

import { Command, ValidationError } from "@cliffy/command";
import {
  NO_SOURCES,
  type OptionSources,
  withOrigin,
  withSources,
} from "../../cli/option_sources.ts";
import { quote } from "../../protocol/name.ts";
import { PEERDEX_VERSION } from "../../protocol/version.ts";
import { DEFAULT_PORT } from "../bind.ts";
import { KnownAddresses } from "../known_addresses.ts";
import { DEFAULT_LEASE, leaseTerms } from "../lease.ts";
import { LIMIT_OPTIONS, type Limits, limitsOf } from "../limits.ts";
import type { IndexServerOptions } from "../server.ts";
import { redisOptions } from "./redis_options.ts";
import { type HttpAddress, parseHttpAddress } from "./http_address.ts";

/** What a command line asks for. */
export interface Invocation {
  readonly server: IndexServerOptions;
  /** Whether peers on the local network may find it by themselves. */
  readonly announce: boolean;
  /** Who may register, and whether others may search; without, everybody. */
  readonly members:
    | { readonly path: string; readonly isPrivate: boolean }
    | undefined;
  /** Where to serve the status page; without, there is none. */
  readonly http: HttpAddress | undefined;
  /** Seconds between two lines of what it did; without, only on SIGUSR1 and SIGUSR2. */
  readonly stats: number | undefined;
  /** One JSON object a line instead of text. */
  readonly json: boolean;
  /** A line for every PDU. */
  readonly verbose: boolean;
}

const LIMIT = LIMIT_OPTIONS;

/** The longest time between two lines of what it did: a day. */
const MAX_STATS_S = 86_400;

/**
 * Reads a command line.
 *
 * @param args The words after the program's name.
 * @param sources Where options come from that it leaves out; nowhere by default.
 * @returns What it means, or `undefined` where it asked for help or the version,
 * which has then been shown.
 * @throws {ValidationError} Where it was typed wrongly.
 */
export async function parseCommandLine(
  args: readonly string[],
  sources: OptionSources = NO_SOURCES,
): Promise<Invocation | undefined> {
  let invocation: Invocation | undefined;
  const command = new Command()
    .name("index_server")
    .version(PEERDEX_VERSION)
    .description(
      "Keeps who shares what, and tells peers that ask. It needs nothing but " +
        "a UDP port, and without --database forgets everything when it ends.",
    )
    .option(
      "--host <address:string>",
      "The address to listen on; without, every address of this host.",
    )
    .option("--port <port:integer>", "The UDP port to listen on, 0 for any.", {
      default: DEFAULT_PORT,
    })
    .option(
      "--no-announce",
      "Do not announce it on the local network, where peers find it.",
    )
    .option(
      "--lease <seconds:integer>",
      "How long a registration lives that nobody renews.",
      { default: DEFAULT_LEASE.standard },
    )
    .option(
      "--min-lease <seconds:integer>",
      "The shortest lease that a peer may ask for.",
    )
    .option(
      "--max-lease <seconds:integer>",
      "The longest lease that a peer may ask for.",
    )
    .option(
      "--selection <which:string>",
      "Which sources a search gives first: newest or least-used.",
      { default: "newest" },
    )
    .option(
      "--database <file:string>",
      "The SQLite file to keep everything in, made where there is none.",
    )
    .option(
      "--redis <url:string>",
      "The Redis or Valkey to keep everything in: redis://HOST:PORT. Several " +
        "indexes on one are one index.",
    )
    .option(
      "--registry <name:string>",
      "The registry in Redis, where there are several.",
      { default: "peerdex" },
    )
    .option(
      "--secret <digits:string>",
      "What tokens are made from, 32 hexadecimal digits, the same for all " +
        "indexes; without, Redis keeps it. A variable or --config hides it best.",
    )
    .option(
      "--known-as <addresses:string>",
      "The addresses at which peers reach it, with commas: what they sign for " +
        "another index is refused.",
    )
    .option(
      "--members <file:string>",
      "A file with the public keys of those who may register, one a line; read " +
        "again when it changes.",
    )
    .option("--private", "Let none but members search and list.")
    .option("--max-registrations <count:integer>", describe("maxRegistrations"))
    .option("--max-per-owner <count:integer>", describe("maxPerOwner"))
    .option("--max-per-address <count:integer>", describe("maxPerAddress"))
    .option("--max-owners <count:integer>", describe("maxOwners"))
    .option(
      "--max-owners-per-address <count:integer>",
      describe("maxOwnersPerAddress"),
    )
    .option("--max-replies <count:integer>", describe("maxReplies"))
    .option("--max-rate <count:integer>", describe("maxRate"))
    .option("--max-addresses <count:integer>", describe("maxAddresses"))
    .option(
      "--config <file:string>",
      "A JSON file of options by name; variables PEERDEX_INDEX_… come before it.",
    )
    .option(
      "--http <address:string>",
      "Serve a status page at HOST:PORT, or at this port of 127.0.0.1.",
    )
    .option(
      "--http-name <names:string>",
      "Host names by which the status page may be opened, with commas.",
    )
    .option(
      "--stats <seconds:integer>",
      "Write what it did as a line of JSON every so often, not only on SIGUSR2.",
    )
    .option("--json", "Write one JSON object a line.")
    .option("--verbose", "Write a line for every PDU.")
    .example("on every address, port 60000", "index_server")
    .example(
      "with a page at http://127.0.0.1:8080/",
      "index_server --http 8080",
    )
    .example("for this host alone", "index_server --host 127.0.0.1 --port 0")
    .action((options) => {
      const { host, port, lease, minLease, maxLease, selection, database } =
        options;
      const { members } = options;
      if (options.private && members === undefined) {
        throw new ValidationError(
          "Cannot use --private without --members FILE, which lists who may ask",
        );
      }
      const { http, httpName, stats, redis, registry, secret } = options;
      const knownAs = options.knownAs?.split(",").map((each) => each.trim());
      if (port < 0 || port > 65_535) {
        throw new ValidationError(
          `Cannot use ${port} for --port: expected 0 to 65535`,
        );
      }
      if (stats !== undefined && (stats < 1 || stats > MAX_STATS_S)) {
        throw new ValidationError(
          `Cannot use ${stats} for --stats: expected 1 to ${MAX_STATS_S} seconds`,
        );
      }
      if (selection !== "newest" && selection !== "least-used") {
        throw new ValidationError(
          `Cannot use ${
            quote(selection)
          } for --selection: expected newest or least-used`,
        );
      }
      invocation = {
        server: checked({
          ...(host !== undefined && { hostname: host }),
          port,
          lease: {
            standard: lease,
            ...(minLease !== undefined && { min: minLease }),
            ...(maxLease !== undefined && { max: maxLease }),
          },
          selection,
          ...(database !== undefined && { database }),
          ...(knownAs && { knownAs }),
          ...(redis !== undefined && {
            redis: redisOptions({ url: redis, registry, secret }),
          }),
          limits: limitsIn(options),
        }),
        announce: options.announce,
        members: members === undefined
          ? undefined
          : { path: members, isPrivate: options.private ?? false },
        http: http === undefined ? undefined : parseHttpAddress(http, httpName),
        stats,
        json: options.json ?? false,
        verbose: options.verbose ?? false,
      };
    })
    .throwErrors()
    .noExit();
  const line = withSources(args, command, sources);
  try {
    await command.parse([...line.args]);
  } catch (error) {
    throw withOrigin(error, line);
  }
  return invocation;
}

function describe(name: keyof Limits): string {
  return `${LIMIT[name].description} (Default: ${LIMIT[name].default})`;
}

function limitsIn(
  options: { readonly [Name in keyof Limits]?: number | undefined },
): Partial<Limits> {
  const limits: { -readonly [Name in keyof Limits]?: number } = {};
  for (const name of Object.keys(LIMIT) as (keyof Limits)[]) {
    const value = options[name];
    if (value !== undefined) limits[name] = value;
  }
  return limits;
}

/** What is out of range is wrong usage, and told as such. */
function checked(server: IndexServerOptions): IndexServerOptions {
  try {
    limitsOf(server.limits);
    leaseTerms(server.lease);
    new KnownAddresses(server.knownAs ?? []);
    if (server.redis && server.database !== undefined) {
      throw new RangeError("Cannot use --database and --redis together");
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ValidationError(error.message);
  }
  return server;
}
