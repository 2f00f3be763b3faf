/**
 * Runs the index server from its command line to its exit code.
 *
 * @module
 */

import { ValidationError } from "@cliffy/command";
import { systemSources } from "../../cli/option_sources.ts";
import { formatEndpoint, parseAddress } from "../../protocol/address.ts";
import { PEERDEX_VERSION } from "../../protocol/version.ts";
import { IndexServer, Members } from "../server.ts";
import { formatTrace } from "../trace.ts";
import { type Invocation, parseCommandLine } from "./command_line.ts";
import { announce } from "./announce.ts";
import type { HttpAddress } from "./http_address.ts";
import { Log } from "./log.ts";
import { MembersFile } from "./members_file.ts";
import { StatsReporter } from "./stats_reporter.ts";

/** How the program ends. */
export const EXIT_CODE = {
  /** It was asked to stop, or for its help or version. */
  DONE: 0,
  /** It could not do what it is for. */
  FAILED: 1,
  /** It was called wrongly. */
  USAGE: 2,
} as const;

/**
 * Runs an index server until it is told to stop.
 *
 * @param args The words after the program's name.
 * @returns The exit code; whatever went wrong has been told.
 */
export async function runIndexServer(args: readonly string[]): Promise<number> {
  const log = new Log({ json: args.includes("--json") });
  try {
    const invocation = await parseCommandLine(
      args,
      systemSources("PEERDEX_INDEX_"),
    );
    if (invocation) {
      await serve(invocation, new Log({ json: invocation.json }));
    }
    return EXIT_CODE.DONE;
  } catch (error) {
    const usage = error instanceof ValidationError;
    const code = usage ? EXIT_CODE.USAGE : EXIT_CODE.FAILED;
    const message = error instanceof Error ? error.message : String(error);
    log.problem(message, { code });
    if (usage) log.note("See index_server --help for what may be typed");
    return code;
  }
}

async function serve(invocation: Invocation, log: Log): Promise<void> {
  const { server, verbose } = invocation;
  const stop = Promise.withResolvers<Deno.Signal>();
  const listeners = stopSignals().map((signal) => {
    const listener = () => stop.resolve(signal);
    Deno.addSignalListener(signal, listener);
    return { signal, listener };
  });
  try {
    const members = invocation.members &&
      new Members([], { isPrivate: invocation.members.isPrivate });
    using _file = members &&
      await openMembers(invocation.members!.path, members, log);
    await using index = await IndexServer.start({
      ...server,
      ...(members && { members }),
      fault: (error) =>
        log.problem(`A request failed inside the index: ${error}`),
      ...(verbose && {
        trace: (event) =>
          log.say(formatTrace(event), { event: "pdu", ...event }),
      }),
    });
    using _reporter = new StatsReporter(index, {
      seconds: invocation.stats,
      write: (event) => log.record(event),
      clock: Date.now,
    });
    const { hostname, port } = index.addr;
    const address = parseAddress(hostname);
    const endpoint = address
      ? formatEndpoint(address, port)
      : `${hostname}:${port}`;
    log.say(`Peerdex index listening on ${endpoint} (UDP)`, {
      event: "listening",
      hostname,
      port,
      version: PEERDEX_VERSION,
    });
    await using _page = invocation.http
      ? await servePage(index, invocation.http, log)
      : undefined;
    // Disposed of before the server: its goodbye goes out while it still answers.
    await using _announcer = invocation.announce
      ? await announce(index.addr, log)
      : undefined;
    const signal = await stop.promise;
    log.say(`Peerdex index stopped by ${signal}`, {
      event: "stopped",
      signal,
      stats: index.stats(),
    });
  } finally {
    for (const { signal, listener } of listeners) {
      Deno.removeSignalListener(signal, listener);
    }
  }
}

async function openMembers(
  path: string,
  members: Members,
  log: Log,
): Promise<MembersFile> {
  const tell = () =>
    log.say(`Members: ${members.size} in ${path}`, {
      event: "members",
      file: path,
      count: members.size,
    });
  const file = await MembersFile.open(path, members, {
    onChange: tell,
    onFault: ({ message }) =>
      log.problem(`${message}; the list that was read before goes on counting`),
  });
  tell();
  return file;
}

async function servePage(
  index: IndexServer,
  { hostname, port, names }: HttpAddress,
  log: Log,
): Promise<AsyncDisposable> {
  // Who has no page loads none of it.
  const { StatusServer } = await import("../web/status_server.ts");
  const page = StatusServer.start(index, {
    hostname,
    port,
    names,
    fault: (error) => log.problem(`The status page failed: ${error}`),
  });
  log.say(`Status page at ${page.url}`, { event: "page", url: page.url });
  return page;
}

function stopSignals(): Deno.Signal[] {
  return Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
}
