/**
 * The codes of `E`: one table of number, name, the text that is sent and what
 * whoever receives it should do.
 *
 * @module
 */

/** One line of {@linkcode ERROR_CODES}. */
export interface ErrorCodeRow {
  /** The number on the wire. */
  readonly code: number;
  /** The text that goes with it, at most 84 bytes; the original's where it had one. */
  readonly text: string;
  /** What whoever receives it should do. */
  readonly remedy: string;
}

/** Every code, by its name. */
export const ERROR_CODES = {
  MALFORMED: {
    code: 1,
    text: "The request could not be read",
    remedy: "use a client that speaks version 1 of the protocol",
  },
  UNSUPPORTED: {
    code: 2,
    text: "This kind of request is not supported",
    remedy: "ask without it, or upgrade the older side",
  },
  VERSION: {
    code: 3,
    text: "This version of the protocol is not spoken here",
    remedy: "use the same version of Peerdex on both sides",
  },
  TOKEN: {
    code: 4,
    text: "The token is missing or too old",
    remedy: "repeat the request with the token that this error carries",
  },
  SIGNATURE: {
    code: 5,
    text: "The signature does not fit the key",
    remedy: "sign the 101 bytes of the H as they are sent",
  },
  FORBIDDEN: {
    code: 6,
    text: "This index is for its members only",
    remedy:
      'send whoever runs the index your public key, which "peer key" prints',
  },
  NAME_TAKEN: {
    code: 7,
    text: "File associated with another User --> Pick another user name",
    remedy: "register under another user name",
  },
  NOT_FOUND: {
    code: 8,
    text: "File does not exist",
    remedy: "look at the list for what is there",
  },
  FULL: {
    code: 9,
    text: "A limit on registrations is reached",
    remedy: "de-register what is no longer needed, or ask for a higher limit",
  },
  BUSY: {
    code: 10,
    text: "Too many requests",
    remedy: "wait as long as the error says",
  },
  UNAVAILABLE: {
    code: 11,
    text: "The store behind the index does not answer",
    remedy: "wait as long as the error says",
  },
  CHANGED: {
    code: 12,
    text: "The file is no longer the one that was asked for",
    remedy: "search again for its newest registration",
  },
  RANGE: {
    code: 13,
    text: "The file ends before what was asked for",
    remedy: "ask within the size that the metadata gives",
  },
  UNREADABLE: {
    code: 14,
    text: "The file cannot be read where it is shared",
    remedy: "ask another source",
  },
} as const satisfies Record<string, ErrorCodeRow>;

/** The name of a code. */
export type ErrorName = keyof typeof ERROR_CODES;

/** What a search for a name that nobody shares is answered, as in the original. */
export const SEARCH_NOT_FOUND_TEXT = "File Request does not exist";

const NAMES = new Map<number, ErrorName>(
  Object.entries(ERROR_CODES).map(([name, row]) => [
    row.code,
    name as ErrorName,
  ]),
);

/** The name of a code, or `undefined` for one that this version does not know. */
export function errorName(code: number): ErrorName | undefined {
  return NAMES.get(code);
}
