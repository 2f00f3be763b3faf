/**
 * The real network, with nothing but `--allow-net`.
 *
 * @module
 */

import { openIpv4Link } from "./ipv4_link.ts";
import { openIpv6Link } from "./ipv6_link.ts";
import type { Network } from "./link.ts";
import { networkInterfaces } from "./network_interfaces.ts";

/** The network that this host is in. */
export const MULTICAST_NETWORK: Network = {
  interfaces: networkInterfaces,
  async open(on, options) {
    checkPermission();
    try {
      return await (on.family === "IPv4" ? openIpv4Link : openIpv6Link)(
        on,
        options,
      );
    } catch (error) {
      throw new Error(
        `Cannot listen on ${on.name} over ${on.family}: ` +
          (error instanceof Error ? error.message : String(error)),
        { cause: error },
      );
    }
  },
};

// Refused by the runtime, a socket of node:dgram throws where nobody can catch
// it, and at each host anew: only a program that may use all of the network
// tries. Nothing is asked of the user.
function checkPermission(): void {
  const { state, partial } = Deno.permissions.querySync({ name: "net" });
  if (state === "granted" && !partial) return;
  throw new Deno.errors.NotCapable(
    "Cannot use multicast: that takes --allow-net without a list of hosts",
  );
}
