/**
 * The body of a request, read no faster than it is used.
 *
 * @module
 */

/** Where a body comes from. */
export interface BodySource {
  /** What has come already. */
  readonly first: Uint8Array<ArrayBuffer>;
  /** How long all of it is. */
  readonly bytes: number;
  /** Reads more, as `Deno.Conn` does. */
  readonly read: (buffer: Uint8Array) => Promise<number | null>;
  /** Is told when all of it has been read. */
  readonly onEnd: () => void;
}

const READ_BYTES = 65_536;

/** A stream of as many bytes as the head said, or an error where fewer come. */
export function requestBody(
  { first, bytes, read, onEnd }: BodySource,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = bytes;
  let waiting = first;
  return new ReadableStream({
    async pull(controller) {
      const part = waiting.length > 0
        ? waiting
        : await readPart(Math.min(left, READ_BYTES), read);
      waiting = part.subarray(part.length);
      left -= part.length;
      controller.enqueue(part);
      if (left > 0) return;
      controller.close();
      onEnd();
    },
  }, { highWaterMark: 0 });
}

async function readPart(
  most: number,
  read: BodySource["read"],
): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(most);
  const count = await read(buffer);
  if (count === null) throw new Error("The request ended within its body");
  return buffer.subarray(0, count);
}
