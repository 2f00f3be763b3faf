/**
 * A quick look at names in their bytes: most names are plain, and need no text
 * made of them to be known as good.
 *
 * @module
 */

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const DOT = 0x2e;
const SPACE = 0x20;

/** Parts of more bytes than this are looked at by the full check. */
const PLAIN_PART_BYTES = 200;

/** Parts that start with these letters may be devices on Windows. */
const DEVICE_INITIALS: Uint8Array = Uint8Array.from(
  { length: 128 },
  (_, code) => "cpanl".includes(String.fromCharCode(code | 0x20)) ? 1 : 0,
);

/** The letters that follow them in all devices, with those initials. */
const DEVICE_PREFIXES: ReadonlySet<number> = new Set(
  ["con", "prn", "aux", "nul", "com", "lpt"].map((name) =>
    name.charCodeAt(0) << 16 | name.charCodeAt(1) << 8 | name.charCodeAt(2)
  ),
);

/**
 * Whether bytes are certainly a content name: printable ASCII in parts that no
 * system gives a meaning to. `false` says nothing: the full check decides.
 */
export function isPlainContentName(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  let part = start;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === SLASH) {
      if (at === part || at - part > PLAIN_PART_BYTES) return false;
      part = at + 1;
      continue;
    }
    if (byte < SPACE || byte > 0x7e || byte === BACKSLASH || byte === COLON) {
      return false;
    }
    if (at !== part) continue;
    if (byte === DOT || byte === SPACE) return false;
    if (DEVICE_INITIALS[byte] === 1 && end - at >= 3) {
      const letters = byte << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!;
      if (DEVICE_PREFIXES.has(letters | 0x202020)) return false;
    }
  }
  return end > part && end - part <= PLAIN_PART_BYTES;
}

/**
 * Whether bytes are certainly a peer name: printable ASCII. `false` says
 * nothing: the full check decides. Their number is not looked at.
 */
export function isPlainPeerName(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte < SPACE || byte > 0x7e) return false;
  }
  return end > start;
}
