/**
 * Sends datagrams one after the other from one buffer.
 *
 * @module
 */

/** Fills and sends until there is nothing more to send. */
export class SendLoop {
  readonly #fill: () => Uint8Array | undefined;
  readonly #send: (datagram: Uint8Array) => Promise<void>;
  #running = false;
  #stopped = false;
  #run: Promise<void> | undefined;

  /**
   * @param fill Gives the next datagram, or `undefined` where nothing may be
   * sent now. Its bytes may be used again once they are sent.
   */
  constructor(
    fill: () => Uint8Array | undefined,
    send: (datagram: Uint8Array) => Promise<void>,
  ) {
    this.#fill = fill;
    this.#send = send;
  }

  /** Sends what there is to send, unless that is under way. */
  start(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#run = this.#sendAll();
  }

  /** Ends it: nothing is sent once this is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#run;
  }

  async #sendAll(): Promise<void> {
    try {
      // What is asked in the same turn shares datagrams.
      await Promise.resolve();
      while (!this.#stopped) {
        const datagram = this.#fill();
        if (!datagram) return;
        await this.#send(datagram);
      }
    } finally {
      this.#running = false;
    }
  }
}
