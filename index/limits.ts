/**
 * Everything that strangers can make grow, and how far.
 *
 * @module
 */

/** The limits of a store. */
export interface StoreLimits {
  /** Registrations in all. */
  readonly maxRegistrations: number;
  /** Registrations of one owner. */
  readonly maxPerOwner: number;
  /** Registrations of one address (IPv6: of one /64). */
  readonly maxPerAddress: number;
  /** Owners in all, each with at most one session. */
  readonly maxOwners: number;
  /** Owners at one address (IPv6: in one /64). */
  readonly maxOwnersPerAddress: number;
}

/** The limits of an index. */
export interface Limits extends StoreLimits {
  /** Answers remembered for requests that are sent twice. */
  readonly maxReplies: number;
  /** Requests a second from one address (IPv6: from one /64); 0 for no limit. */
  readonly maxRate: number;
  /** Addresses whose rate is watched at the same time. */
  readonly maxAddresses: number;
}

/** A limit as an operator sees it. */
export interface LimitOption {
  /** Its command-line option, without the dashes. */
  readonly option: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** What it limits. */
  readonly description: string;
}

/** Every limit: its option, its default, and its range. */
export const LIMIT_OPTIONS = {
  maxRegistrations: {
    option: "max-registrations",
    default: 1_000_000,
    min: 1,
    max: 50_000_000,
    description: "Registrations in all.",
  },
  maxPerOwner: {
    option: "max-per-owner",
    default: 100_000,
    min: 1,
    max: 50_000_000,
    description: "Registrations of one owner.",
  },
  maxPerAddress: {
    option: "max-per-address",
    default: 100_000,
    min: 1,
    max: 50_000_000,
    description: "Registrations of one address (IPv6: of one /64).",
  },
  maxOwners: {
    option: "max-owners",
    default: 100_000,
    min: 1,
    max: 5_000_000,
    description: "Owners in all, each with at most one session.",
  },
  maxOwnersPerAddress: {
    option: "max-owners-per-address",
    default: 10_000,
    min: 1,
    max: 5_000_000,
    description: "Owners at one address (IPv6: in one /64).",
  },
  maxReplies: {
    option: "max-replies",
    default: 262_144,
    min: 1_024,
    max: 67_108_864,
    description: "Answers remembered for requests that are sent twice.",
  },
  maxRate: {
    option: "max-rate",
    default: 20_000,
    min: 0,
    max: 10_000_000,
    description:
      "Requests a second from one address (IPv6: from one /64); 0 for no limit.",
  },
  maxAddresses: {
    option: "max-addresses",
    default: 65_536,
    min: 16,
    max: 4_194_304,
    description: "Addresses whose rate is watched at the same time.",
  },
} as const satisfies Record<keyof Limits, LimitOption>;

/**
 * The limits with what is given in the place of the defaults.
 *
 * @throws {RangeError} Where a limit is no whole number in its range.
 */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  const limits: { -readonly [Name in keyof Limits]: number } = {
    ...DEFAULT_LIMITS,
  };
  for (const name of Object.keys(LIMIT_OPTIONS) as (keyof Limits)[]) {
    const value = given[name];
    if (value === undefined) continue;
    const { min, max, option } = LIMIT_OPTIONS[name];
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new RangeError(
        `Cannot use ${value} for ${option}: expected a whole number from ${min} to ${max}`,
      );
    }
    limits[name] = value;
  }
  return limits;
}

/** The limits of an index that was told none. */
export const DEFAULT_LIMITS: Limits = {
  maxRegistrations: LIMIT_OPTIONS.maxRegistrations.default,
  maxPerOwner: LIMIT_OPTIONS.maxPerOwner.default,
  maxPerAddress: LIMIT_OPTIONS.maxPerAddress.default,
  maxOwners: LIMIT_OPTIONS.maxOwners.default,
  maxOwnersPerAddress: LIMIT_OPTIONS.maxOwnersPerAddress.default,
  maxReplies: LIMIT_OPTIONS.maxReplies.default,
  maxRate: LIMIT_OPTIONS.maxRate.default,
  maxAddresses: LIMIT_OPTIONS.maxAddresses.default,
};
