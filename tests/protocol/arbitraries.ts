/**
 * Generators of everything that a message can say, up to every limit.
 *
 * @module
 */

import fc from "../fast_check.ts";
import type { Address } from "../../protocol/address.ts";
import type { DownloadRequest, Grant } from "../../protocol/download.ts";
import type { Digest } from "../../protocol/digest.ts";
import { ERROR_CODES, type ErrorName } from "../../protocol/error_code.ts";
import type { ErrorReply } from "../../protocol/error_reply.ts";
import type { Hello } from "../../protocol/hello.ts";
import type { PublicKey, SignedKey } from "../../protocol/key.ts";
import type { Metadata } from "../../protocol/metadata.ts";
import type { ContentName, PeerName } from "../../protocol/name.ts";
import type { Ack, RecordReply } from "../../protocol/reply.ts";
import type {
  DeregisterRequest,
  ListRequest,
  RegisterRequest,
  SearchRequest,
} from "../../protocol/request.ts";

/** Any 32-bit number, the ends more often than chance would have them. */
export const u32: fc.Arbitrary<number> = upTo(2 ** 32 - 1);
const u16 = upTo(2 ** 16 - 1);
const u8 = upTo(2 ** 8 - 1);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const port = fc.integer({ min: 1, max: 65_535 });

/** Any 16 bytes, and those that mean something more often than chance. */
export const address: fc.Arbitrary<Address> = fc.oneof(
  bytes(16),
  fc.constant(new Uint8Array(16)),
  bytes(4).map((ipv4) => {
    const mapped = new Uint8Array(16).fill(0xff, 10, 12);
    mapped.set(ipv4, 12);
    return mapped;
  }),
  fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
    .map((values) => Uint8Array.from(values)),
).map((value) => value as Address);

// One, two, three and four bytes of UTF-8, and what a name may hold though it
// looks odd.
const letter = fc.oneof(
  fc.constantFrom(..."abcXYZ019 .-_~:*?\"'<>|$"),
  fc.constantFrom("é", "ß", "ж", "א"),
  fc.constantFrom("水", "火", "한", "€", "\u200d"),
  fc.constantFrom("😀", "𝄞", "🇳"),
);

/** A text of at most so many bytes that any terminal can show. */
export function text(maxBytes: number): fc.Arbitrary<string> {
  return fc.array(letter, { maxLength: maxBytes }).map((letters) =>
    clip(letters, maxBytes)
  );
}

export const peerName: fc.Arbitrary<PeerName> = text(15).map((rest) =>
  `P${rest}` as PeerName
);

// A part starts with a letter that starts no device and ends with one, so that
// it is no part that is refused.
const part = fc.oneof(
  { arbitrary: text(20), weight: 3 },
  { arbitrary: text(252), weight: 1 },
  { arbitrary: long(252), weight: 2 },
).map((middle) => `x_${middle}x`);

/** A name of 1 to 822 bytes, in parts of 1 to 255. */
export const contentName: fc.Arbitrary<ContentName> = fc.oneof(
  fc.array(part, { minLength: 1, maxLength: 4 }),
  fc.array(long(252).map((middle) => `x_${middle}x`), {
    minLength: 3,
    maxLength: 4,
  }),
).map((parts) => clip([...parts.join("/")], 822))
  .map((name) => name.endsWith("/") ? name.slice(0, -1) : name)
  .map((name) => name as ContentName);

const digest = bytes(32).map((value) => value as Digest);

// An all-zero digest pins nothing: it is no digest of anything.
const pinned = digest.filter((value) => value.some((byte) => byte !== 0));

export const metadata: fc.Arbitrary<Metadata> = fc.record({
  exponent: fc.integer({ min: 18, max: 24 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  whole: fc.boolean(),
  digest,
  modified: upTo(8.64e15),
  partial: fc.boolean(),
}).map(({ share, whole, ...rest }) => ({
  size: Math.floor((whole ? 1 : share) * 2 ** (20 + rest.exponent)),
  ...rest,
}));

const publicKey = bytes(32).map((value) => value as PublicKey);

const signed: fc.Arbitrary<SignedKey> = fc.record({
  key: publicKey,
  signature: bytes(64),
});

const size = upTo(2 ** 44);
const head = { transaction: u32, token: u64 };

export const hello: fc.Arbitrary<Hello> = optional({
  type: fc.constant("H" as const),
  ...head,
  address,
  port: u16,
  peer: peerName,
  version: fc.constant(1),
  goodbye: fc.boolean(),
  lease: u16,
  agent: text(50),
}, { signed });

export const register: fc.Arbitrary<RegisterRequest> = fc.record({
  type: fc.constant("R" as const),
  ...head,
  port,
  peer: peerName,
  name: contentName,
  metadata,
});

export const deregister: fc.Arbitrary<DeregisterRequest> = fc.record({
  type: fc.constant("T" as const),
  ...head,
  peer: peerName,
  name: contentName,
});

export const search: fc.Arbitrary<SearchRequest> = optional({
  type: fc.constant("S" as const),
  ...head,
}, { name: contentName, digest: pinned }).filter(({ name, digest }) =>
  name !== undefined || digest !== undefined
);

export const list: fc.Arbitrary<ListRequest> = fc.record({
  type: fc.constant("O" as const),
  ...head,
  cursor: bytes(16),
  pages: u16,
  filter: fc.oneof(text(54), text(822), long(822)),
});

export const ack: fc.Arbitrary<Ack> = optional({
  type: fc.constant("A" as const),
  ...head,
  address,
  port: u16,
  lease: u16,
  count: u32,
  cursor: bytes(16),
  text: text(48),
}, { metadata });

export const error: fc.Arbitrary<ErrorReply> = fc.record({
  type: fc.constant("E" as const),
  ...head,
  error: fc.constantFrom(...Object.keys(ERROR_CODES) as ErrorName[]),
  retryAfter: u16,
  text: text(84),
}).map((fields) => {
  const row = ERROR_CODES[fields.error];
  return { ...fields, code: row.code, text: fields.text || row.text };
});

export const record: fc.Arbitrary<RecordReply> = optional({
  type: fc.constantFrom("S" as const, "O" as const),
  transaction: u32,
  size,
  address,
  port,
  peer: peerName,
  name: contentName,
}, { metadata, key: publicKey });

export const download: fc.Arbitrary<DownloadRequest> = optional({
  transaction: u32,
  offset: size,
  length: fc.oneof(upTo(Number.MAX_SAFE_INTEGER), fc.constant(Infinity)),
  kind: u8,
  exponent: u8,
  version: fc.constant(1),
  peer: peerName,
  name: contentName,
}, { digest: pinned });

export const grant: fc.Arbitrary<Grant> = fc.record({
  transaction: u32,
  length: upTo(Number.MAX_SAFE_INTEGER),
  metadata,
});

function upTo(max: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.maxSafeNat().map((value) => value % (max + 1)),
    fc.constantFrom(0, 1, 255, 256, 2 ** 31, 2 ** 32 - 1, 2 ** 32, max)
      .map((value) => Math.min(value, max)),
  );
}

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** A text as long as it may be, of characters of one width after a shift. */
function long(maxBytes: number): fc.Arbitrary<string> {
  return fc.tuple(letter, letter, upTo(3), upTo(maxBytes)).map(
    ([first, rest, shift, count]) =>
      clip([...first.repeat(shift), ...rest.repeat(count)], maxBytes),
  );
}

/** As many of these characters as fit, in composed form. */
function clip(characters: string[], maxBytes: number): string {
  let clipped = "";
  let left = maxBytes;
  for (const character of characters) {
    left -= ENCODER.encode(character).length;
    if (left < 0) break;
    clipped += character;
  }
  return clipped.normalize("NFC");
}

const ENCODER = new TextEncoder();

/** A record of which some properties may be missing. */
function optional<Required extends object, Optional extends object>(
  required: { [Key in keyof Required]: fc.Arbitrary<Required[Key]> },
  rest: { [Key in keyof Optional]: fc.Arbitrary<Optional[Key]> },
): fc.Arbitrary<Required & Partial<Optional>> {
  return fc.tuple(
    fc.record(required),
    fc.record(rest, { requiredKeys: [] }),
  ).map((
    [some, more],
  ) => ({ ...some, ...more } as Required & Partial<Optional>));
}
