/**
 * Fetches the hashes of a content's pieces, which prove themselves.
 *
 * @module
 */

import { DIGEST_BYTES } from "../protocol/digest.ts";
import { DOWNLOAD_KIND } from "../protocol/download.ts";
import type { Metadata } from "../protocol/metadata.ts";
import { READ_SLACK_BYTES } from "./answer_reader.ts";
import type { BlockMap } from "./block_map.ts";
import type { Candidate } from "./candidate.ts";
import { checkMetadata } from "./check_metadata.ts";
import { provesDigest } from "./piece_checker.ts";
import type { SourceConnection } from "./source_connection.ts";
import { SourceError } from "./source_error.ts";
import type { SwarmWork } from "./swarm.ts";

/** Asks sources for the hashes until one has the right ones. */
export class HashFetch implements SwarmWork {
  /** The first right answer is enough; the second source is for a slow first. */
  readonly maxConnections = 2;
  readonly #metadata: Metadata;
  readonly #map: BlockMap;
  #hashes: Uint8Array | undefined;

  /** Fetches the hashes of this content. */
  constructor(metadata: Metadata, map: BlockMap) {
    this.#metadata = metadata;
    this.#map = map;
  }

  /** The hashes, 32 bytes for each piece, once they are here and proved. */
  get hashes(): Uint8Array | undefined {
    return this.#hashes;
  }

  /** Whether they are here. */
  isDone(): boolean {
    return this.#hashes !== undefined;
  }

  /** Asks one source. */
  async use(_: Candidate, connection: SourceConnection): Promise<void> {
    const { digest, exponent } = this.#metadata;
    const length = this.#map.pieces * DIGEST_BYTES;
    connection.request({
      kind: DOWNLOAD_KIND.HASHES,
      offset: 0,
      length,
      exponent,
      digest,
    });
    checkMetadata(await connection.grant(), this.#metadata);
    const bytes = new Uint8Array(length + READ_SLACK_BYTES);
    await connection.read(bytes, length);
    const hashes = bytes.slice(0, length);
    if (!provesDigest(hashes, { digest, exponent, map: this.#map })) {
      throw new SourceError(
        "lied",
        "sent hashes that do not lead to the digest",
      );
    }
    this.#hashes = hashes;
  }

  /** Nothing is to be taken back. */
  leave(): void {}
}
