/**
 * What an index does, in as few words as possible: for comparison.
 *
 * @module
 */

interface ModelOwner {
  key: string | undefined;
  session: string | undefined;
  address: string;
  lease: number;
  end: number;
  readonly held: Set<ModelRegistration>;
}

interface ModelRegistration {
  readonly key: string;
  owner: ModelOwner;
  port: number;
  digest: number;
}

/** An index that finds its leases over when it looks at them. */
export class Model {
  readonly #owners = new Set<ModelOwner>();
  readonly #byKey = new Map<string, ModelOwner>();
  readonly #bySession = new Map<string, ModelOwner>();
  /** Newest last; a registration keeps its place until its digest changes. */
  readonly #registrations = new Map<string, ModelRegistration>();

  /** Returns what is answered: `A` and the count, or the error. */
  hello(
    from: string,
    key: string | undefined,
    { port, lease, now }: { port: number; lease: number; now: number },
  ): string {
    const acting = this.#acting(from, now);
    if (!key && acting?.key) return "SIGNATURE";
    let owner = key ? this.#alive(this.#byKey.get(key), now) : acting;
    if (!owner && key && acting && !acting.key) {
      owner = acting;
      this.#show(owner, key);
    }
    if (!owner) {
      if (acting) this.#leave(acting);
      owner = this.#enroll(from);
      if (key) this.#show(owner, key);
    } else if (owner !== acting) {
      if (acting?.key) this.#leave(acting);
      else if (acting) {
        for (const each of acting.held) {
          each.owner = owner;
          owner.held.add(each);
        }
        acting.held.clear();
        this.#drop(acting);
      }
      this.#leave(owner);
      this.#enter(owner, from);
    }
    if (port !== 0) { for (const each of owner.held) each.port = port; }
    owner.lease = lease || 60;
    owner.end = now + owner.lease * 1_000;
    return `A ${owner.held.size}`;
  }

  /** Returns what is answered. */
  goodbye(from: string, key: string | undefined, now: number): string {
    const owner = key
      ? this.#alive(this.#byKey.get(key), now)
      : this.#acting(from, now);
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
    const found = this.#found(key, now);
    const acting = this.#acting(from, now);
    if (found && found.owner !== acting) return "NAME_TAKEN";
    const owner = acting ?? this.#enroll(from);
    owner.end = now + owner.lease * 1_000;
    if (found?.digest === digest) found.port = port;
    else {
      if (found) this.#remove(found);
      const made = { key, owner, port, digest };
      this.#registrations.set(key, made);
      owner.held.add(made);
    }
    return "A 0";
  }

  /** Returns what is answered. */
  deregister(from: string, key: string, now: number): string {
    const found = this.#found(key, now);
    if (!found || found.owner !== this.#acting(from, now)) return "NOT_FOUND";
    this.#remove(found);
    return "A 0";
  }

  /** Everything that is to be seen, and where. */
  registrations(now: number): { key: string; at: string }[] {
    this.#expire(now);
    return Array.from(this.#registrations.values(), ({ key, owner, port }) => ({
      key,
      at: `${owner.address}:${port}`,
    }));
  }

  /** The sources of a name, `peer name` each. */
  search(name: string, now: number): string[] {
    this.#expire(now);
    const named = [...this.#registrations.values()].filter((each) =>
      each.key.endsWith(` ${name}`)
    );
    const digest = named.at(-1)?.digest;
    return named.filter((each) => each.digest === digest)
      .map((each) => each.key);
  }

  /** How many owners there are. */
  owners(now: number): number {
    this.#expire(now);
    return this.#owners.size;
  }

  #acting(from: string, now: number): ModelOwner | undefined {
    return this.#alive(this.#bySession.get(from), now);
  }

  #found(key: string, now: number): ModelRegistration | undefined {
    const found = this.#registrations.get(key);
    return this.#alive(found?.owner, now) && found;
  }

  #alive(owner: ModelOwner | undefined, now: number): ModelOwner | undefined {
    if (!owner || owner.end > now) return owner;
    this.#drop(owner);
    return undefined;
  }

  #enroll(from: string): ModelOwner {
    const owner: ModelOwner = {
      key: undefined,
      session: undefined,
      address: "",
      lease: 60,
      end: Infinity,
      held: new Set(),
    };
    this.#owners.add(owner);
    this.#enter(owner, from);
    return owner;
  }

  #show(owner: ModelOwner, key: string): void {
    owner.key = key;
    this.#byKey.set(key, owner);
  }

  #enter(owner: ModelOwner, from: string): void {
    owner.session = from;
    owner.address = from.replace(/:\d+$/, "");
    this.#bySession.set(from, owner);
  }

  #leave(owner: ModelOwner): void {
    if (owner.session) this.#bySession.delete(owner.session);
    owner.session = undefined;
  }

  #expire(now: number): void {
    for (const owner of this.#owners) this.#alive(owner, now);
  }

  #remove(registration: ModelRegistration): void {
    this.#registrations.delete(registration.key);
    registration.owner.held.delete(registration);
  }

  #drop(owner: ModelOwner): void {
    for (const each of owner.held) this.#remove(each);
    this.#leave(owner);
    if (owner.key) this.#byKey.delete(owner.key);
    this.#owners.delete(owner);
  }
}
