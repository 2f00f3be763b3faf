// What is on line: searched, page by page, live.

import { post, read } from "./api.js";
import {
  byId,
  make,
  nameElement,
  setText,
  showAll,
} from "../../../web/page/elements.js";
import { bytesText, numberText } from "../../../web/page/format.js";
import { attempt } from "./notice.js";

const TYPING_MS = 250;

const HERE = { own: "Yours", too: "Shared by you too", part: "On its way" };

const search = byId("online-search");
const cursors = [];
let next = null;
let typing;
let loading;

/** Starts to show it. */
export function startOnline() {
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(startOver, TYPING_MS);
  });
  byId("online-next").addEventListener("click", () => {
    cursors.push(next);
    showOnline();
  });
  byId("online-back").addEventListener("click", () => {
    cursors.pop();
    showOnline();
  });
  document.addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (key !== "/" || ctrlKey || metaKey || altKey) return;
    if (target.closest("input, textarea, dialog")) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
}

/** Shows it again where this is what has changed. */
export function refreshOnline(view) {
  if (view === viewOf()) showOnline();
}

/** Asks for it and shows it. */
export async function showOnline() {
  loading?.abort();
  loading = new AbortController();
  const { signal } = loading;
  const problem = byId("online-problem");
  try {
    const page = await read(viewOf(), { signal });
    problem.hidden = true;
    show(page);
  } catch (error) {
    if (signal.aborted) return;
    problem.hidden = false;
    setText(problem, error.message);
  }
}

function viewOf() {
  const query = new URLSearchParams({
    filter: search.value.trim(),
    cursor: cursors.at(-1) ?? "",
  });
  return `/api/online?${query}`;
}

function startOver() {
  cursors.length = 0;
  showOnline();
}

function show({ entries, count, next: after }) {
  next = after;
  showAll(byId("online-rows"), entries, {
    key: ({ name, peer, address }) => `${name}\n${peer}\n${address}`,
    create: createRow,
  });
  const isEmpty = entries.length === 0;
  byId("online-table").hidden = isEmpty;
  byId("online-empty").hidden = !isEmpty;
  setText(byId("online-empty"), emptyText());
  setText(byId("online-count"), isEmpty ? "" : numberText(count));
  byId("online-pager").hidden = next === null && cursors.length === 0;
  setText(byId("online-page"), `Page ${cursors.length + 1}`);
  byId("online-next").disabled = next === null;
  byId("online-back").disabled = cursors.length === 0;
}

function emptyText() {
  if (next !== null) return "Nothing on this page; there is more after it.";
  if (search.value.trim() !== "") return "Nothing on line matches.";
  return "Nobody shares anything yet. Be the first: drop a file on this page.";
}

function createRow(entry) {
  const { name, peer, size } = entry;
  const act = make("td", { className: "act" });
  const row = make(
    "tr",
    {},
    make("td", {}, nameElement(name)),
    make(
      "td",
      { className: "user" },
      nameElement(peer),
    ),
    make("td", {
      className: "number",
      textContent: bytesText(size),
    }),
    act,
  );
  const get = make("button", {
    type: "button",
    textContent: "Get",
    label: `Get ${name}`,
    on: { click: () => attempt(() => post("/api/downloads", { name })) },
  });
  row.update = ({ here, size }) => {
    setText(row.children[2], bytesText(size));
    if (here === null) {
      if (get.parentElement !== act) act.replaceChildren(get);
      return;
    }
    const text = HERE[here];
    if (act.textContent === text) return;
    act.replaceChildren(
      make("span", { className: "quiet", textContent: text }),
    );
  };
  return row;
}
