import { assertEquals, assertThrows } from "@std/assert";
import fc from "../fast_check.ts";
import {
  contentName,
  contentNameFault,
  isPrintable,
  NameError,
  peerName,
  peerNameFault,
  quote,
  readContentName,
  readPeerName,
} from "../../protocol/name.ts";
import { ProtocolError } from "../../protocol/pdu.ts";

// What hostile names are made of. Joined at random, they come close to every
// rule from both sides.
const fragment = fc.oneof(
  fc.constantFrom(
    ..."/ / / . .. ... \\ : c: C:/ ~ con CON Con.txt aux nul. prn com1 COM¹ lpt² lpt9 com0 conin$ CONOUT$ clock$ a b xyz é 水 😀 .txt"
      .split(" "),
  ),
  fc.constantFrom(" ", "  ", "\0", "\n", "\x1b[31m", "\x7f", "\x85", "\x9b"),
  fc.constantFrom("\u2028", "\u2029", "\u061c", "\u200e", "\u200f"),
  fc.constantFrom("\u202a", "\u202e", "\u2066", "\u2069", "\u200b", "\ufeff"),
  fc.constantFrom("\ud800", "\udc00", "\ude00\ud83d", "e\u0301", "\u0301"),
  fc.constantFrom("\u212b", "\u1112\u1161\u11ab", "\u0344", "\ufb01", "ı", "ſ"),
  fc.constantFrom("a".repeat(84), "é".repeat(42), "水".repeat(85)),
  fc.string({ unit: "binary", maxLength: 5 }),
  fc.string({ unit: "grapheme", maxLength: 5 }),
  fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
);

const hostile = fc.array(fragment, { maxLength: 12 }).map((all) =>
  all.join("")
);

Deno.test("contentNameFault() agrees with an oracle", () => {
  let accepted = 0;
  fc.assert(
    fc.property(hostile, (text) => {
      const isName = isContentName(text);
      assertEquals(contentNameFault(text) === undefined, isName);
      if (isName) accepted++;
    }),
    { numRuns: 20_000 },
  );
  assertEquals(accepted > 500, true, `only ${accepted} were accepted`);
});

Deno.test("peerNameFault() agrees with an oracle", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assertEquals(peerNameFault(text) === undefined, isPeerName(text));
    }),
    { numRuns: 10_000 },
  );
});

Deno.test("contentName() gives a name or a NameError", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      let name;
      try {
        name = contentName(text);
      } catch (error) {
        if (!(error instanceof NameError)) throw error;
        assertEquals(isPrintable(error.message), true);
        assertEquals(error.message.isWellFormed(), true);
        return;
      }
      assertEquals(isContentName(name), true);
      assertEquals(name, text.normalize("NFC"));
      assertEquals(readContentName(name), name);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("contentNameFault() refuses devices whatever their case and extension", () => {
  const devices = "con prn aux nul conin$ conout$".split(" ");
  for (const port of ["com", "lpt"]) {
    for (const digit of "0123456789¹²³") devices.push(port + digit);
  }
  const endings = ["", ".", ".txt", ".tar.gz", " ", " .x", "   ", ". ", ":x"];
  for (const device of devices) {
    for (const spelling of [device, device.toUpperCase(), title(device)]) {
      for (const ending of endings) {
        for (const around of ["", "a/", "a/b c/"]) {
          const name = `${around}${spelling}${ending}`;
          assertEquals(typeof contentNameFault(name), "string", name);
          assertEquals(typeof contentNameFault(`${name}/x`), "string", name);
        }
        assertEquals(contentNameFault(`x${spelling}${ending}x`), undefined);
      }
    }
    assertEquals(contentNameFault(`${device}x`), undefined, `${device}x`);
  }
});

Deno.test("contentNameFault() measures parts and names in bytes", () => {
  for (
    const [letter, bytes] of [["a", 1], ["é", 2], ["水", 3], ["😀", 4]] as const
  ) {
    const most = Math.floor(255 / bytes);
    assertEquals(contentNameFault(letter.repeat(most)), undefined);
    assertEquals(
      contentNameFault(letter.repeat(most + 1)),
      "a part of it is longer than 255 bytes",
    );
  }
  const parts = ["a".repeat(255), "b".repeat(255), "c".repeat(255)].join("/");
  assertEquals(contentNameFault(`${parts}/${"d".repeat(54)}`), undefined);
  assertEquals(
    contentNameFault(`${parts}/${"d".repeat(55)}`),
    "it is longer than 822 bytes",
  );
});

Deno.test("contentNameFault() takes time in proportion to the text", () => {
  for (
    const text of [
      "a/".repeat(500_000),
      "é".repeat(1_000_000),
      ". ".repeat(500_000),
    ]
  ) {
    assertEquals(typeof contentNameFault(text), "string");
  }
});

Deno.test("peerName() and contentName() compose what they are given", () => {
  assertEquals(peerName("Zoe\u0308") as string, "Zo\u00eb");
  assertEquals(contentName("cafe\u0301") as string, "caf\u00e9");
});

Deno.test("peerName() and contentName() say which name and why", () => {
  assertThrows(() => peerName(""), NameError, 'Cannot use "" as a user name');
  assertThrows(
    () => contentName("a/\x1b[2J"),
    NameError,
    'Cannot use "a/\\u{1b}[2J" as a file name: it holds a control character',
  );
});

Deno.test("readPeerName() and readContentName() blame the protocol", () => {
  assertThrows(() => readPeerName("a\tb"), ProtocolError, "control character");
  assertThrows(() => readContentName("../a"), ProtocolError, '".."');
});

Deno.test("readContentName() and readPeerName() blame it in a text that fits an E", () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom(readContentName, readPeerName), (
      text,
      read,
    ) => {
      try {
        read(text);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        assertEquals(/^[ -~]{1,84}$/.test(error.message), true, error.message);
      }
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("quote() gives a text that any terminal can show", () => {
  fc.assert(fc.property(hostile, (text) => {
    const quoted = quote(text.repeat(3));
    assertEquals(isPrintable(quoted), true);
    assertEquals(quoted.isWellFormed(), true);
    assertEquals(quoted.length <= 1_000, true);
  }));
  assertEquals(quote("a\u202eb"), '"a\\u{202e}b"');
  assertEquals(quote("x".repeat(200)), `"${"x".repeat(119)}…"`);
});

function title(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

// The oracle follows the rules of docs/protocol.md one by one, on code points
// and bytes, and shares nothing with the code that it judges.

const REORDERING = [
  0x061c,
  0x200e,
  0x200f,
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
  ...[0x2066, 0x2067, 0x2068, 0x2069],
];

function isShowable(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
    if (code === 0x2028 || code === 0x2029) return false;
    if (code >= 0xd800 && code <= 0xdfff) return false;
    if (REORDERING.includes(code)) return false;
  }
  return text.normalize("NFC") === text;
}

function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function isPeerName(text: string): boolean {
  return isShowable(text) && text.length > 0 && byteLength(text) <= 16;
}

function isDevice(part: string): boolean {
  let base = part;
  for (const end of [".", ":"]) base = base.split(end)[0]!;
  while (base.endsWith(" ")) base = base.slice(0, -1);
  // Windows folds these letters; ß, ı and the like are none of them.
  base = base.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (["con", "prn", "aux", "nul", "conin$", "conout$"].includes(base)) {
    return true;
  }
  return base.length === 4 && "0123456789¹²³".includes(base[3]!) &&
    ["com", "lpt"].includes(base.slice(0, 3));
}

function isContentName(text: string): boolean {
  if (!isShowable(text) || byteLength(text) > 822) return false;
  if (text.includes("\\")) return false;
  const letter = text.slice(0, 1).toLowerCase();
  if (text[1] === ":" && letter >= "a" && letter <= "z") return false;
  // A folder's name ends with a slash.
  return text.replace(/\/$/, "").split("/").every((part) =>
    part !== "" && byteLength(part) <= 255 && !isDevice(part) &&
    [...part].some((character) => character !== "." && character !== " ")
  );
}
