/**
 * Where the index server writes: lines of text, or one JSON object a line.
 *
 * @module
 */

/** A stream that takes bytes at once, such as `Deno.stdout`. */
export interface TextSink {
  /** Writes some of the bytes and says how many. */
  writeSync(bytes: Uint8Array): number;
}

/** Writes what happens to standard output, and what goes wrong to standard error. */
export class Log {
  readonly #json: boolean;
  readonly #out: TextSink;
  readonly #err: TextSink;

  /** @param options JSON or text, and the streams if not the process's own. */
  constructor(
    { json = false, out = Deno.stdout, err = Deno.stderr }: {
      json?: boolean;
      out?: TextSink;
      err?: TextSink;
    } = {},
  ) {
    this.#json = json;
    this.#out = out;
    this.#err = err;
  }

  /** Says what happened, as text, or with JSON as an event. */
  say(text: string, event: Readonly<Record<string, unknown>>): void {
    write(this.#out, this.#json ? JSON.stringify(event) : text);
  }

  /** Writes an object as JSON in any case; without JSON beside the output. */
  record(event: Readonly<Record<string, unknown>>): void {
    write(this.#json ? this.#out : this.#err, JSON.stringify(event));
  }

  /** Says something that only people want. */
  note(text: string): void {
    if (!this.#json) write(this.#err, text);
  }

  /** Says what went wrong. Programs that read JSON find it among the events. */
  problem(text: string, event: Readonly<Record<string, unknown>> = {}): void {
    if (this.#json) {
      write(
        this.#out,
        JSON.stringify({ event: "problem", message: text, ...event }),
      );
    } else write(this.#err, text);
  }
}

const ENCODER = new TextEncoder();

function write(sink: TextSink, line: string): void {
  const bytes = ENCODER.encode(`${line}\n`);
  try {
    for (let done = 0; done < bytes.length;) {
      done += sink.writeSync(bytes.subarray(done));
    }
  } catch {
    // Nobody reads it any more. An index goes on serving.
  }
}
