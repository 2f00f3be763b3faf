/**
 * Where an index listens.
 *
 * @module
 */

/** The port of an index that was told none. */
export const DEFAULT_PORT = 60_000;

/**
 * Binds a UDP socket.
 *
 * @param hostname Without one, every address of the host: IPv6 and IPv4 where
 * the system has them on one socket, else IPv4.
 * @param port 0 to 65,535; 0 takes a free one.
 * @throws {Error} Where that cannot be bound, saying why and what to do.
 */
export function bindUdp(
  hostname: string | undefined,
  port: number,
): Deno.DatagramConn {
  if (hostname !== undefined) return bind(hostname, port);
  // On Windows a socket on :: does not hear IPv4.
  if (Deno.build.os !== "windows") {
    try {
      return listen("::", port);
    } catch (error) {
      // Who has no IPv6 has IPv4; a port that is taken may be taken there only.
      if (error instanceof Deno.errors.AddrInUse) {
        throw refused("::", port, error);
      }
    }
  }
  return bind("0.0.0.0", port);
}

function bind(hostname: string, port: number): Deno.DatagramConn {
  try {
    return listen(hostname, port);
  } catch (error) {
    throw refused(hostname, port, error);
  }
}

function listen(hostname: string, port: number): Deno.DatagramConn {
  return Deno.listenDatagram({ hostname, port, transport: "udp" });
}

function refused(hostname: string, port: number, cause: unknown): Error {
  const at = hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
  const [reason, remedy] = cause instanceof Deno.errors.AddrInUse
    ? ["the port is in use", "stop what uses it or choose another port"]
    : cause instanceof Deno.errors.AddrNotAvailable
    ? ["this host has no such address", "choose one that it has"]
    : cause instanceof Deno.errors.NotCapable
    ? ["network access is not granted", "run with --allow-net"]
    : cause instanceof Deno.errors.PermissionDenied
    ? ["the system forbids it", "choose a port above 1023"]
    : [
      cause instanceof Error ? cause.message : String(cause),
      "check host and port",
    ];
  return new Error(`Cannot listen on ${at} (UDP): ${reason}; ${remedy}`, {
    cause,
  });
}
