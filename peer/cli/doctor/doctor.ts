/**
 * `peer doctor`: says in plain words what works, and what to do where something
 * does not.
 *
 * @module
 */

import { ContentServer } from "../../content_server.ts";
import { findIdentity } from "../../identity.ts";
import { IndexClient } from "../../index_client.ts";
import { IndexUnreachableError } from "../../index_error.ts";
import { ShareTable } from "../../share_table.ts";
import { describeError, isAddressInUse } from "../describe_error.ts";
import { formatCount } from "../display.ts";
import { EXIT_CODE, type ExitCode } from "../exit_code.ts";
import { formatIndexAddress, type IndexAddress } from "../index_address.ts";
import { locateIndex } from "../locate_index.ts";
import { NoIndexError } from "../no_index_error.ts";
import type { Output } from "../output.ts";
import { rememberIndex } from "../remembered_index.ts";
import { type LocalSettings, OBSERVER } from "../settings.ts";
import { UnhealthyError } from "../unhealthy_error.ts";
import type { Finding } from "./finding.ts";
import { checkFolder } from "./check_folder.ts";
import { checkKey } from "./check_key.ts";
import {
  checkClock,
  checkNetwork,
  checkProgram,
  type InterfaceAddress,
  listInterfaces,
} from "./check_host.ts";
import { checkIndex } from "./check_index.ts";
import { checkUnfinished } from "./check_unfinished.ts";

/**
 * Runs `peer doctor`.
 *
 * @throws {UnhealthyError} Where something is to be mended.
 */
export async function doctor(settings: LocalSettings): Promise<void> {
  const { output, dir } = settings;
  const wrong: string[] = [];
  const tell = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      tellFinding(output, finding);
      if (finding.health === "wrong") wrong.push(finding.check);
    }
  };
  const interfaces = listInterfaces();
  tell([
    checkProgram(),
    checkClock(Date.now()),
    checkNetwork(interfaces),
    ...await checkFolder(dir),
    ...await checkUnfinished(dir),
    await checkKey(dir),
  ]);
  const code = await tellIndex(settings, { interfaces, tell });
  if (wrong.length === 0) {
    output.note("All is well");
    return;
  }
  throw new UnhealthyError(
    `${formatCount(wrong.length, "thing")} to mend: ${wrong.join(", ")}; ` +
      "see above what to do",
    code === EXIT_CODE.DONE ? EXIT_CODE.FAILED : code,
  );
}

/** Tells what can be found out with an index, and how that came out. */
async function tellIndex(
  settings: LocalSettings,
  { interfaces, tell }: {
    interfaces: readonly InterfaceAddress[] | undefined;
    tell: (findings: readonly Finding[]) => void;
  },
): Promise<ExitCode> {
  const { signal, dir } = settings;
  let index: IndexAddress | undefined;
  try {
    index = settings.index ?? await locateIndex(settings);
    await using server = serve(settings);
    if ("finding" in server) tell([server.finding]);
    const client = IndexClient.open({
      ...{ index, peer: OBSERVER, signal, member: () => findIdentity(dir) },
    });
    await using greeter = await client;
    tell(
      await checkIndex(greeter, {
        ...{ port: server.port, interfaces, signal, pause },
        index: formatIndexAddress(index),
        now: () => performance.now(),
      }),
    );
    await rememberIndex(dir, index);
    return EXIT_CODE.DONE;
  } catch (error) {
    signal.throwIfAborted();
    tell([{
      check: "index",
      health: "wrong",
      text: describeError(error),
      ...(index && { facts: { index: formatIndexAddress(index) } }),
    }]);
    return error instanceof IndexUnreachableError ||
        error instanceof NoIndexError
      ? EXIT_CODE.INDEX_UNREACHABLE
      : EXIT_CODE.FAILED;
  }
}

/** What answers at the port while it is tried. */
type Served =
  & AsyncDisposable
  & { readonly port: number }
  & (
    | Record<never, never>
    | { readonly finding: Finding }
  );

function serve({ host, port }: LocalSettings): Served {
  try {
    const shares = new ShareTable();
    const server = ContentServer.listen({ shares, hostname: host, port });
    return {
      port: server.addr.port,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    const isOwn = isAddressInUse(error) && port > 0;
    return {
      port: isOwn ? port : 0,
      finding: isOwn
        ? {
          check: "listening",
          health: "note",
          text: `port ${port} is in use, by a peer of yours most likely`,
          advice: "it is tried as it is",
        }
        : {
          check: "listening",
          health: "wrong",
          text: describeError(error),
          advice: "name another with --host and --port",
        },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}

function tellFinding(output: Output, finding: Finding): void {
  const { check, health, text, advice, facts } = finding;
  const mark = health === "wrong" ? "WRONG" : health;
  // What to do stands under what is so.
  const end = advice === undefined
    ? ""
    : `\n${" ".repeat(ADVICE_COLUMN)}${capitalized(advice)}`;
  const tone = TONES[health];
  output.result(
    `${output.paint(tone, mark.padEnd(5))}  ${check.padEnd(9)}  ${text}${end}`,
    {
      event: "check",
      ...{ check, health, text },
      ...(advice !== undefined && { advice }),
      ...facts,
    },
  );
}

/** Where the text of a line starts. */
const ADVICE_COLUMN = 18;

const TONES = { ok: "good", note: "warn", wrong: "bad" } as const;

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
