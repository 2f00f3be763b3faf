/**
 * Makes the index known on the local network, and says so.
 *
 * @module
 */

import { Announcer } from "../../discovery/mod.ts";
import { isLoopback, parseAddress } from "../../protocol/address.ts";
import type { Log } from "./log.ts";

/**
 * Announces an index.
 *
 * @param addr Where it listens; on loopback alone it is announced to nobody.
 * @param log Told of it, and of what could not be done.
 * @returns What says goodbye when it is disposed of, or `undefined`.
 */
export async function announce(
  addr: { readonly hostname: string; readonly port: number },
  log: Log,
): Promise<Announcer | undefined> {
  const { hostname, port } = addr;
  const address = parseAddress(hostname);
  if (!address || isLoopback(address)) return undefined;
  // A multicast group is a host too: with leave for some, nobody is asked.
  const { state } = Deno.permissions.querySync({ name: "net" });
  if (state !== "granted") return undefined;
  try {
    const announcer = await Announcer.start({
      hostname,
      port,
      onProblem: ({ message }) => log.problem(message),
    });
    const { instance, interfaces } = announcer;
    const names = [...new Set(interfaces.map(({ name }) => name))];
    if (names.length > 0) {
      log.say(`Peers on the local network find it as ${instance}`, {
        event: "announced",
        instance,
        interfaces: names,
      });
    }
    return announcer;
  } catch (error) {
    // An index that nobody finds by itself still answers.
    const text = error instanceof Error ? error.message : String(error);
    log.problem(`Cannot announce the index: ${text}`);
    return undefined;
  }
}
