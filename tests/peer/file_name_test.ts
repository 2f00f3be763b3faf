import { assert, assertEquals, assertFalse } from "@std/assert";
import { isOwnFileName, toFileName } from "../../peer/file_name.ts";

Deno.test("toFileName() leaves names alone where any name will do", () => {
  for (const name of ["a:b", "what?", "end.", "end ", '<"*|">']) {
    assertEquals(toFileName(name, false), name);
  }
});

Deno.test("toFileName() makes names that Windows can hold", () => {
  const names = {
    "plain.txt": "plain.txt",
    "12:30.log": "12\uff1a30.log",
    '<a> "b" c|d?*': "\uff1ca\uff1e \uff02b\uff02 c\uff5cd\uff1f\uff0a",
    "end.": "end\uff0e",
    "end...": "end..\uff0e",
    "end ": "end\u2420",
    ". .": ". \uff0e",
  };
  for (const [name, onDisk] of Object.entries(names)) {
    assertEquals(toFileName(name, true), onDisk);
    assertFalse(/[<>:"|?*]|[. ]$/.test(onDisk));
  }
});

Deno.test("isOwnFileName() knows the state folder in every disguise", () => {
  for (
    const name of [
      ".peerdex",
      ".PEERDEX",
      ".PeerDex",
      ".peerdex.",
      ".peerdex ",
      ".peerdex-part",
      ".peer\u200ddex",
      "\ufeff.peerdex",
      ".peerdex\u00ad",
      "\uff0epeerdex",
      "PEERDE~1",
      "peerde~2",
    ]
  ) assert(isOwnFileName(name), JSON.stringify(name));
  for (const name of ["peerdex", "x.peerdex", ".peer", ".p", "peerde~x"]) {
    assertFalse(isOwnFileName(name), JSON.stringify(name));
  }
});
