/**
 * The client that talks to Redis: one server, or a cluster.
 *
 * @module
 */

import { createClient, createCluster, type TypeMapping } from "@redis/client";
import type { Buffer } from "node:buffer";

/** How a reply is to be given. */
export interface ReplyTypes {
  readonly typeMapping: TypeMapping;
}

/** What an index needs of a client. */
export interface RedisClient {
  /** Connects, or rejects. */
  connect(): Promise<void>;
  /** Sends a command that touches the slot of a key. */
  send(
    key: string,
    args: readonly (string | Buffer)[],
    types: ReplyTypes,
  ): Promise<unknown>;
  /** Closes it; what waits for a reply is rejected. */
  destroy(): void;
}

/** What is behind the protocol of the URL of a cluster. */
const CLUSTER = "+cluster:";

/** How long connecting may take, in milliseconds. */
const CONNECT_MS = 2_000;

// A newer protocol, and telling the server who this is, would ask for the
// permission to read the environment.
const PLAIN = {
  RESP: 2,
  maintNotifications: "disabled",
  disableClientInfo: true,
} as const;

/**
 * Makes a client, which does not connect again by itself.
 *
 * @param lost Told when the connection is lost.
 * @throws {TypeError} Where the URL is none of Redis.
 */
export function openClient(
  url: string,
  lost: (error: unknown) => void,
): RedisClient {
  return url.includes(CLUSTER) ? ofCluster(url, lost) : ofServer(url, lost);
}

function ofServer(url: string, lost: (error: unknown) => void): RedisClient {
  const client = createClient({
    ...PLAIN,
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false },
  });
  client.on("error", lost);
  return {
    connect: async () => {
      await client.connect();
    },
    send: (_key, args, types) => client.sendCommand(args, types),
    destroy: () => {
      if (client.isOpen) client.destroy();
    },
  };
}

function ofCluster(url: string, lost: (error: unknown) => void): RedisClient {
  const { username, password, protocol, host } = new URL(url);
  const cluster = createCluster({
    ...PLAIN,
    rootNodes: [{ url: `${protocol.replace(CLUSTER, ":")}//${host}` }],
    defaults: {
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      disableOfflineQueue: true,
      socket: { connectTimeout: CONNECT_MS },
    },
  });
  cluster.on("error", lost);
  return {
    connect: async () => {
      await cluster.connect();
    },
    send: (key, args, types) =>
      cluster.sendCommand(key, false, [...args], types),
    destroy: () => cluster.destroy(),
  };
}
