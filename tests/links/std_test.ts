import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertExists,
  assertInstanceOf,
  AssertionError,
  assertMatch,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { unicodeWidth } from "@std/cli/unicode-width";
import {
  globToRegExp,
  join,
  normalize,
  relative,
  resolve,
  toFileUrl,
} from "@std/path/posix";

Deno.test("assert narrows what it was given", () => {
  const value: unknown = new Map([["a", 1]]);
  assertInstanceOf(value, Map);
  assertStrictEquals(value.get("a"), 1);
  const found = ["a"].find((each) => each === "a");
  assertExists(found);
  assertMatch(found, /^a$/);
  const text: string | undefined = found;
  assert(text !== undefined);
});

Deno.test("assertEquals() compares bytes, maps and dates by content", () => {
  assertEquals(new Uint8Array([1, 2]), new Uint8Array([1, 2]));
  assertThrows(
    () => assertEquals(new Map([["a", 1]]), new Map([["a", 2]])),
    AssertionError,
  );
  assertEquals({ at: new Date(1) }, { at: new Date(1) });
  assertObjectMatch({ a: 1, b: 2 }, { a: 1 });
  assertAlmostEquals(0.1 + 0.2, 0.3);
});

Deno.test("assertRejects() gives the error back with its class", async () => {
  const error = await assertRejects(
    () => Promise.reject(new RangeError("too far")),
    RangeError,
    "far",
  );
  assertEquals(error.message, "too far");
});

Deno.test("parseArgs() gives flags the types that they were declared with", () => {
  const args = parseArgs(["--json", "--name", "a", "-t", "1", "-t", "2", "b"], {
    boolean: ["json", "quiet"],
    string: ["name", "tag"],
    collect: ["tag"],
    alias: { tag: "t" },
  });
  const json: boolean = args.json;
  const name: string | undefined = args.name;
  const tags: string[] = args.tag;
  assertEquals([json, args.quiet, name], [true, false, "a"]);
  assertEquals([tags, args._], [["1", "2"], ["b"]]);
});

Deno.test("unicodeWidth() counts the columns of a terminal", () => {
  assertEquals(unicodeWidth("Peerdex"), 7);
  assertEquals(unicodeWidth("日本"), 4);
  assertEquals(unicodeWidth("한글"), 4);
  assertEquals(unicodeWidth("é"), 1);
  assertEquals(unicodeWidth("e\u0301"), 1);
  assertEquals(unicodeWidth("👍"), 2);
  assertEquals(unicodeWidth("a\u200bb\u0007c"), 3);
  assertEquals(unicodeWidth("·—…"), 3);
  assertEquals(unicodeWidth(""), 0);
});

Deno.test("path functions work on text alone", () => {
  assertEquals(join("a", "..", "b", "c.txt"), "b/c.txt");
  assertEquals(normalize("/a//b/./c/.."), "/a/b");
  assertEquals(relative("/a/b", "/a/c/d"), "../c/d");
  assertEquals(resolve("/a", "../b"), "/b");
  assertEquals(toFileUrl("/a b%").href, "file:///a%20b%25");
  assert(globToRegExp("photos/**/*.jpg").test("photos/2026/08/a.jpg"));
  assert(!globToRegExp("*.iso").test("folder/a.iso"));
});
