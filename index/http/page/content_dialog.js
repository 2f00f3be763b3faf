// What a content is and who has it.

import { count, element, endpoint, name, size, span } from "./format.js";

const DATE = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
});

const dialog = document.getElementById("content");
const title = document.getElementById("content-title");
const body = document.getElementById("content-body");
let request;

document.getElementById("content-close").addEventListener(
  "click",
  () => dialog.close(),
);
dialog.addEventListener("close", () => request?.abort());
dialog.addEventListener("click", (event) => {
  // The dialog itself is hit only beside what it holds.
  if (event.target === dialog) dialog.close();
});

/** Shows a content by its name. */
export async function showContent(wanted) {
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  title.replaceChildren(name(wanted));
  body.replaceChildren(element("p", { class: "empty" }, "Looking"));
  if (!dialog.open) dialog.showModal();
  try {
    const url = new URL("/api/v1/content", location.href);
    url.searchParams.set("name", wanted);
    const reply = await fetch(url, { signal });
    const content = await reply.json();
    body.replaceChildren(
      ...(reply.ok
        ? described(content)
        : [element("p", { class: "empty" }, content.error)]),
    );
  } catch {
    if (signal.aborted) return;
    body.replaceChildren(
      element("p", { class: "empty" }, "The index does not answer"),
    );
  }
}

function described(content) {
  const { sources } = content;
  const facts = element("dl", { class: "facts" });
  const fact = (term, ...what) =>
    facts.append(
      element("dt", {}, term),
      element("dd", {}, ...what),
    );
  fact("Size", `${size(content.size)} (${count(content.size)} bytes)`);
  fact("Digest", element("code", {}, content.digest));
  fact("Pieces", `${size(content.pieceSize)} each`);
  fact("Modified", modified(sources[0]?.modified));
  const known = sources.length < content.count
    ? `${count(sources.length)} of ${count(content.count)} sources`
    : `${count(content.count)} ${content.count === 1 ? "source" : "sources"}`;
  const list = element("ul", { class: "sources" });
  for (const source of sources) {
    const { peer, address, port, leaseMs, partial } = source;
    list.append(
      element(
        "li",
        {},
        element("strong", {}, name(peer ?? "")),
        element("span", {}, endpoint(address, port)),
        element(
          "span",
          { class: "muted" },
          `${partial ? "a part, " : ""}${span(leaseMs)} left`,
        ),
      ),
    );
  }
  return [facts, element("h3", {}, known), list];
}

function modified(time) {
  const date = new Date(time ?? 0);
  return time > 0 && !Number.isNaN(date.getTime()) ? DATE.format(date) : "–";
}
