// Downloads: how far they are, and what can be done with them.

import { post, remove } from "./api.js";
import {
  byId,
  make,
  nameElement,
  setText,
  showAll,
} from "../../../web/page/elements.js";
import { bytesText, countText, timeText } from "../../../web/page/format.js";
import { attempt } from "./notice.js";

/** Starts to show them. */
export function startDownloads() {
  byId("downloads-clear").addEventListener(
    "click",
    () => attempt(() => remove("/api/downloads/done")),
  );
}

/** Shows them. */
export function showDownloads(list) {
  byId("downloads").hidden = list.length === 0;
  const going =
    list.filter(({ phase }) => phase === "running" || phase === "waiting")
      .length;
  setText(byId("downloads-count"), going > 0 ? `${going} under way` : "");
  byId("downloads-clear").hidden = !list.some(({ phase }) => phase === "done");
  showAll(byId("downloads-list"), list, {
    key: ({ id }) => id,
    create: createItem,
  });
}

const BUTTONS = {
  waiting: ["cancel"],
  running: ["cancel"],
  done: ["remove"],
  failed: ["resume", "remove"],
  cancelled: ["resume", "remove"],
  "in-the-way": ["overwrite", "rename", "remove"],
};

const WORDS = {
  cancel: "Cancel",
  resume: "Resume",
  remove: "Remove",
  overwrite: "Replace it",
  rename: "Keep both",
};

function createItem({ id, name }) {
  const bar = make("progress", { label: `Progress of ${name}` });
  const text = make("p", { className: "quiet" });
  const actions = make("div", { className: "actions" });
  const item = make(
    "li",
    {},
    make("div", { className: "what" }, nameElement(name), text, bar),
    actions,
  );
  const buttons = Object.fromEntries(
    Object.entries(WORDS).map(([action, words]) => [
      action,
      make("button", {
        type: "button",
        textContent: words,
        label: `${words}: ${name}`,
        on: { click: () => attempt(() => act(id, action)) },
      }),
    ]),
  );
  item.update = (state) => {
    item.dataset.phase = state.phase;
    showBar(bar, state);
    setText(text, textOf(state));
    const wanted = BUTTONS[state.phase].map((action) => buttons[action]);
    if (
      wanted.some((button, i) => actions.children[i] !== button) ||
      actions.children.length !== wanted.length
    ) {
      const hadFocus = actions.contains(document.activeElement);
      actions.replaceChildren(...wanted);
      if (hadFocus) wanted[0].focus({ preventScroll: true });
    }
  };
  return item;
}

function act(id, action) {
  const path = `/api/downloads/${id}`;
  if (action === "remove") return remove(path);
  if (action === "cancel") return post(`${path}/cancel`);
  return post(
    `${path}/resume`,
    action === "resume" ? {} : { ifExists: action },
  );
}

function showBar(bar, { phase, bytes, size }) {
  bar.hidden = phase === "done" || phase === "in-the-way" ||
    (phase !== "running" && bytes === 0);
  if (size === null) {
    bar.removeAttribute("value");
    return;
  }
  bar.max = Math.max(1, size);
  bar.value = bytes;
}

function textOf({ phase, bytes, size, sources, rate, text }) {
  const whole = size === null ? "" : bytesText(size);
  const soFar = size === null ? "" : `${bytesText(bytes)} of ${whole}`;
  switch (phase) {
    case "waiting":
      return "Waiting for its turn";
    case "running": {
      if (size === null) return "Asking who has it";
      const left = rate > 0 ? `, ${timeText((size - bytes) / rate)} left` : "";
      const speed = rate > 0 ? `, ${bytesText(rate)}/s` : "";
      return `${soFar} from ${countText(sources, "source")}${speed}${left}`;
    }
    case "done":
      return text === "" ? `${whole}, verified and shared` : text;
    case "cancelled":
      return bytes > 0 ? `Cancelled, ${soFar} is kept` : "Cancelled";
    default:
      return bytes > 0 && phase === "failed"
        ? `${text}. ${soFar} is kept`
        : text;
  }
}
