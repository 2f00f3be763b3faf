/**
 * Starts the bench's own child processes.
 *
 * @module
 */

import type { FetchReport } from "./actor.ts";
import { Background, run } from "./process.ts";

/** A source in a process of its own. */
export interface Actor extends AsyncDisposable {
  readonly process: Background;
  /** Its address and port. */
  readonly endpoint: string;
  /** Size, digest and piece size, as the client is told them. */
  readonly content: readonly string[];
}

const PROGRAM = new URL("./actor.ts", import.meta.url).href;

/** How this runtime is told to be an actor. */
export function actorArgs(...args: string[]): string[] {
  return ["run", "-A", "--no-check", PROGRAM, ...args];
}

/** Starts an actor that stays. */
export function startActor(...args: string[]): Background {
  return new Background(Deno.execPath(), actorArgs(...args));
}

/** Starts a source of one file. */
export async function startSource(
  file: string,
  name: string,
  { hostname = "127.0.0.1", limitUp = 0 } = {},
): Promise<Actor> {
  const process = startActor("serve", file, hostname, name, String(limitUp));
  const [port, ...content] = (await process.line()).split(" ");
  return {
    process,
    endpoint: `${hostname}:${port}`,
    content,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** What the client is told to fetch a file from sources. */
export function fetchArgs(
  folder: string,
  name: string,
  sources: readonly Pick<Actor, "content" | "endpoint">[],
  { limitDown = 0 } = {},
): string[] {
  return [
    "fetch",
    folder,
    name,
    String(limitDown),
    ...sources[0]!.content,
    ...sources.map(({ endpoint }) => endpoint),
  ];
}

/** Runs an actor to its end. Its whole process is timed as well, as rivals' are. */
export async function runActor(
  args: readonly string[],
): Promise<FetchReport & { readonly processSeconds: number }> {
  const { output, seconds } = await run(Deno.execPath(), actorArgs(...args));
  return { ...JSON.parse(output), processSeconds: seconds };
}

/** Writes a file of random bytes. */
export async function writeRandom(path: string, bytes: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(2 ** 20);
  for (let done = 0; done < bytes; done += block.length) {
    for (let at = 0; at < block.length; at += 65_536) {
      crypto.getRandomValues(block.subarray(at, at + 65_536));
    }
    await file.write(block);
  }
}
