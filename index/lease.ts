/**
 * How long a lease may be.
 *
 * @module
 */

/** The leases that an index grants, in whole seconds. */
export interface LeaseTerms {
  /** What is granted to who wants nothing in particular. */
  readonly standard: number;
  /** The shortest that may be asked for. */
  readonly min: number;
  /** The longest that may be asked for. */
  readonly max: number;
}

/** The terms of an index that was told none, in seconds. */
export const DEFAULT_LEASE: LeaseTerms = { standard: 60, min: 10, max: 3_600 };

/** The longest lease that an `A` can grant, in seconds. */
const LONGEST_LEASE_S = 65_535;

/**
 * The lease that is granted, in seconds.
 *
 * @param wanted Seconds; 0 for the standard.
 */
export function grantLease(terms: LeaseTerms, wanted: number): number {
  if (wanted === 0) return terms.standard;
  return Math.min(Math.max(wanted, terms.min), terms.max);
}

/**
 * The terms with what is given in the place of the defaults. A standard lease
 * outside the default range widens it.
 *
 * @throws {RangeError} Where a lease is no whole number of 1 to 65,535 seconds,
 * or the range does not hold the standard.
 */
export function leaseTerms(given: Partial<LeaseTerms> = {}): LeaseTerms {
  for (const seconds of Object.values(given)) {
    if (
      seconds !== undefined &&
      !(Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_LEASE_S)
    ) {
      throw new RangeError(
        `Cannot use a lease of ${seconds}: expected whole seconds from 1 to ${LONGEST_LEASE_S}`,
      );
    }
  }
  const standard = given.standard ?? DEFAULT_LEASE.standard;
  const min = given.min ?? Math.min(DEFAULT_LEASE.min, standard);
  const max = given.max ?? Math.max(DEFAULT_LEASE.max, standard);
  if (min > standard || standard > max) {
    throw new RangeError(
      `Cannot use a lease of ${standard} s: it is not within ${min} to ${max} s`,
    );
  }
  return { standard, min, max };
}
