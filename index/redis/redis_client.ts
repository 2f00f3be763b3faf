/**
 * The client that talks to Redis: one server, or a cluster.
 *
 * @module
 */

import { createClient, createCluster, RESP_TYPES } from "@redis/client";
import { Buffer } from "node:buffer";

/** What Redis answers. */
export type RedisReply = number | Buffer | null | readonly RedisReply[];

/** An argument of a command. */
export type RedisArgument = string | Buffer;

/** What an index needs of a client. */
export interface RedisClient {
  /** Connects, or rejects. */
  connect(): Promise<void>;
  /** Sends a command that touches the slot of a key. */
  send(key: string, args: readonly RedisArgument[]): Promise<RedisReply>;
  /** Closes it; what waits for a reply is rejected. */
  destroy(): void;
}

/** What is behind the protocol of the URL of a cluster. */
const CLUSTER = "+cluster:";

/** Connecting may take two seconds, and whoever uses the client does it again. */
const SOCKET = { connectTimeout: 2_000, reconnectStrategy: false } as const;

/** Texts are given as bytes. */
const TYPES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

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
    socket: SOCKET,
  });
  client.on("error", lost);
  return {
    connect: async () => {
      await client.connect();
    },
    send: (_key, args) => client.sendCommand(args, TYPES),
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
      socket: SOCKET,
    },
  });
  cluster.on("error", lost);
  return {
    connect: async () => {
      await cluster.connect();
    },
    send: (key, args) => cluster.sendCommand(key, false, [...args], TYPES),
    destroy: () => cluster.destroy(),
  };
}
