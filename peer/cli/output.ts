/**
 * Where a command writes: what was asked for goes to standard output, as text
 * or as one JSON object a line; everything about the work goes to standard
 * error.
 *
 * @module
 */

import { cutToWidth } from "./display.ts";
import { type Painter, painterFor } from "./style.ts";
import { unicodeWidth } from "@std/cli/unicode-width";

/** A stream that takes bytes at once, such as `Deno.stdout`. */
export interface TextSink {
  /** Writes some of the bytes and says how many. */
  writeSync(bytes: Uint8Array): number;
  /** Whether a person watches it. */
  isTerminal(): boolean;
}

/** How an {@linkcode Output} writes. */
export interface OutputOptions {
  /** One JSON object a line instead of text. */
  readonly json?: boolean;
  /** Nothing but results and errors. */
  readonly quiet?: boolean;
  /** Where results go; standard output by default. */
  readonly out?: TextSink;
  /** Where everything else goes; standard error by default. */
  readonly err?: TextSink;
}

/** Writes a command's results, notes and errors to where each belongs. */
export class Output {
  /** Whether results are JSON objects. */
  readonly json: boolean;
  /** Whether notes are left out. */
  readonly quiet: boolean;
  /** Whether a person watches standard error, so that progress may be drawn. */
  readonly interactive: boolean;
  /** Colours what goes to standard output. */
  readonly paint: Painter;
  readonly #paintNote: Painter;
  readonly #out: TextSink;
  readonly #err: TextSink;
  #drawn = 0;

  /** Makes an output; by default text to the process's own streams. */
  constructor(options: OutputOptions = {}) {
    this.json = options.json ?? false;
    this.quiet = options.quiet ?? false;
    this.#out = options.out ?? Deno.stdout;
    this.#err = options.err ?? Deno.stderr;
    this.paint = this.json ? (_, text) => text : painterFor(this.#out);
    this.#paintNote = painterFor(this.#err);
    this.interactive = !this.quiet && !this.json && this.#err.isTerminal();
  }

  /** Writes a result: the text, or with JSON the event. */
  result(text: string, event: Record<string, unknown>): void {
    this.clear();
    write(this.#out, this.json ? JSON.stringify(event) : text);
  }

  /** Writes a result that only scripts want. */
  event(event: Record<string, unknown>): void {
    if (!this.json) return;
    write(this.#out, JSON.stringify(event));
  }

  /** Writes a word about the work, unless it is to be quiet. */
  note(text: string): void {
    if (this.quiet || this.json) return;
    this.clear();
    write(this.#err, text);
  }

  /** Writes an error, with JSON also as an event. */
  error(text: string, event: Record<string, unknown> = {}): void {
    this.clear();
    this.event({ event: "error", message: text, ...event });
    write(this.#err, `${this.#paintNote("bad", "error:")} ${text}`);
  }

  /** Draws a line that the next one replaces, where a person watches. */
  draw(line: string): void {
    if (!this.interactive) return;
    const shown = cutToWidth(line, this.columns);
    const width = unicodeWidth(shown);
    const gap = " ".repeat(Math.max(0, this.#drawn - width));
    writeBytes(this.#err, `\r${shown}${gap}`);
    this.#drawn = width;
  }

  /** Columns that a drawn line may have. */
  get columns(): number {
    return terminalColumns() - 1;
  }

  /** Takes away what is drawn, before another writes. */
  clear(): void {
    if (this.#drawn === 0) return;
    writeBytes(this.#err, `\r${" ".repeat(this.#drawn)}\r`);
    this.#drawn = 0;
  }
}

function write(sink: TextSink, line: string): void {
  writeBytes(sink, `${line}\n`);
}

const ENCODER = new TextEncoder();

function writeBytes(sink: TextSink, text: string): void {
  let bytes = ENCODER.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(sink.writeSync(bytes));
}

function terminalColumns(): number {
  try {
    // A pseudo-terminal that was given no size says 0.
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}
