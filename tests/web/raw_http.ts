/**
 * HTTP by hand, for what no browser and no `fetch` sends.
 *
 * @module
 */

/** A connection to a server, a byte at a time if need be. */
export class RawHttp implements Disposable {
  readonly #conn: Deno.TcpConn;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Connects. */
  static async open(
    { port }: { readonly port: number },
  ): Promise<RawHttp> {
    return new RawHttp(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Sends text or bytes as they are. */
  async send(what: string | Uint8Array): Promise<void> {
    const bytes = typeof what === "string"
      ? new TextEncoder().encode(what)
      : what;
    for (let done = 0; done < bytes.length;) {
      done += await this.#conn.write(bytes.subarray(done));
    }
  }

  /** Reads once; empty at the end. */
  async read(): Promise<string> {
    const buffer = new Uint8Array(65_536);
    try {
      const read = await this.#conn.read(buffer);
      return new TextDecoder().decode(buffer.subarray(0, read ?? 0));
    } catch {
      return "";
    }
  }

  /** Reads up to the end. */
  async rest(): Promise<string> {
    let text = "";
    for (;;) {
      const more = await this.read();
      if (more === "") return text;
      text += more;
    }
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

/** Sends one request as it is written and reads all that comes back. */
export async function ask(
  at: { readonly port: number },
  ...lines: string[]
): Promise<string> {
  using http = await RawHttp.open(at);
  await http.send(`${lines.join("\r\n")}\r\n\r\n`);
  return await http.rest();
}

/** The status in a reply. */
export function statusOf(reply: string): number {
  return Number(reply.match(/^HTTP\/1\.1 (\d{3}) /)?.[1]);
}
