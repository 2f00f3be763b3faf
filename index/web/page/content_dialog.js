// What a content is and who has it.

import { byId, make, nameElement } from "../../../web/page/elements.js";
import { bytesText, countText, numberText } from "../../../web/page/format.js";
import { endpoint, span } from "./units.js";

const DATE = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
});

const dialog = byId("content");
const title = byId("content-title");
const body = byId("content-body");
let request;

byId("content-close").addEventListener(
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
  title.replaceChildren(nameElement(wanted));
  body.replaceChildren(make("p", { className: "empty" }, "Looking"));
  if (!dialog.open) dialog.showModal();
  try {
    const url = new URL("/api/v1/content", location.href);
    url.searchParams.set("name", wanted);
    const reply = await fetch(url, { signal });
    const content = await reply.json();
    body.replaceChildren(
      ...(reply.ok
        ? described(content)
        : [make("p", { className: "empty" }, content.error)]),
    );
  } catch {
    if (signal.aborted) return;
    body.replaceChildren(
      make("p", { className: "empty" }, "The index does not answer"),
    );
  }
}

function described(content) {
  const { sources } = content;
  const facts = make("dl", { className: "facts" });
  const fact = (term, ...what) =>
    facts.append(
      make("dt", {}, term),
      make("dd", {}, ...what),
    );
  fact(
    "Size",
    `${bytesText(content.size)} (${numberText(content.size)} bytes)`,
  );
  fact("Digest", make("code", {}, content.digest));
  fact("Pieces", `${bytesText(content.pieceSize)} each`);
  fact("Modified", modified(sources[0]?.modified));
  const known = sources.length < content.count
    ? `${numberText(sources.length)} of ${numberText(content.count)} sources`
    : countText(content.count, "source");
  const list = make("ul", { className: "sources" });
  for (const source of sources) {
    const { peer, address, port, leaseMs, partial } = source;
    list.append(
      make(
        "li",
        {},
        make("strong", {}, nameElement(peer ?? "")),
        make("span", {}, endpoint(address, port)),
        make(
          "span",
          { className: "quiet" },
          `${partial ? "a part, " : ""}${span(leaseMs)} left`,
        ),
      ),
    );
  }
  return [facts, make("h3", {}, known), list];
}

function modified(time) {
  const date = new Date(time ?? 0);
  return time > 0 && !Number.isNaN(date.getTime()) ? DATE.format(date) : "–";
}
