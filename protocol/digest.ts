/**
 * The digest of a content: its SHA-256 Merkle root.
 *
 * @module
 */

/** A SHA-256 Merkle root: 32 bytes. */
export type Digest = Uint8Array & { readonly __brand: "Digest" };

/** Bytes of a digest. */
export const DIGEST_BYTES = 32;
