import { assertEquals } from "@std/assert";
import { claimsOf, sameClaim } from "../../peer/claims.ts";
import type { FoundSources } from "../../peer/find_sources.ts";
import type { Source } from "../../peer/source.ts";
import { digestOf } from "../../protocol/digest.ts";
import { type Metadata, NOTHING_DIGEST } from "../../protocol/metadata.ts";
import { contentName, peerName } from "../../protocol/name.ts";

const SAID: Metadata = {
  size: 1_000_000,
  digest: digestOf(new Uint8Array(1)),
  exponent: 18,
  modified: 0,
  partial: false,
};

function source(name: string, said?: Partial<Metadata>): Source {
  return {
    ...{ hostname: "192.0.2.1", port: 1, peer: peerName(name) },
    name: contentName("a"),
    ...(said && { metadata: { ...SAID, ...said } }),
  };
}

/** What each claim is, and who is asked for it. */
function shown(claims: readonly FoundSources[]): unknown[] {
  return claims.map(({ metadata: { size, exponent }, sources }) =>
    [size, exponent, sources.map(({ peer }) => peer).join()] as const
  );
}

Deno.test("claimsOf() is one claim where all say the same", () => {
  const partial = { partial: true };
  const sources = [source("a"), source("b", partial), source("c")];
  const found = { metadata: SAID, sources };
  assertEquals(claimsOf(found), [found]);
  assertEquals(claimsOf({ metadata: SAID, sources: [] }), [
    { metadata: SAID, sources: [] },
  ]);
});

Deno.test("claimsOf() has each size by itself, and whole sources for any cut", () => {
  const found = {
    metadata: SAID,
    sources: [
      source("liar"),
      source("a", { size: 7 }),
      source("b", { size: 7, exponent: 20 }),
      source("c", { size: 7, exponent: 20, partial: true }),
      source("d", { size: 7 }),
      source("e", { size: 0 }),
    ],
  };
  assertEquals(shown(claimsOf(found)), [
    [1_000_000, 18, "liar"],
    [7, 18, "a,d,b"],
    [7, 20, "b,c,a,d"],
  ]);
  const [, claim] = claimsOf(found);
  assertEquals(claim!.sources.map(({ metadata }) => metadata?.exponent), [
    18,
    18,
    20,
  ]);
  assertEquals(shown([sameClaim(claim!, found)]), [[7, 18, "a,d,b"]]);
  const others = { metadata: SAID, sources: [source("liar")] };
  assertEquals(shown([sameClaim(claim!, others)]), [[7, 18, ""]]);
});

Deno.test("claimsOf() takes no digest but that of nothing for no bytes", () => {
  const empty = { ...SAID, size: 0 };
  const found = { metadata: empty, sources: [source("a"), source("b", {})] };
  assertEquals(shown(claimsOf(found)), [[1_000_000, 18, "b"]]);
  const nothing = { ...empty, digest: NOTHING_DIGEST };
  const truth = { metadata: nothing, sources: [source("a")] };
  assertEquals(claimsOf(truth), [truth]);
});
