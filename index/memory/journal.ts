/**
 * What a memory store tells whoever keeps what it holds for longer.
 *
 * @module
 */

import type { NewContent } from "../store.ts";
import type { Owner } from "./owner.ts";
import type { OwnerBook } from "./owner_book.ts";
import type { RegistrationTable } from "./registration_table.ts";

/** Told of owners. */
export interface OwnerJournal {
  /** It is new, or its key, session, address, port or heir is another. */
  changed(owner: Owner): void;
  /** Its lease started again. */
  renewed(owner: Owner): void;
  /** All that it registered is dead. */
  retired(owner: Owner): void;
  /** Its number is free again. */
  discarded(owner: Owner): void;
}

/** Who registers, and the TCP port that serves it. */
export interface RegisteredBy {
  readonly owner: Owner;
  readonly port: number;
}

/** Told of everything that ought to outlast the process. */
export interface Journal extends OwnerJournal {
  /** Told once where everything lies that it is told of. */
  attach(table: RegistrationTable, owners: OwnerBook): void;
  /** There is a new registration. */
  added(id: number, content: NewContent, by: RegisteredBy): void;
  /** A registration is renewed, and may change, next. */
  updating(id: number, content: NewContent, by: RegisteredBy): void;
  /** A registration is taken out next. `asked`: its owner wants it so. */
  removing(id: number, asked: boolean): void;
}

/** Keeps nothing. */
export const NO_JOURNAL: Journal = {
  attach() {},
  added() {},
  updating() {},
  removing() {},
  changed() {},
  renewed() {},
  retired() {},
  discarded() {},
};
