// A table of what the index lists, a page at a time. It follows what changes
// without moving what somebody looks at.

import { byId, make, setText } from "../../../web/page/elements.js";
import { numberText } from "../../../web/page/format.js";
import { span } from "./units.js";

const LIMIT = 20;
const MIN_REFRESH_MS = 2_000;
const LEASE_REFRESH_MS = 10_000;

/** A table, its empty state and its pager. */
export class PagedTable {
  /** Cursors of the pages up to this one; the first has none. */
  #cursors = [undefined];
  #next = null;
  #entries = [];
  #before = 0;
  #request;
  #loadedAt = 0;
  #tookMs = 0;
  #isStale = false;
  #rows = new Map();

  /**
   * @param id What the ids of its elements start with.
   * @param options `url` with its parameters; `key` of an entry; `cells` of an
   * entry; `empty` for what to say where there is none.
   */
  constructor(id, { url, key, cells, empty }) {
    this.url = url;
    this.key = key;
    this.cells = cells;
    this.empty = empty;
    this.section = byId(id);
    this.body = byId(`${id}-rows`);
    this.none = byId(`${id}-empty`);
    const pager = byId(`${id}-pager`);
    this.back = make("button", { type: "button" }, "Previous");
    this.forth = make("button", { type: "button" }, "Next");
    this.range = make("span", { role: "status" });
    pager.replaceChildren(this.back, this.range, this.forth);
    this.back.addEventListener("click", () => this.#turn(-1));
    this.forth.addEventListener("click", () => this.#turn(1));
  }

  /** Starts with the first page again. */
  async reset() {
    this.#cursors = [undefined];
    this.#before = 0;
    await this.load();
  }

  /** Loads the page again, where that is worth it by now. */
  async refresh(hasChanged) {
    const age = performance.now() - this.#loadedAt;
    const pause = Math.max(MIN_REFRESH_MS, 10 * this.#tookMs);
    this.#isStale ||= hasChanged;
    if (this.#request || age < pause) return;
    if (this.#isStale || age > LEASE_REFRESH_MS) await this.load();
    else this.showLeases();
  }

  /** Loads the page. */
  async load() {
    this.#request?.abort();
    const request = this.#request = new AbortController();
    const start = performance.now();
    this.#isStale = false;
    this.section.setAttribute("aria-busy", "true");
    try {
      const page = await this.#fetch(request.signal);
      this.#tookMs = performance.now() - start;
      this.#show(page);
    } catch (error) {
      if (request.signal.aborted) return;
      if (error.status === 400 && this.#cursors.length > 1) {
        this.#request = undefined;
        return await this.reset();
      }
      this.#say("No answer: trying again");
    } finally {
      if (this.#request === request) {
        this.#request = undefined;
        this.#loadedAt = performance.now();
        this.section.removeAttribute("aria-busy");
      }
    }
  }

  /** Shows how long each lease has still. */
  showLeases() {
    const passed = performance.now() - this.#loadedAt;
    const longest = Math.max(1, ...this.#entries.map(({ leaseMs }) => leaseMs));
    for (const entry of this.#entries) {
      const lease = this.#rows.get(this.key(entry))?.querySelector(".lease");
      if (!lease) continue;
      const left = Math.max(0, entry.leaseMs - passed);
      setText(lease, span(left));
      lease.style.setProperty("--left", left / longest);
    }
  }

  async #fetch(signal) {
    const entries = [];
    let cursor = this.#cursors.at(-1);
    for (;;) {
      const url = new URL(this.url(), location.href);
      url.searchParams.set("limit", LIMIT - entries.length);
      if (cursor) url.searchParams.set("cursor", cursor);
      const reply = await fetch(url, { signal });
      const page = await reply.json();
      if (!reply.ok) {
        throw Object.assign(new Error(page.error), { status: reply.status });
      }
      entries.push(...page.entries);
      cursor = page.cursor;
      // A search through many ends early: it goes on where it stopped.
      if (cursor === null || entries.length >= LIMIT) {
        return { entries, cursor, count: page.count };
      }
      if (entries.length === 0) this.range.textContent = "Searching";
    }
  }

  #show({ entries, cursor, count: known }) {
    if (entries.length === 0 && this.#cursors.length > 1) {
      this.#turn(-1);
      return;
    }
    this.#entries = entries;
    this.#next = cursor;
    this.#loadedAt = performance.now();
    const rows = new Map();
    for (const entry of entries) {
      const key = this.key(entry);
      const row = this.#rows.get(key) ?? this.#row(entry);
      this.cells(entry).forEach((cell, i) => {
        const old = row.cells[i].firstChild;
        if (!old.isEqualNode(cell)) old.replaceWith(cell);
      });
      rows.set(key, row);
    }
    this.#rows = rows;
    const wanted = [...rows.values()];
    // Rows that stay are not moved, so that focus and selection stay as well.
    for (const row of [...this.body.rows]) {
      if (!wanted.includes(row)) row.remove();
    }
    wanted.forEach((row, i) => {
      if (this.body.rows[i] !== row) {
        this.body.insertBefore(row, this.body.rows[i] ?? null);
      }
    });
    this.showLeases();
    this.none.hidden = entries.length > 0;
    this.none.textContent = this.empty();
    this.back.disabled = this.#cursors.length === 1;
    this.forth.disabled = cursor === null;
    this.#tellRange(known);
  }

  #row(entry) {
    const labels = [...this.section.querySelectorAll("thead th")];
    const row = make("tr");
    this.cells(entry).forEach((_, i) => {
      const cell = make("td", { className: labels[i].className });
      cell.append("");
      row.append(cell);
    });
    return row;
  }

  #tellRange(known) {
    const shown = this.#entries.length;
    const last = this.#before + shown;
    const total = Math.max(known, last);
    const more = this.#next !== null && total === last;
    this.range.textContent = shown === 0
      ? ""
      : `${numberText(this.#before + 1)}–${numberText(last)} of ` +
        (more ? "more" : numberText(total));
  }

  #say(text) {
    this.#rows = new Map();
    this.#entries = [];
    this.body.replaceChildren();
    this.none.hidden = false;
    this.none.textContent = text;
    this.range.textContent = "";
    this.back.disabled = this.forth.disabled = true;
  }

  async #turn(by) {
    if (by > 0) {
      if (this.#next === null) return;
      this.#cursors.push(this.#next);
      this.#before += this.#entries.length;
    } else {
      if (this.#cursors.length === 1) return;
      this.#cursors.pop();
      this.#before = Math.max(0, this.#before - LIMIT);
    }
    await this.load();
    // A button that has just been switched off would lose the focus.
    const { activeElement } = document;
    if (activeElement === document.body || activeElement.disabled) {
      (this.back.disabled ? this.forth : this.back).focus();
    }
  }
}
