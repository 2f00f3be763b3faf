/**
 * Who counts as one client.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isIpv4,
  parseAddress,
} from "../protocol/address.ts";

/** Who a client is counted as: its IPv4 address, or its IPv6 network (/64). */
export function clientKey(hostname: string): string {
  const address = parseAddress(hostname);
  if (!address || isIpv4(address)) {
    return address ? formatAddress(address) : hostname;
  }
  const network = address.slice();
  network.fill(0, 8);
  return formatAddress(network as Address);
}
