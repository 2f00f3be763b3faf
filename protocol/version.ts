/** The version of the protocol that this code speaks, sent in every `H` and `D`. */
export const PROTOCOL_VERSION = 1;

/** The version of this software. */
export const PEERDEX_VERSION = "0.1.0";
