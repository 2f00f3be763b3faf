/**
 * The thread that hashes, so that hashing does not keep the sockets waiting.
 *
 * @module
 */

import { type TreeHash, treeHash } from "../protocol/tree_hash.ts";

/** Parts of a content to be hashed. Their memory goes with the message. */
export interface HashJob {
  /** Comes back in the reply. */
  readonly id: number;
  /** Starts where a part starts. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** Bytes of a part as a power of two. */
  readonly exponent: number;
  /** Whether this is the whole content, and no longer than one part. */
  readonly alone: boolean;
}

/** What became of a job. The memory comes back with the message. */
export interface HashReply {
  /** The job's. */
  readonly id: number;
  /** The job's. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** 32 bytes for each part, or what was wrong. */
  readonly result: Uint8Array | Error;
}

/**
 * Starts a thread that answers every {@linkcode HashJob} with a
 * {@linkcode HashReply}, in order.
 *
 * Its program is made of the text of two functions, because a worker may load a
 * file only where reading files is permitted.
 */
export function startHashWorker(): Worker {
  // Never revoked: a thread reads it some time after its start.
  programUrl ??= URL.createObjectURL(
    new Blob([
      `import { createHash } from "node:crypto";\n`,
      `(${serve})(globalThis, (${treeHash})(createHash));`,
    ], { type: "text/javascript" }),
  );
  return new Worker(programUrl, { type: "module", name: "hasher" });
}

let programUrl: string | undefined;

/** The global scope of a worker, as far as it is used. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<HashJob>) => void) | null;
  postMessage(reply: HashReply, transfer: ArrayBuffer[]): void;
}

/** Refers to nothing outside itself: its text runs in another thread. */
function serve(scope: WorkerScope, { hashParts }: TreeHash): void {
  scope.onmessage = ({ data: { id, content, exponent, alone } }) => {
    let result: Uint8Array | Error;
    try {
      result = hashParts(content, { exponent, alone });
    } catch (error) {
      result = error instanceof Error ? error : new Error(String(error));
    }
    scope.postMessage({ id, content, result }, [content.buffer]);
  };
}
