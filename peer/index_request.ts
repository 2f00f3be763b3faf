/**
 * The requests that an index client makes, each with what its errors call it.
 *
 * @module
 */

import { parseAddress, UNSPECIFIED } from "../protocol/address.ts";
import type { Digest } from "../protocol/digest.ts";
import {
  encodeHello,
  type HelloFields,
  type Signer,
} from "../protocol/hello.ts";
import { REQUEST } from "../protocol/layout.ts";
import { namePdus } from "../protocol/message.ts";
import type { Metadata } from "../protocol/metadata.ts";
import {
  CONTENT_NAME_BYTES,
  type ContentName,
  isPrintable,
  NameError,
  type PeerName,
  quote,
} from "../protocol/name.ts";
import { DATAGRAM_PDUS } from "../protocol/pdu.ts";
import {
  encodeDeregister,
  encodeList,
  encodeRegister,
  encodeSearch,
} from "../protocol/request.ts";
import type { RequestKind } from "./pending_requests.ts";

/** Names one registration. */
export interface RegistrationName {
  /** The user name that it is made under. */
  readonly peer: PeerName;
  /** The content. */
  readonly name: ContentName;
}

/** A registration as it is made. */
export interface RegistrationEntry extends RegistrationName {
  /** The TCP port that serves the content, 1 to 65,535. */
  readonly port: number;
  /** What the content is. */
  readonly metadata: Metadata;
}

/** What to search for: a name, a digest, or a name with that digest. */
export interface SearchQuery {
  /** The name. */
  readonly name?: ContentName | undefined;
  /** The digest. */
  readonly digest?: Digest | undefined;
}

/**
 * PDUs that the answer to a search or a page of a list is counted as: up to
 * twelve, mostly fewer.
 */
const ANSWER_PDUS = 6;

/** Opens or renews a session, or ends it. */
export function helloRequest(
  { index, ...hello }:
    & Omit<HelloFields, "transaction" | "token" | "address">
    & {
      /** Where the index is: the signature is to be worth nothing elsewhere. */
      readonly index: () => string;
    },
  signer: Signer | undefined,
): RequestKind {
  return {
    task: () =>
      hello.goodbye
        ? "say goodbye"
        : hello.visit
        ? "say hello"
        : "open a session",
    pdus: 2,
    by: "anybody",
    encode: (pdus, at, fields) => {
      const address = parseAddress(index()) ?? UNSPECIFIED;
      return encodeHello(pdus, at, { ...hello, address, ...fields }, signer);
    },
  };
}

/** Registers a content. */
export function registerRequest(entry: RegistrationEntry): RequestKind {
  const { peer, name, port, metadata } = entry;
  return {
    task: () => `register ${quote(name)} as ${quote(peer)}`,
    pdus: 2 + namePdus(name, REQUEST.name),
    by: "owner",
    encode: (pdus, at, { transaction, token }) =>
      encodeRegister(pdus, at, {
        transaction,
        token,
        port,
        peer,
        name,
        metadata,
      }),
  };
}

/** De-registers a content. */
export function deregisterRequest(
  { peer, name }: RegistrationName,
): RequestKind {
  return {
    task: () => `de-register ${quote(name)} of ${quote(peer)}`,
    pdus: 1 + namePdus(name, REQUEST.name),
    by: "owner",
    encode: (pdus, at, { transaction, token }) =>
      encodeDeregister(pdus, at, { transaction, token, peer, name }),
  };
}

/** Searches for a content's sources. */
export function searchRequest({ name, digest }: SearchQuery): RequestKind {
  return {
    task: () => `find ${name ? quote(name) : "a content by its digest"}`,
    pdus: ANSWER_PDUS,
    by: "member",
    encode: (pdus, at, fields) =>
      encodeSearch(pdus, at, {
        ...fields,
        ...(name && { name }),
        ...(digest && { digest }),
      }),
  };
}

/**
 * Asks for pages of the list.
 *
 * @param text What to list; all if empty. Composed (NFC), as all names are.
 * @param options Where to go on, and how many pages may come at once.
 * @throws {NameError} Where the filter holds a control character or is too long.
 */
export function listRequest(
  text: string,
  { cursor, pages }: { readonly cursor: Uint8Array; readonly pages: number },
): RequestKind {
  const filter = text.normalize("NFC");
  if (!isPrintable(filter)) {
    throw new NameError(
      `Cannot use ${quote(filter)} as a filter: it holds a control character`,
    );
  }
  if (new TextEncoder().encode(filter).length > CONTENT_NAME_BYTES) {
    throw new NameError(
      `Cannot use ${quote(filter)} as a filter: it is longer than ` +
        `${CONTENT_NAME_BYTES} bytes`,
    );
  }
  return {
    task: () => "list what is on line",
    pdus: pages === 1 ? ANSWER_PDUS : pages * DATAGRAM_PDUS,
    pages,
    by: "member",
    encode: (pdus, at, fields) =>
      encodeList(pdus, at, { ...fields, filter, cursor, pages }),
  };
}
