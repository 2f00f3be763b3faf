// The status page: figures and charts from a stream of looks at the index, and
// tables of what it holds.

import { linear, LineChart, logarithmic } from "./chart.js";
import { showContent } from "./content_dialog.js";
import {
  byId,
  make,
  nameElement,
  setText,
} from "../../../web/page/elements.js";
import { bytesText, numberText } from "../../../web/page/format.js";
import { PagedTable } from "./paged_table.js";
import { endpoint, latency, rate, span } from "./units.js";

const CAPACITY = 300;
const STALE_MS = 5_000;

const TYPES = {
  S: "Search",
  R: "Register",
  T: "De-register",
  O: "List",
  H: "Hello",
};

const ERRORS = {
  TOKEN: "Told a token first",
};

const REASONS = {
  length: "Dropped: no length of ours",
  source: "Dropped: nobody could be answered",
  reply: "Dropped: a reply",
  type: "Dropped: no type of ours",
  rate: "Dropped: over its rate",
};

const filter = byId("filter");
let points = [];
let where = "";
let started = 0;
let lastLook = performance.now();
let lastChange = "";

const rates = new LineChart(byId("chart-rates"), {
  title: "Requests a second",
  capacity: CAPACITY,
  format: rate,
  scale: linear(9),
  series: Object.entries(TYPES).map(([type, label]) => ({
    label,
    className: `type-${type}`,
    value: (point) => point.rates[type],
  })),
});

const times = new LineChart(byId("chart-latency"), {
  title: "Time to answer",
  capacity: CAPACITY,
  format: latency,
  scale: logarithmic(0.01, 1),
  series: [
    { label: "99 of 100 in", className: "p99", value: ({ p99Ms }) => p99Ms },
    { label: "Half in", className: "p50", value: ({ p50Ms }) => p50Ms },
  ],
});

const files = new PagedTable("files", {
  url: () => `/api/v1/registrations?filter=${encodeURIComponent(filter.value)}`,
  key: (entry) => `${entry.peer}\n${entry.name}`,
  cells: (entry) => [
    nameButton(entry.name),
    text(bytesText(entry.size)),
    nameElement(entry.peer ?? ""),
    text(endpoint(entry.address, entry.port)),
    make("span", { className: "lease" }, span(entry.leaseMs)),
  ],
  empty: () =>
    filter.value.trim() === "" ? "Nothing is shared yet" : "Nothing matches",
});

const peers = new PagedTable("peers", {
  url: () => "/api/v1/peers",
  key: (entry) =>
    `${entry.key ?? ""} ${entry.address} ${entry.port} ${entry.peer}`,
  cells: (entry) => [
    entry.peer === null
      ? make("span", { className: "quiet" }, "nothing shared")
      : nameElement(entry.peer),
    text(endpoint(entry.address, entry.port)),
    text(numberText(entry.registrations)),
    entry.key === null
      ? make("span", { className: "quiet" }, "none")
      : make("code", { title: entry.key }, entry.key.slice(0, 8)),
    make("span", { className: "lease" }, span(entry.leaseMs)),
  ],
  empty: () => "Nobody is on line",
});

search();
await start();

async function start() {
  filter.value = new URLSearchParams(location.search).get("filter") ?? "";
  files.load();
  peers.load();
  watch();
  setInterval(tick, 1_000);
  try {
    const [stats, history] = await Promise.all([
      get("/api/v1/stats"),
      get("/api/v1/history"),
    ]);
    started = performance.now() - stats.uptimeMs;
    where = endpoint(stats.hostname, stats.port);
    byId("version").textContent = `Peerdex ${stats.version}`;
    points = [...history.points, ...points];
    draw();
  } catch {
    // The stream says that the index does not answer.
  }
  tick();
}

async function get(path) {
  const reply = await fetch(path);
  if (!reply.ok) throw new Error(`${path}: ${reply.status}`);
  return await reply.json();
}

function watch() {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("look", (event) => {
    lastLook = performance.now();
    live("live", "Live");
    show(JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    live("lost", "No answer");
    // A browser gives up for good where it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(watch, STALE_MS);
  });
}

function show(look) {
  const { stats } = look;
  points = [...points, {
    time: look.time,
    rates: look.rates,
    refused: look.refused,
    p50Ms: look.latency.p50Ms,
    p99Ms: look.latency.p99Ms,
  }].slice(-CAPACITY);
  draw();
  const sum = Object.values(look.rates).reduce((a, b) => a + b, 0);
  setText(byId("figure-registrations"), numberText(stats.registrations));
  setText(byId("figure-owners"), numberText(stats.owners));
  setText(byId("figure-rate"), rate(sum));
  setText(byId("figure-p99"), latency(look.latency.p99Ms));
  showTypes(look);
  showRefused(stats);
  const { R, T } = stats.requests;
  const change = [R, T, stats.registrations, stats.owners].join();
  const changed = change !== lastChange;
  Promise.all([files.refresh(changed), peers.refresh(changed)]);
  if (changed) lastChange = change;
}

function draw() {
  rates.show(points);
  times.show(points);
}

function showTypes({ rates, latencyByType, stats }) {
  rows("types-rows", Object.entries(TYPES), ([type, label]) => [
    `${label}`,
    rate(rates[type]),
    latency(latencyByType[type]?.p50Ms),
    latency(latencyByType[type]?.p99Ms),
    numberText(stats.requests[type]),
  ]);
}

function showRefused({ errors, dropped, repeated }) {
  const all = [
    ...Object.entries(errors).map(([error, n]) => [
      ERRORS[error] ?? `Answered ${error}`,
      n,
    ]),
    ...Object.entries(dropped).map(([reason, n]) => [
      REASONS[reason] ?? `Dropped: ${reason}`,
      n,
    ]),
    ["Answered as before", repeated],
  ];
  rows(
    "refused-rows",
    all.filter(([, n]) => n > 0),
    ([label, n]) => [label, numberText(n)],
    "Everything was served",
  );
}

/** Rows of plain text, written only where it has changed. */
function rows(id, items, cells, empty = "") {
  const body = byId(id);
  const wanted = items.length > 0 ? items.map(cells) : [[empty]];
  wanted.forEach((texts, i) => {
    const row = body.rows[i] ?? body.insertRow();
    texts.forEach((text, n) => {
      const cell = row.cells[n] ?? row.insertCell();
      cell.className = n > 0 ? "number" : "";
      setText(cell, text);
    });
    while (row.cells.length > texts.length) row.deleteCell(-1);
  });
  while (body.rows.length > wanted.length) body.deleteRow(-1);
}

function search() {
  let timer;
  filter.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 200);
  });
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    apply();
  });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, dialog");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      filter.focus();
      filter.select();
    }
    if (event.key === "Escape" && event.target === filter) {
      filter.value = "";
      apply();
    }
  });
}

function apply() {
  const url = new URL(location.href);
  if (filter.value.trim() === "") url.searchParams.delete("filter");
  else url.searchParams.set("filter", filter.value);
  history.replaceState(null, "", url);
  files.reset();
}

function nameButton(value) {
  return make("button", {
    type: "button",
    className: "link",
    on: { click: () => showContent(value) },
  }, nameElement(value));
}

function tick() {
  if (where) {
    setText(
      byId("where"),
      `${where} · up ${span(performance.now() - started)}`,
    );
  }
  files.showLeases();
  peers.showLeases();
  if (performance.now() - lastLook > STALE_MS) live("lost", "No answer");
}

function live(state, words) {
  const status = byId("live");
  if (status.dataset.state === state) return;
  status.dataset.state = state;
  status.textContent = words;
}

function text(words) {
  return make("span", {}, words);
}
