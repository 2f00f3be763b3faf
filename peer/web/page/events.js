// Server-sent events, read with fetch: EventSource cannot send the token.

import { HEADERS } from "./api.js";

const AGAIN_MS = 1_000;

/**
 * Listens for ever.
 *
 * @param on What to do with each event by its name, and `open` and `lost`.
 */
export async function listen(on) {
  for (;;) {
    try {
      const response = await fetch("/api/events", { headers: HEADERS });
      if (response.status === 401 || response.status === 403) {
        return on.locked();
      }
      if (!response.ok) throw new Error(await response.text());
      on.open();
      for await (const [name, value] of eventsOf(response.body)) {
        on[name]?.(value);
      }
    } catch {
      // Whatever it was, it is tried again.
    }
    on.lost();
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const event = block.match(/^event: (.*)$/m)?.[1];
      const text = block.match(/^data: (.*)$/m)?.[1];
      if (event !== undefined && text !== undefined) {
        yield [event, JSON.parse(text)];
      }
    }
  }
}
