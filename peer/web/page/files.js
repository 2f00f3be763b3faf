// My files: shared or not, with their sources.

import { post, read, remove } from "./api.js";
import {
  byId,
  make,
  nameElement,
  setText,
  showAll,
} from "../../../web/page/elements.js";
import { bytesText, countText } from "../../../web/page/format.js";
import { attempt, tell, warn } from "./notice.js";

const TYPING_MS = 250;
const PER_PAGE = 50;

const search = byId("files-search");
let offset = 0;
let typing;
let loading;
let readings = new Map();

/** Starts to show them. */
export function startFiles() {
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => turnTo(0), TYPING_MS);
  });
  byId("files-next").addEventListener("click", () => turnTo(offset + PER_PAGE));
  byId("files-back").addEventListener("click", () => turnTo(offset - PER_PAGE));
  byId("share-all").addEventListener(
    "click",
    (event) => share(event.currentTarget, { all: true }),
  );
}

/** Shows them again where this is what has changed. */
export function refreshFiles(view) {
  if (view === viewOf()) showFiles();
}

/** Shows how far the reading of files is. */
export function showReadings(list) {
  readings = new Map(
    list.map(({ name, bytes, size }) => [name, Math.floor(bytes / size * 100)]),
  );
  for (const row of byId("files-rows").children) row.showReading();
}

/** Asks for them and shows them. */
export async function showFiles() {
  loading?.abort();
  loading = new AbortController();
  const { signal } = loading;
  try {
    show(await read(viewOf(), { signal }));
  } catch (error) {
    if (!signal.aborted && error.code !== "gone") warn(error.message);
  }
}

/** Tells what could not be shared. */
export function tellOutcome({ shared, problems }) {
  for (const problem of problems) warn(problem);
  if (shared > 0 && problems.length === 0) {
    tell(`${countText(shared, "file")} shared`);
  }
}

function viewOf() {
  const query = new URLSearchParams({
    filter: search.value.trim(),
    offset: String(offset),
  });
  return `/api/files?${query}`;
}

function turnTo(to) {
  offset = Math.max(0, to);
  showFiles();
}

function show({ files, count, shared, sharedBytes, offset: start }) {
  offset = start;
  showAll(byId("files-rows"), files, {
    key: ({ name }) => name,
    create: createRow,
  });
  const isEmpty = files.length === 0;
  byId("files-table").hidden = isEmpty;
  byId("files-empty").hidden = !isEmpty;
  setText(
    byId("files-empty"),
    search.value.trim() === ""
      ? "The folder is empty."
      : "No file of yours matches.",
  );
  setText(
    byId("files-count"),
    shared === 0
      ? "None shared"
      : `${countText(shared, "file")} shared, ${bytesText(sharedBytes)}`,
  );
  byId("files-pager").hidden = count <= PER_PAGE;
  setText(
    byId("files-page"),
    `${offset + 1} to ${offset + files.length} of ${count}`,
  );
  byId("files-back").disabled = offset === 0;
  byId("files-next").disabled = offset + files.length >= count;
}

function createRow({ name }) {
  const state = make("span", { className: "pill" });
  const sources = make("span", { className: "quiet sources" });
  const button = make("button", { type: "button" });
  const size = make("td", { className: "number" });
  const row = make(
    "tr",
    {},
    make("td", {}, nameElement(name)),
    size,
    make("td", {}, make("span", {}, state, sources)),
    make("td", { className: "act" }, button),
  );
  let file;
  button.addEventListener(
    "click",
    () => file.shared ? forget(button, name) : share(button, { names: [name] }),
  );
  row.showReading = () => {
    const percent = readings.get(name);
    state.dataset.state = file.shared ? "shared" : "private";
    setText(
      state,
      percent !== undefined
        ? `Reading ${percent}%`
        : file.shared
        ? "Shared"
        : "Not shared",
    );
  };
  row.update = (now) => {
    file = now;
    setText(size, bytesText(now.size));
    setText(
      sources,
      now.shared && now.sources !== null
        ? countText(now.sources, "source")
        : "",
    );
    setText(button, now.shared ? "Forget" : "Share");
    button.setAttribute("aria-label", `${button.textContent} ${name}`);
    row.showReading();
  };
  return row;
}

async function share(button, what) {
  button.disabled = true;
  const outcome = await attempt(() => post("/api/shares", what));
  button.disabled = false;
  if (outcome) tellOutcome(outcome);
  showFiles();
}

async function forget(button, name) {
  button.disabled = true;
  await attempt(() => remove(`/api/shares/${encodeURIComponent(name)}`));
  button.disabled = false;
  showFiles();
}
