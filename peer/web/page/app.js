// The page: puts its parts together and listens to the peer.

import { hasNewToken, post } from "./api.js";
import { showDownloads, startDownloads } from "./downloads.js";
import { startDrop } from "./drop.js";
import {
  byId,
  make,
  nameElement,
  setText,
} from "../../../web/page/elements.js";
import { listen } from "./events.js";
import { refreshFiles, showFiles, showReadings, startFiles } from "./files.js";
import { attempt } from "./notice.js";
import { refreshOnline, showOnline, startOnline } from "./online.js";
import { ask } from "./question.js";

startOnline();
startFiles();
startDownloads();
startDrop();

byId("another-browser").addEventListener("click", () =>
  attempt(async () => {
    const { address } = await post("/api/address");
    await ask("Open this address in the other browser; it works once", {
      text: address,
      choices: [{ value: "", words: "Close", primary: true }],
    });
  }));

listen({
  open() {
    showOnline();
    showFiles();
  },
  lost() {
    showState("lost", "The peer does not answer");
  },
  locked() {
    if (hasNewToken()) return location.reload();
    showState("lost", "Locked: open the address that peer web printed last");
  },
  status({ peer, port, index, folder, problem }) {
    showState(
      problem === null ? "fine" : "lost",
      problem === null ? `Index ${index}` : `${problem}. It is tried again`,
    );
    const own = make("li", {}, nameElement(peer), ` on port ${port}`);
    byId("facts").replaceChildren(own, byId("status"));
    setText(byId("folder"), folder);
    document.title = `${peer}: Peerdex`;
  },
  downloads: showDownloads,
  readings: showReadings,
  changed({ view }) {
    refreshOnline(view);
    refreshFiles(view);
  },
});

function showState(state, text) {
  const status = byId("status");
  status.dataset.state = state;
  setText(status, text);
}
