/**
 * Where a page stands in an answer of several: what the `A` of a page of the
 * list says of it, in fields that it needs for nothing else.
 *
 * @module
 */

import type { Address } from "./address.ts";
import type { Ack } from "./reply.ts";

/** Which page of an answer an `A` to an `O` opens. */
export interface PageMark {
  /** Its number, from 0 to 32,767. */
  readonly page: number;
  /** Whether another one of the answer follows it. */
  readonly more: boolean;
  /**
   * The cursor that it goes on from, so that nobody takes the pages of two
   * answers for one; of page 0 it is that of the request.
   */
  readonly from?: Uint8Array;
}

const MORE = 0x8000;

/** What the `A` of a page carries: its number and `more` as the lease. */
export function markPage(
  { page, more, from }: PageMark,
): { readonly lease: number; readonly address?: Address } {
  return {
    lease: page | (more ? MORE : 0),
    ...(page > 0 && from && { address: from as Address }),
  };
}

/** Reads it. */
export function readPageMark(
  { lease, address }: Pick<Ack, "lease" | "address">,
): PageMark {
  const page = lease & ~MORE;
  const more = (lease & MORE) !== 0;
  return page === 0 ? { page, more } : { page, more, from: address };
}
