/**
 * `peer complete`: asked by shells, while somebody waits with a finger on Tab.
 *
 * @module
 */

import {
  type DescribedCommand,
  splitLine,
} from "../../../cli/described_command.ts";
import { findIdentity } from "../../identity.ts";
import { IndexClient } from "../../index_client.ts";
import { parseIndexAddress } from "../index_address.ts";
import { locateIndex } from "../locate_index.ts";
import { Output } from "../output.ts";
import { type LocalSettings, OBSERVER } from "../settings.ts";

/** How long a person waits for it, in milliseconds. */
const LIMIT_MS = 1_000;

/** More names than this help nobody. */
const MAX_NAMES = 200;

/** Entries that are read to find them. */
const MAX_ENTRIES = 2_000;

/**
 * Writes the names on line that the last word may be the start of, one a line.
 * Whatever goes wrong, it writes less and says nothing.
 *
 * @param words What was typed after the program's name.
 * @param root The program's command.
 */
export async function complete(
  settings: LocalSettings,
  words: readonly string[],
  root: DescribedCommand,
): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), LIMIT_MS);
  const signal = AbortSignal.any([settings.signal, late.signal]);
  try {
    const { given } = splitLine(joined(words.slice(0, -1)), root);
    const named = given.get("index");
    const dir = given.get("dir") ?? settings.dir;
    const quiet = new Output({ quiet: true });
    const index = named !== undefined
      ? parseIndexAddress(named)
      : settings.index ?? await locateIndex({ dir, output: quiet, signal });
    await using client = await IndexClient.open({
      ...{ index, peer: OBSERVER, signal, member: () => findIdentity(dir) },
    });
    await writeNames(settings, { client, start: words.at(-1) ?? "", signal });
  } catch {
    settings.signal.throwIfAborted();
  } finally {
    clearTimeout(timer);
  }
}

/** Bash gives `--index=HOST` as three words. */
function joined(words: readonly string[]): string[] {
  const whole: string[] = [];
  for (let i = 0; i < words.length; i++) {
    if (words[i] === "=" && whole.length > 0) {
      whole[whole.length - 1] += `=${words[++i] ?? ""}`;
    } else whole.push(words[i]!);
  }
  return whole;
}

async function writeNames(
  { output }: LocalSettings,
  { client, start, signal }: {
    client: IndexClient;
    start: string;
    signal: AbortSignal;
  },
): Promise<void> {
  // What means something in a filter is left to the comparison below.
  const isPlain = start !== "" && !/[* ]|^peer:/i.test(start);
  const listing = await client.list(isPlain ? `${start}**` : "", { signal });
  const seen = new Set<string>();
  let entries = 0;
  for await (const { name } of listing) {
    if (++entries > MAX_ENTRIES || seen.size >= MAX_NAMES) break;
    if (seen.has(name) || !name.startsWith(start)) continue;
    seen.add(name);
    output.result(name, { event: "name", name });
  }
}
