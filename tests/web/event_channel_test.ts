import { assert, assertEquals } from "@std/assert";
import { EventChannel } from "../../web/event_channel.ts";
import { permitted } from "../permission.ts";
import { serve, urlOf } from "./served.ts";

permitted(
  { net: true },
  "EventChannel sends, and is closed by either side",
  async () => {
    using channel = new EventChannel({ maxStreams: 1 });
    await using web = serve(() =>
      channel.open([["hello", { a: 1 }]]) ?? new Response(null, { status: 503 })
    );
    const response = await fetch(urlOf(web));
    const reader = response.body!.pipeThrough(new TextDecoderStream())
      .getReader();
    const seen = await until(reader, "event: hello");
    assert(seen.includes('event: hello\ndata: {"a":1}\n\n'), seen);
    channel.send("more", "<b>");
    assert((await until(reader, "<b>")).includes('event: more\ndata: "<b>"'));
    const refused = await fetch(urlOf(web));
    assertEquals(refused.status, 503);
    await refused.body?.cancel();
    await reader.cancel();
  },
);

Deno.test("EventChannel cuts off a page that does not read", async () => {
  using channel = new EventChannel({ maxWaitingBytes: 100 });
  const reader = channel.open()!.body!.getReader();
  channel.send("long", "x".repeat(200));
  assertEquals(channel.size, 0);
  await reader.read().catch(() => {});
});

Deno.test("EventChannel sends an event of any length to who reads", async () => {
  using channel = new EventChannel({ maxWaitingBytes: 100 });
  const reader = channel.open()!.body!.getReader();
  await reader.read();
  for (let i = 0; i < 3; i++) {
    channel.send("long", "x".repeat(200));
    assertEquals(channel.size, 1);
    const { value } = await reader.read();
    assert(value!.length > 200);
  }
  channel.send("long", "x".repeat(200));
  channel.send("short", "");
  assertEquals(channel.size, 0);
  await reader.read().catch(() => {});
});

async function until(
  reader: ReadableStreamDefaultReader<string>,
  wanted: string,
): Promise<string> {
  let text = "";
  while (!text.includes(wanted)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  return text;
}
