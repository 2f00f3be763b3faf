/**
 * Messages typed by hand: pairs of hexadecimal digits, text in quotes, and a
 * comment after `#` on every line.
 *
 * @module
 */

/** Reads bytes that were typed by hand. */
export function bytesOf(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const line of text.split("\n")) {
    for (const [item] of line.matchAll(/#.*|"[^"]*"|\S+/g)) {
      if (item.startsWith("#")) break;
      else if (item.startsWith('"')) {
        bytes.push(...new TextEncoder().encode(item.slice(1, -1)));
      } else if (/^[\da-f]{2}$/.test(item)) bytes.push(parseInt(item, 16));
      else throw new SyntaxError(`Cannot read ${item} as a byte`);
    }
  }
  return new Uint8Array(bytes);
}
