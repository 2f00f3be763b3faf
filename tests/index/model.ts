/**
 * What an index does, in as few words as possible: for comparison.
 *
 * @module
 */

interface ModelOwner {
  /** Its key, or the endpoint that it is known by. */
  id: string;
  key: string | undefined;
  session: string | undefined;
  address: string;
  lease: number;
  end: number;
}

interface ModelRegistration {
  key: string;
  owner: ModelOwner;
  port: number;
  digest: number;
}

/** An index that looks at everything each time. */
export class Model {
  #owners: ModelOwner[] = [];
  /** Newest last; a registration keeps its place until its digest changes. */
  #registrations: ModelRegistration[] = [];

  /** Returns what is answered: `A` and the count, or the error. */
  hello(
    from: string,
    key: string | undefined,
    { port, lease, now }: { port: number; lease: number; now: number },
  ): string {
    this.#expire(now);
    const acting = this.#acting(from);
    if (!key && acting?.key) return "SIGNATURE";
    let owner = key ? this.#owners.find((each) => each.key === key) : acting;
    if (!owner && key && acting && !acting.key) {
      owner = acting;
      owner.key = key;
    }
    if (!owner) {
      if (acting) acting.session = undefined;
      owner = this.#enroll(from);
      owner.key = key;
    } else if (owner !== acting) {
      if (acting?.key) acting.session = undefined;
      else if (acting) {
        for (const each of this.#registrations) {
          if (each.owner === acting) each.owner = owner;
        }
        this.#owners = this.#owners.filter((each) => each !== acting);
      }
      owner.session = from;
      owner.address = from;
    }
    if (port !== 0) {
      for (const each of this.#registrations) {
        if (each.owner === owner) each.port = port;
      }
    }
    owner.lease = lease || 60;
    owner.end = now + owner.lease * 1_000;
    return `A ${this.#registrations.filter((r) => r.owner === owner).length}`;
  }

  /** Returns what is answered. */
  goodbye(from: string, key: string | undefined, now: number): string {
    this.#expire(now);
    const owner = key
      ? this.#owners.find((each) => each.key === key)
      : this.#acting(from);
    if (owner) this.#drop(owner);
    return "A 0";
  }

  /** Returns what is answered. */
  register(
    from: string,
    { key, port, digest, now }: {
      key: string;
      port: number;
      digest: number;
      now: number;
    },
  ): string {
    this.#expire(now);
    const at = this.#registrations.findIndex((each) => each.key === key);
    const found = this.#registrations[at];
    const acting = this.#acting(from);
    if (found && found.owner !== acting) return "NAME_TAKEN";
    const owner = acting ?? this.#enroll(from);
    owner.end = now + owner.lease * 1_000;
    const made = { key, owner, port, digest };
    if (found?.digest === digest) this.#registrations[at] = made;
    else {
      if (found) this.#registrations.splice(at, 1);
      this.#registrations.push(made);
    }
    return "A 0";
  }

  /** Returns what is answered. */
  deregister(from: string, key: string, now: number): string {
    this.#expire(now);
    const owner = this.#acting(from);
    const at = this.#registrations.findIndex((each) =>
      each.key === key && each.owner === owner
    );
    if (!owner || at < 0) return "NOT_FOUND";
    this.#registrations.splice(at, 1);
    return "A 0";
  }

  /** Everything that is to be seen, and where. */
  registrations(now: number): { key: string; at: string }[] {
    this.#expire(now);
    return this.#registrations.map(({ key, owner, port }) => ({
      key,
      at: `${owner.address}:${port}`,
    }));
  }

  /** The sources of a name, `peer name` each. */
  search(name: string, now: number): string[] {
    this.#expire(now);
    const named = this.#registrations.filter((each) =>
      each.key.endsWith(` ${name}`)
    );
    const digest = named.at(-1)?.digest;
    return named.filter((each) => each.digest === digest)
      .map((each) => each.key);
  }

  #acting(from: string): ModelOwner | undefined {
    return this.#owners.find((each) => each.session === from);
  }

  #enroll(from: string): ModelOwner {
    const owner = {
      id: from,
      key: undefined,
      session: from,
      address: from,
      lease: 60,
      end: 0,
    };
    this.#owners.push(owner);
    return owner;
  }

  #expire(now: number): void {
    for (const owner of this.#owners.filter((each) => each.end <= now)) {
      this.#drop(owner);
    }
  }

  #drop(owner: ModelOwner): void {
    this.#owners = this.#owners.filter((each) => each !== owner);
    this.#registrations = this.#registrations.filter((each) =>
      each.owner !== owner
    );
  }
}
