/**
 * The parts of a peer, opened in their order.
 *
 * @module
 */

import type { PublicKey } from "../protocol/key.ts";
import type { ContentName } from "../protocol/name.ts";
import { ContentServer } from "./content_server.ts";
import { DigestCache } from "./digest_cache.ts";
import {
  answerForgetRequests,
  type ForgetFault,
  type ForgetFaults,
} from "./forget_request.ts";
import { Hasher } from "./hasher.ts";
import { loadIdentity, nameOf } from "./identity.ts";
import { IndexClient } from "./index_client.ts";
import { NotFoundError } from "./index_error.ts";
import { Library } from "./library.ts";
import { DEFAULT_FOLDER, type PeerOptions } from "./peer_options.ts";
import { Session } from "./session.ts";
import { SharedFolder } from "./shared_folder.ts";
import { ShareTable } from "./share_table.ts";
import { staleNotice } from "./stale_notice.ts";
import { openStateFolder } from "./state_folder.ts";

/** What a peer is made of. */
export interface PeerParts {
  /** Ends all the others. */
  readonly owned: AsyncDisposableStack;
  readonly folder: SharedFolder;
  readonly shares: ShareTable;
  readonly server: ContentServer;
  readonly client: IndexClient;
  readonly session: Session;
  readonly hasher: Hasher;
  readonly library: Library;
  /** The key that it registers with. */
  readonly key: PublicKey;
}

/**
 * Opens the folder, starts to serve, and says hello to the index.
 *
 * @throws {Error} Where the folder or the port cannot be used.
 * @throws {IndexUnreachableError} Where the index does not answer.
 */
export async function openPeerParts(options: PeerOptions): Promise<PeerParts> {
  const { index, signal, onEvent } = options;
  await using owned = new AsyncDisposableStack();
  const folder = await SharedFolder.open(options.dir ?? DEFAULT_FOLDER);
  const state = owned.use(await openStateFolder(folder.path));
  if (state.fault) onEvent?.({ type: "no-key", reason: state.reason });
  const identity = await loadIdentity(state);
  const cache = owned.use(await DigestCache.open(state));
  const hasher = owned.use(new Hasher({ hereBytes: 8 * 2 ** 20 }));
  const shares = new ShareTable();
  const server = owned.use(
    await ContentServer.listen({
      shares,
      hostname: options.hostname,
      port: options.port ?? 0,
      limitUp: options.limitUp,
      maxUploads: options.maxUploads,
      maxConnections: options.maxConnections,
      onEvent: staleNotice(shares, onEvent),
    }),
  );
  const name = options.name ?? nameOf(identity);
  const client = owned.use(
    await IndexClient.open({ index, peer: name, signer: identity, signal }),
  );
  const { port } = server.addr;
  const session = owned.use(
    await Session.open(client, { peer: name, port, signal, onEvent }),
  );
  const library = new Library(cache, hasher);
  const deregister = async (name: ContentName) => {
    await session.deregister(name);
    shares.remove(name);
  };
  if (!state.fault) {
    owned.use(await answerForgetRequests(state.path, forgetting(deregister)));
  }
  return {
    ...{ folder, shares, server, client, session, hasher, library },
    key: identity.key,
    owned: owned.move(),
  };
}

/** Answers requests to forget, with the reason where one could not be done. */
function forgetting(
  deregister: (name: ContentName) => Promise<void>,
): (names: ContentName[]) => Promise<ForgetFaults> {
  return async (names) => {
    const faults: Record<string, ForgetFault> = {};
    for (const name of names) {
      try {
        await deregister(name);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        faults[name] = { message, notFound: error instanceof NotFoundError };
      }
    }
    return faults;
  };
}
