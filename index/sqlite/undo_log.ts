/**
 * What the registrations of one turn were before it, so that a turn which could
 * not be committed can be taken back.
 *
 * @module
 */

import type { Owner } from "../memory/owner.ts";
import type { OwnerBook } from "../memory/owner_book.ts";
import type { RegistrationTable } from "../memory/registration_table.ts";
import type { ContentShape } from "../store.ts";
import { DigestView, TextView } from "../text_view.ts";
import { DIGEST_BYTES } from "../../protocol/digest.ts";

/** Where the registrations of a store lie. */
export interface Registry {
  readonly table: RegistrationTable;
  readonly owners: OwnerBook;
  /** The row of a registration, 0 where it has none. */
  row(id: number): number;
  /** Says that a registration has this row. */
  setRow(id: number, row: number): void;
  /** Says that a row no longer holds what the registration is. */
  outdated(id: number): void;
}

/** What a registration was. */
interface Before {
  readonly row: number;
  readonly owner: Owner;
  readonly port: number;
  readonly stamp: number;
  readonly shape: ContentShape;
  readonly digest: Uint8Array;
}

type Entry =
  | { readonly did: "ADD"; readonly id: number; readonly row: number }
  | {
    readonly did: "UPDATE";
    readonly id: number;
    readonly row: number;
    readonly before: Before;
  }
  | {
    readonly did: "REMOVE";
    readonly peer: string;
    readonly name: string;
    readonly before: Before;
  };

/** What one turn did. */
export class UndoLog {
  readonly #registry: Registry;
  readonly #entries: Entry[] = [];
  readonly #peer = new TextView();
  readonly #name = new TextView();
  readonly #digest = new DigestView();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** A registration was added. */
  added(id: number): void {
    this.#entries.push({ did: "ADD", id, row: this.#registry.row(id) });
  }

  /** A registration is changed next, and will have this row. */
  updating(id: number, row: number): void {
    this.#entries.push({ did: "UPDATE", id, row, before: this.#before(id) });
  }

  /** A registration is taken out next. */
  removing(id: number): void {
    const { table } = this.#registry;
    this.#entries.push({
      did: "REMOVE",
      peer: table.peer(id),
      name: table.name(id),
      before: this.#before(id),
    });
  }

  /** Forgets everything: it is kept. */
  clear(): void {
    this.#entries.length = 0;
  }

  /** Takes everything back, the last first. */
  undo(): void {
    const { table, owners } = this.#registry;
    for (const entry of this.#entries.splice(0).reverse()) {
      if (entry.did === "REMOVE") {
        this.#putBack(entry);
      } else if (this.#registry.row(entry.id) !== entry.row) {
        // Its owner is gone since, and it with it.
      } else if (entry.did === "ADD") {
        const { id } = entry;
        this.#registry.setRow(id, 0);
        const number = table.owner(id);
        table.remove(id, owners.numbered(number));
        owners.lose(number);
      } else this.#restore(entry.id, entry.before);
    }
  }

  #before(id: number): Before {
    const { table, owners } = this.#registry;
    const digest = new Uint8Array(DIGEST_BYTES);
    table.readDigest(id, digest);
    return {
      row: this.#registry.row(id),
      owner: owners.numbered(table.owner(id)),
      port: table.port(id),
      stamp: table.stamp(id),
      shape: table.shape(id),
      digest,
    };
  }

  #restore(id: number, before: Before): void {
    const { table, owners } = this.#registry;
    const { shape, port, stamp } = before;
    const digest = this.#digest.point(before.digest, 0);
    const texts = { peer: this.#peer, name: this.#name };
    table.update(id, { ...texts, ...shape, digest }, { port, stamp });
    this.#registry.setRow(id, before.row);
    // Who took its owner over keeps it.
    if (owners.numbered(table.owner(id)) !== before.owner) {
      this.#registry.outdated(id);
    }
  }

  #putBack({ peer, name, before }: Entry & { did: "REMOVE" }): void {
    const { table, owners } = this.#registry;
    const { row, owner, shape, port, stamp } = before;
    const isOwn = owners.numbered(owner.id) === owner;
    const holder = isOwn ? owner : owner.heir;
    // Its row, if there is one, names an owner that is no more.
    if (!holder || holder.gone) return;
    const content = {
      ...shape,
      peer: this.#peer.assign(peer),
      name: this.#name.assign(name),
      digest: this.#digest.point(before.digest, 0),
    };
    owners.gain(holder);
    const id = table.add(content, holder, { port, stamp });
    this.#registry.setRow(id, row);
    if (!isOwn) this.#registry.outdated(id);
  }
}
