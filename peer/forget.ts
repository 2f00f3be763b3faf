/**
 * De-registers what this user's peer registered, whether that peer still runs
 * or has left its registrations behind.
 *
 * @module
 */

import { keysEqual } from "../protocol/key.ts";
import { type ContentName, peerName, quote } from "../protocol/name.ts";
import { requestForget } from "./forget_request.ts";
import { type Identity, loadIdentity } from "./identity.ts";
import { NotFoundError } from "./index_error.ts";
import { IndexClient, type RequestOptions } from "./index_client.ts";
import { NotRegisteredError } from "./not_registered_error.ts";
import { SharedFolder } from "./shared_folder.ts";
import { openStateFolder } from "./state_folder.ts";

/** Whose registrations are forgotten, and where. */
export interface ForgetOptions extends RequestOptions {
  /** The index's host and UDP port. */
  readonly index: { readonly hostname: string; readonly port: number };
  /** The shared folder of the peer that registered them. */
  readonly dir: string;
}

/** How long a peer that runs on the folder is waited for, in milliseconds. */
const ANSWER_MS = 20_000;

/**
 * De-registers contents.
 *
 * @returns For each name nothing, or why it could not be de-registered.
 * @throws {Error} Where nothing can be done at all: no key to prove the
 * ownership with, no answer from the peer that holds it or from the index.
 */
export async function forgetContents(
  names: readonly ContentName[],
  options: ForgetOptions,
): Promise<ReadonlyMap<ContentName, Error | undefined>> {
  const folder = await SharedFolder.open(options.dir);
  await using state = await openStateFolder(folder.path);
  if (state.fault === "in use") {
    return await askRunningPeer(state.path, names, options.signal);
  }
  if (state.fault) throw new Error(state.reason);
  return await forgetLeftovers(names, await loadIdentity(state), options);
}

async function askRunningPeer(
  state: string,
  names: readonly ContentName[],
  signal: AbortSignal | undefined,
): Promise<Map<ContentName, Error | undefined>> {
  const late = AbortSignal.timeout(ANSWER_MS);
  try {
    const faults = await requestForget(
      state,
      names,
      signal ? AbortSignal.any([signal, late]) : late,
    );
    return new Map(names.map((name) => {
      const fault = faults[name];
      if (!fault) return [name, undefined];
      const { message, notFound } = fault;
      return [
        name,
        notFound ? new NotRegisteredError(name) : new Error(message),
      ];
    }));
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Error(
      `Cannot forget ${quote(names[0]!)}: the peer that uses ${state} does ` +
        "not answer; end it, which de-registers all that it shares",
      { cause },
    );
  }
}

/** What a peer that was killed left is still its key's. */
async function forgetLeftovers(
  names: readonly ContentName[],
  identity: Identity,
  { index, signal }: ForgetOptions,
): Promise<Map<ContentName, Error | undefined>> {
  const peer = peerName("forget");
  await using client = await IndexClient.open({
    ...{ index, peer, signer: identity, signal },
  });
  await client.hello({ signal });
  const outcomes = new Map<ContentName, Error | undefined>();
  for (const name of names) {
    outcomes.set(name, await forgetOne(client, name, { identity, signal }));
  }
  return outcomes;
}

async function forgetOne(
  client: IndexClient,
  name: ContentName,
  { identity, signal }: RequestOptions & { identity: Identity },
): Promise<Error | undefined> {
  try {
    const { sources } = await client.search({ name }, { signal });
    const own = sources.filter(({ key }) =>
      key && keysEqual(key, identity.key)
    );
    if (own.length === 0) return new NotRegisteredError(name);
    for (const { peer } of own) {
      await client.deregister({ peer, name }, { signal });
    }
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NotFoundError) {
      return new NotRegisteredError(name, { cause: error });
    }
    if (error instanceof Error) return error;
    throw error;
  }
}
