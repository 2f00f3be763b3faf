/**
 * Server-sent events to many pages, none of which can hold much.
 *
 * @module
 */

/** What {@linkcode EventChannel} can be told. */
export interface EventChannelOptions {
  /** Streams at once; 16 if left out. */
  readonly maxStreams?: number | undefined;
  /**
   * Bytes that may wait for a slow page before it is cut off, or one event that
   * is longer; 256 KiB if left out.
   */
  readonly maxWaitingBytes?: number | undefined;
  /** How often a silent stream is shown to be alive, in milliseconds; 15,000 if left out. */
  readonly pingMs?: number | undefined;
}

const ENCODER = new TextEncoder();

/** Sends events to every page that listens. */
export class EventChannel implements Disposable {
  readonly #maxStreams: number;
  readonly #maxWaitingBytes: number;
  readonly #pingMs: number;
  readonly #streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  #pings: ReturnType<typeof setInterval> | undefined;

  /** Makes a channel that nobody listens to yet. */
  constructor(options: EventChannelOptions = {}) {
    this.#maxStreams = options.maxStreams ?? 16;
    this.#maxWaitingBytes = options.maxWaitingBytes ?? 256 * 1024;
    this.#pingMs = options.pingMs ?? 15_000;
  }

  /** How many pages listen. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Opens a stream.
   *
   * @param first What it starts with: events, each with what it says.
   * @returns The answer, or `undefined` where too many pages listen already.
   */
  open(first: Iterable<readonly [string, unknown]> = []): Response | undefined {
    if (this.#streams.size >= this.#maxStreams) return undefined;
    let own: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        this.#streams.add(controller);
        controller.enqueue(ENCODER.encode("retry: 1000\n\n"));
        for (const [event, payload] of first) {
          controller.enqueue(encodeEvent(event, payload));
        }
      },
      cancel: () => this.#forget(own),
    }, {
      highWaterMark: this.#maxWaitingBytes,
      size: (chunk) => chunk!.byteLength,
    });
    this.#pings ??= setInterval(
      () => this.#write(ENCODER.encode(":\n\n")),
      this.#pingMs,
    );
    return new Response(body, {
      headers: { "content-type": "text/event-stream; charset=utf-8" },
    });
  }

  /** Sends an event to every page; one that is too slow is cut off, and comes again. */
  send(event: string, payload: unknown): void {
    if (this.#streams.size > 0) this.#write(encodeEvent(event, payload));
  }

  /** Ends every stream. */
  [Symbol.dispose](): void {
    for (const controller of [...this.#streams]) {
      controller.close();
      this.#forget(controller);
    }
  }

  #write(bytes: Uint8Array): void {
    for (const controller of [...this.#streams]) {
      const room = controller.desiredSize ?? 0;
      // Who has taken all that came before is not slow, however long this is.
      if (room >= Math.min(bytes.byteLength, this.#maxWaitingBytes)) {
        controller.enqueue(bytes);
      } else {
        controller.error(new Error("Cannot send events: the page is too slow"));
        this.#forget(controller);
      }
    }
  }

  #forget(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#streams.delete(controller);
    if (this.#streams.size > 0) return;
    clearInterval(this.#pings);
    this.#pings = undefined;
  }
}

function encodeEvent(event: string, payload: unknown): Uint8Array {
  return ENCODER.encode(
    `event: ${event}\ndata: ${JSON.stringify(payload)}\n\n`,
  );
}
